/** A retriever's tensors, as a file holds them, and read out of a file, where anything may be wrong. */
import type { SafetensorsDtype, SafetensorsEntry } from "../../nn/index.ts";

/** Numbers as a vector, or as a table of rows of `width`. */
export function tensorOf(dtype: SafetensorsDtype, data: SafetensorsEntry["data"], width?: number): SafetensorsEntry {
  return { dtype, shape: width === undefined ? [data.length] : [data.length / width, width], data };
}

/** The tensor `name`. @throws RangeError when it is missing, or not of that type and number of dimensions */
export function restoredTensor<Data extends SafetensorsEntry["data"]>(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  name: string,
  type: new (length: number) => Data,
  dimensions: number,
): { readonly data: Data; readonly shape: readonly number[] } {
  const entry = tensors.get(name);
  if (!(entry?.data instanceof type) || entry.shape.length !== dimensions) {
    throw new RangeError(`retriever: the tensor ${name} is missing, or not a ${type.name} of ${dimensions} dimensions`);
  }
  return { data: entry.data as Data, shape: entry.shape };
}

/** Numbers with others after them. */
export function joined<Data extends Float32Array | Float64Array | Int32Array>(
  first: Data,
  second: ArrayLike<number>,
): Data {
  const both = new (first.constructor as new (length: number) => Data)(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
