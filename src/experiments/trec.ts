/**
 * Rankings in the files of the Text REtrieval Conference, so that trec_eval, ranx and others can compute the metrics anew.
 *
 *   qrels: `request 0 item relevance`       what is known of the candidates, 1 for a positive
 *   run:   `request Q0 item rank score tag` the list, best first
 *
 * Requests without a positive are in neither, since metrics are not defined for them.
 */
import type { ListDataset } from "../data/dataset.ts";
import { candidateLabels } from "../data/labels.ts";
import { shapeOf } from "../data/shapes.ts";

/** What an item is called in the files, given its number: without blanks, which separate fields. */
export type NameOfItem = (item: number) => string;

/** The name of an item of a log, with blanks written as in an address. */
export function nameOfItem(itemIds: readonly string[]): NameOfItem {
  return (item) => itemIds[item].replace(/\s/g, encodeURIComponent);
}

/** The feedback on the test requests. A request's name is the number of its row among them, from 0. */
export function formatQrels(dataset: ListDataset, nameOf: NameOfItem = String): string {
  const { exposed, feedback, listLength, labels, candidateCount } = dataset;
  if (labels !== undefined) {
    return linesOf(dataset, (row) =>
      Array.from({ length: shapeOf(dataset, row).candidateCount }, (_, place) => {
        return `${row} 0 ${itemAt(dataset, row, place)} ${labels[row * candidateCount + place]}`;
      }),
    );
  }
  return linesOf(dataset, (row) =>
    Array.from({ length: listLength }, (_, t) => row * listLength + t)
      .filter((at) => exposed[at] >= 0)
      .map((at) => `${row} 0 ${nameOf(itemAt(dataset, row, exposed[at]))} ${feedback[at]}`),
  );
}

/** Lists of candidate positions [S, L]. Scores fall with the rank, since readers sort by them. */
export function formatRun(dataset: ListDataset, lists: Int32Array, tag: string, nameOf: NameOfItem = String): string {
  const { listLength } = dataset;
  return linesOf(dataset, (row) =>
    Array.from(lists.subarray(row * listLength, row * listLength + shapeOf(dataset, row).listLength)).map(
      (position, t) => `${row} Q0 ${nameOf(itemAt(dataset, row, position))} ${t + 1} ${listLength - t} ${tag}`,
    ),
  );
}

function itemAt({ candidates, candidateCount }: ListDataset, row: number, position: number): number {
  return candidates[row * candidateCount + position];
}

function linesOf(dataset: ListDataset, format: (row: number) => string[]): string {
  const { size, candidateCount } = dataset;
  const rows = Array.from({ length: size }, (_, row) => row);
  const labels = candidateLabels(dataset);
  const judged = rows.filter((row) =>
    labels.subarray(row * candidateCount, (row + 1) * candidateCount).some((label) => label > 0),
  );
  return judged.flatMap((row) => format(row).map((line) => `${line}\n`)).join("");
}
