/** Datasets whose rows differ in size, made of one whose rows are alike. */
import { emptyDataset, type ListDataset } from "../src/data/dataset.ts";

/** Keeps `candidateCount` candidates of each row, in their order, and the first `listLength` of its list among them. */
export function trimmedRows(
  dataset: ListDataset,
  shapes: readonly (readonly [candidateCount: number, listLength: number])[],
): ListDataset {
  const { size, candidateCount: n, listLength: l } = dataset;
  const trimmed: ListDataset = {
    ...dataset,
    ...emptyDataset(dataset),
    users: dataset.users,
    history: dataset.history,
    historyFeedback: dataset.historyFeedback,
    candidateCounts: Int32Array.from({ length: size }, (_, row) => shapes[row % shapes.length][0]),
    listLengths: Int32Array.from({ length: size }, (_, row) => shapes[row % shapes.length][1]),
  };
  trimmed.candidates.fill(-1);
  trimmed.exposed.fill(-1);
  for (let row = 0; row < size; row++) {
    const [count, length] = shapes[row % shapes.length];
    const list = [...dataset.exposed.subarray(row * l, row * l + length)];
    const others = Array.from({ length: n }, (_, place) => place).filter((place) => !list.includes(place));
    const kept = [...list.filter((place) => place >= 0), ...others].slice(0, count).sort((a, b) => a - b);
    kept.forEach((place, own) => {
      trimmed.candidates[row * n + own] = dataset.candidates[row * n + place];
      trimmed.retrieverScores[row * n + own] = dataset.retrieverScores[row * n + place];
    });
    list.forEach((place, t) => {
      trimmed.exposed[row * l + t] = kept.indexOf(place);
      trimmed.feedback[row * l + t] = dataset.feedback[row * l + t];
    });
  }
  return trimmed;
}
