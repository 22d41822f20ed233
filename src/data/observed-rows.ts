/** Features that a request brings along, in place of those that the models' tables hold: rows, one for each user or item. */
import { type Tensor, tensor } from "../tensor/index.ts";
import type { ObservedRow } from "./features/encode-features.ts";

/** Of B requests with K items each. */
export interface ObservedRows {
  /** [B]; undefined where the tables say all. */
  readonly users: readonly ObservedRow[] | undefined;
  /** [B, K], flat; undefined where the tables say all. */
  readonly items: readonly ObservedRow[] | undefined;
}

/** The same for models: F numbers and C slots of categories; what a model has no table of is not read. */
export interface ObservedTensors {
  /** [..., F] */
  readonly numbers: Tensor;
  /** Categories i32, and their weights: [..., C] each. */
  readonly categories: Tensor;
  readonly weights: Tensor;
}

/** @param shape of the rows, such as [B, K] */
export function observedTensors(rows: readonly ObservedRow[], shape: readonly number[]): ObservedTensors {
  const stack = <Data extends Float32Array | Int32Array>(columns: readonly Data[], data: Data) => {
    const width = data.length / rows.length;
    columns.forEach((column, row) => {
      data.set(column, row * width);
    });
    return tensor(data, [...shape, width]);
  };
  const [{ numbers, categories }] = rows;
  const floats = (width: number) => new Float32Array(rows.length * width);
  return {
    numbers: stack(
      rows.map((row) => row.numbers),
      floats(numbers.length),
    ),
    categories: stack(
      rows.map((row) => row.categories),
      new Int32Array(rows.length * categories.length),
    ),
    weights: stack(
      rows.map((row) => row.weights),
      floats(categories.length),
    ),
  };
}
