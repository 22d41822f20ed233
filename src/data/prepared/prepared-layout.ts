/**
 * How a prepared dataset lies in a file: the safetensors layout, with a tensor for each column and a metadata entry,
 * `goalrank`, of JSON. docs/data-format.md describes it for readers in other languages.
 */
import type { SafetensorsEntry } from "../../nn/index.ts";
import { COLUMN_NAMES, COLUMNS, type ColumnName, type Extents, type ListDataset } from "../dataset.ts";
import type { SplitName } from "../protocols.ts";

/** What the names of the retriever's tensors start with. */
export const RETRIEVER_PREFIX = "retriever.";

/** The tensor that a column of a split is, such as `training.retriever_scores`: [S, width], or [S]. */
export function columnTensor(split: SplitName, column: ColumnName, extents: Extents) {
  const { array, width } = COLUMNS[column];
  return {
    name: `${split}.${column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
    dtype: array === Int32Array ? ("I32" as const) : ("F32" as const),
    shape: width === undefined ? [extents.size] : [extents.size, extents[width]],
  };
}

/** The tensors of one split. */
export function splitTensors(split: SplitName, dataset: ListDataset): [string, SafetensorsEntry][] {
  return COLUMN_NAMES.map((column) => {
    const { name, dtype, shape } = columnTensor(split, column, dataset);
    return [name, { dtype, shape, data: dataset[column] }];
  });
}
