/**
 * How a prepared dataset lies in a file: the safetensors layout, with a tensor for each column and a metadata entry,
 * `goalrank`, of JSON. docs/data-format.md describes it for readers in other languages.
 */
import type { SafetensorsEntry } from "../../nn/index.ts";
import type { ListDataset } from "../dataset.ts";
import type { SplitName } from "../protocols.ts";
import type { SplitExtents } from "./prepared-metadata.ts";

/** What the names of the retriever's tensors start with. */
export const RETRIEVER_PREFIX = "retriever.";

/** A column of a split. */
interface ColumnLayout {
  /** Its tensor is `training.users`, and so on. */
  readonly tensor: string;
  readonly dtype: "I32" | "F32";
  /** The extent that is the number of elements in a row: [S, width]; undefined for a column of one number a row, [S]. */
  readonly width?: "candidateCount" | "listLength" | "historyLength";
}

export type ColumnName = Exclude<keyof ListDataset, keyof SplitExtents>;

const COLUMNS: Readonly<Record<ColumnName, ColumnLayout>> = {
  users: { tensor: "users", dtype: "I32" },
  candidates: { tensor: "candidates", dtype: "I32", width: "candidateCount" },
  retrieverScores: { tensor: "retriever_scores", dtype: "F32", width: "candidateCount" },
  exposed: { tensor: "exposed", dtype: "I32", width: "listLength" },
  feedback: { tensor: "feedback", dtype: "F32", width: "listLength" },
  history: { tensor: "history", dtype: "I32", width: "historyLength" },
  historyFeedback: { tensor: "history_feedback", dtype: "F32", width: "historyLength" },
};

export const COLUMN_NAMES = Object.keys(COLUMNS) as ColumnName[];

/** The tensor that a column of a split is, by its extents. */
export function columnTensor(
  split: SplitName,
  column: ColumnName,
  extents: SplitExtents,
): Pick<SafetensorsEntry, "shape"> & { readonly name: string; readonly dtype: "I32" | "F32" } {
  const { tensor, dtype, width } = COLUMNS[column];
  const shape = width === undefined ? [extents.size] : [extents.size, extents[width]];
  return { name: `${split}.${tensor}`, dtype, shape };
}

/** The tensors of one split. */
export function splitTensors(split: SplitName, dataset: ListDataset): [string, SafetensorsEntry][] {
  return COLUMN_NAMES.map((column) => {
    const { name, dtype, shape } = columnTensor(split, column, dataset);
    return [name, { dtype, shape, data: dataset[column] }];
  });
}
