/** Reads a retriever's tensors out of a file, where anything may be wrong. */
import type { SafetensorsEntry } from "../../nn/index.ts";

type TensorMap = ReadonlyMap<string, SafetensorsEntry>;

/** The tensor `name`. @throws RangeError when it is missing, or not of that type and number of dimensions */
export function restoredTensor<Data extends SafetensorsEntry["data"]>(
  tensors: TensorMap,
  name: string,
  type: new (length: number) => Data,
  dimensions: number,
): { readonly data: Data; readonly shape: readonly number[] } {
  const entry = tensors.get(name);
  if (!(entry?.data instanceof type) || entry.shape.length !== dimensions) {
    throw new RangeError(
      `retriever: the tensor ${name} is missing, or not a ${type.name} of ${dimensions} dimensions`,
    );
  }
  return { data: entry.data as Data, shape: entry.shape };
}
