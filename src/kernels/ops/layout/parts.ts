/** Parts of tensors along one axis: blocks of elements that lie at equal distances in the whole. */
import type { KernelCall, TensorPlace } from "../../dispatch.ts";
import type { HostTensor } from "../../operation.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { type Blocks, copyCall } from "../../wasm/block-kernels.ts";

/** Where they lie in the whole, how many they are, and the elements of each. */
export interface Part extends Blocks {
  readonly count: number;
  readonly length: number;
}

/** The part of `whole` that begins at `start` along `axis`. */
export function partOf(part: Shape, whole: Shape, axis: number, start: number): Part {
  const inner = sizeOf(whole.slice(axis + 1));
  return {
    count: sizeOf(whole.slice(0, axis)),
    length: part[axis] * inner,
    start: start * inner,
    step: whole[axis] * inner,
  };
}

/** Copies a part to where it lies in the whole. */
export function insertPart(part: HostTensor, whole: HostTensor, { count, length, start, step }: Part): void {
  for (let i = 0; i < count; i++) {
    whole.data.set(part.data.subarray(i * length, (i + 1) * length), start + i * step);
  }
}

/** As `insertPart`, of the tensor `x` to the output. */
export const insertCall = (x: TensorPlace, { count, length, start, step }: Part): KernelCall =>
  copyCall(x, { start: 0, step: length }, { start, step }, count, length);
