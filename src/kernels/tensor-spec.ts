/** What every part of this folder knows of a tensor: its shape, its element type and, on the host, its elements. */
import type { Shape } from "./shape.ts";

/** Element types. f64 exists so that gradients can be checked tightly; i32 holds indices and masks. */
export type DType = "f32" | "f64" | "i32";

/** The elements of a tensor of any type. */
export type NumberArray = Float32Array | Float64Array | Int32Array;

/** What is known of a tensor without its elements. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A tensor in the memory of this process, contiguous and row-major. */
export interface HostTensor extends TensorSpec {
  readonly data: NumberArray;
}

/** How elements of each type are stored. */
export const ARRAYS = { f32: Float32Array, f64: Float64Array, i32: Int32Array } as const;

/** Zeros. */
export const createArray = (dtype: DType, length: number): NumberArray => new ARRAYS[dtype](length);

export const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = { f32: 4, f64: 8, i32: 4 };
