/**
 * Requests of different size. Models read requests of one shape at a time, so that none of them needs a mask: rows that
 * are drawn together are split by their shape, and what is made of each part counts as much as the part has rows.
 */
import { evaluationBatches } from "../training/batches.ts";
import { gather, type ListDataset, selectRows } from "./dataset.ts";

/** The candidates of a request, and the positions of its list: N and L of a row. */
export interface RequestShape {
  readonly candidateCount: number;
  readonly listLength: number;
}

/** What tells the shape of each row of a dataset. */
export type RowShapes = Pick<ListDataset, "size" | "candidateCount" | "listLength" | "candidateCounts" | "listLengths">;

/** The shape of a row. */
export function shapeOf(dataset: Omit<RowShapes, "size">, row: number): RequestShape {
  return {
    candidateCount: dataset.candidateCounts?.[row] ?? dataset.candidateCount,
    listLength: dataset.listLengths?.[row] ?? dataset.listLength,
  };
}

/**
 * The one shape of those rows; the dataset's own for none.
 * @throws RangeError where they differ
 */
export function sharedShape(dataset: Omit<RowShapes, "size">, rows: ArrayLike<number>): RequestShape {
  const shape = shapeOf(dataset, rows[0] ?? 0);
  for (let i = 1; i < rows.length; i++) {
    const { candidateCount, listLength } = shapeOf(dataset, rows[i]);
    if (candidateCount !== shape.candidateCount || listLength !== shape.listLength) {
      throw new RangeError(
        `batch: row ${rows[0]} has ${shape.candidateCount} candidates and a list of ${shape.listLength}, row ${rows[i]} ` +
          `${candidateCount} and ${listLength}; split the rows with splitByShape`,
      );
    }
  }
  return shape;
}

/** Those rows by their shape, in the order in which shapes appear: one part where all are alike. */
export function splitByShape(dataset: Omit<RowShapes, "size">, rows: Int32Array): Int32Array[] {
  if (dataset.candidateCounts === undefined && dataset.listLengths === undefined) return [rows];
  const parts = new Map<string, number[]>();
  for (const row of rows) {
    const { candidateCount, listLength } = shapeOf(dataset, row);
    const name = `${candidateCount} ${listLength}`;
    const part = parts.get(name);
    if (part === undefined) parts.set(name, [row]);
    else part.push(row);
  }
  return parts.size === 1 ? [rows] : Array.from(parts.values(), (part) => Int32Array.from(part));
}

/** All rows of a dataset in batches of one shape, for evaluation: in their order where all are alike. */
export function* shapedBatches(dataset: RowShapes, batchSize = 128): Generator<Int32Array> {
  const { size } = dataset;
  const every = Int32Array.from({ length: size }, (_, row) => row);
  for (const part of splitByShape(dataset, every)) {
    for (const places of evaluationBatches(part.length, batchSize)) yield places.map((place) => part[place]);
  }
}

/**
 * Rows of one shape as a dataset of their own, with nothing that fills them up.
 * @throws RangeError where they differ
 */
export function selectShape(dataset: ListDataset, rows: ArrayLike<number>): ListDataset {
  const { candidateCounts: _, listLengths: __, ...selected } = selectRows(dataset, rows);
  const shape = sharedShape(dataset, rows);
  const every = Array.from({ length: rows.length }, (_, row) => row);
  const ofCandidates = <Column extends Int32Array | Float32Array>(column: Column) =>
    gather(column, every, dataset.candidateCount, shape.candidateCount);
  const ofPositions = <Column extends Int32Array | Float32Array>(column: Column) =>
    gather(column, every, dataset.listLength, shape.listLength);
  return {
    ...selected,
    ...shape,
    candidates: ofCandidates(selected.candidates),
    retrieverScores: ofCandidates(selected.retrieverScores),
    exposed: ofPositions(selected.exposed),
    feedback: ofPositions(selected.feedback),
    ...(selected.labels && { labels: ofCandidates(selected.labels) }),
  };
}
