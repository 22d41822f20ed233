/** Candidates in an order that tells what was exposed: what a protocol without a shuffle gives to a method. */
import type { ListDataset } from "../data/dataset.ts";

/**
 * The same requests with the candidates that were exposed first, as they were shown, and then the others as they stood.
 * Exposed items that are no candidates stay none.
 */
export function exposedFirst(dataset: ListDataset): ListDataset {
  const { size, candidateCount, listLength, exposed } = dataset;
  const labels = dataset.labels?.slice();
  const candidates = new Int32Array(dataset.candidates.length);
  const retrieverScores = new Float32Array(dataset.retrieverScores.length);
  const moved = new Int32Array(exposed.length);
  for (let row = 0; row < size; row++) {
    const shown = exposed.subarray(row * listLength, (row + 1) * listLength);
    const first = shown.filter((place) => place >= 0);
    const isShown = new Set(first);
    const order = [...first];
    for (let place = 0; place < candidateCount; place++) if (!isShown.has(place)) order.push(place);
    const start = row * candidateCount;
    order.forEach((from, to) => {
      candidates[start + to] = dataset.candidates[start + from];
      retrieverScores[start + to] = dataset.retrieverScores[start + from];
      if (labels !== undefined) labels[start + to] = dataset.labels?.[start + from] ?? 0;
    });
    let next = 0;
    shown.forEach((place, t) => {
      moved[row * listLength + t] = place < 0 ? -1 : next++;
    });
  }
  return { ...dataset, candidates, retrieverScores, exposed: moved, ...(labels && { labels }) };
}
