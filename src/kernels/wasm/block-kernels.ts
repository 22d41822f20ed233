/** Kernels that move blocks of bytes, whatever they hold: elements have 4 bytes, in f32 and i32 alike. */

import { defineKernel, type KernelWriter } from "./kernel.ts";
import type { KernelCall, TensorPlace } from "./kernel-call.ts";
import { sweep } from "./stretches.ts";
import type { I32 } from "./values.ts";

/** Bytes of a block from which the engine's own way of copying pays for the call. */
const LONG_BLOCK = 512;
/** Bytes that an item moves of one long block, which threads share. */
const PIECE = 65536;

/** Copies a block; its length is a multiple of 4. */
export function copyBlock(write: KernelWriter, target: I32, source: I32, bytes: I32): void {
  write.if(
    bytes.less(LONG_BLOCK),
    () => sweep(write, bytes, (at, { load, store }) => store(target.add(at), load(source.add(at)))),
    () => write.copy(target, source, bytes),
  );
}

/** Of item i: `bytes` bytes from `x` + i `xStep` to `out` + i `outStep`; fewer where `size` bytes in all end. */
const copyBlocks = defineKernel(
  "copyBlocks",
  {
    x: "i32",
    xStart: "i32",
    xStep: "i32",
    out: "i32",
    outStart: "i32",
    outStep: "i32",
    bytes: "i32",
    size: "i32",
  },
  (write, { x, xStart, xStep, out, outStart, outStep, bytes, size, first, last }) => {
    write.loop(first, last, 1, (i) => {
      const source = write.let(x.add(xStart).add(i.mul(xStep)));
      const target = write.let(out.add(outStart).add(i.mul(outStep)));
      copyBlock(write, target, source, write.let(size.sub(i.mul(bytes)).min(bytes)));
    });
  },
);

/** Of item i: `bytes` zero bytes to `out` + i `outStep`; fewer where `size` bytes in all end. */
const clearBlocks = defineKernel(
  "clearBlocks",
  { out: "i32", outStart: "i32", outStep: "i32", bytes: "i32", size: "i32" },
  (write, { out, outStart, outStep, bytes, size, first, last }) => {
    write.loop(first, last, 1, (i) => {
      const target = write.let(out.add(outStart).add(i.mul(outStep)));
      write.clear(target, size.sub(i.mul(bytes)).min(bytes));
    });
  },
);

/** Blocks that lie at equal distances in a tensor, in elements. */
export interface Blocks {
  readonly start: number;
  readonly step: number;
}

/** The items of `count` blocks of `length` elements: one for each block, or for each piece of a single one. */
function blockItems(count: number, length: number) {
  const bytes = 4 * length;
  const isCut = count === 1 && bytes > PIECE;
  const items = length === 0 ? 0 : isCut ? Math.ceil(bytes / PIECE) : count;
  return { items, bytes: isCut ? PIECE : bytes, size: count * bytes, work: count * length, isCut };
}

/** Copies `count` blocks of `length` elements from input number `input` to the output. */
export function copyCall(
  input: number,
  source: Blocks,
  target: Blocks,
  count: number,
  length: number,
): KernelCall {
  const { items, bytes, size, work, isCut } = blockItems(count, length);
  return {
    kernel: copyBlocks,
    arguments: {
      x: { input },
      xStart: 4 * source.start,
      xStep: isCut ? PIECE : 4 * source.step,
      out: { output: 0 },
      outStart: 4 * target.start,
      outStep: isCut ? PIECE : 4 * target.step,
      bytes,
      size,
    },
    items,
    work,
  };
}

/** Copies all of an input that has as many elements as the output. */
export const copyAllCall = (length: number): KernelCall =>
  copyCall(0, { start: 0, step: 0 }, { start: 0, step: 0 }, 1, length);

/** Sets `count` blocks of `length` elements to 0. */
export function clearCall(out: TensorPlace, target: Blocks, count: number, length: number): KernelCall {
  const { items, bytes, size, work, isCut } = blockItems(count, length);
  return {
    kernel: clearBlocks,
    arguments: { out, outStart: 4 * target.start, outStep: isCut ? PIECE : 4 * target.step, bytes, size },
    items,
    work,
  };
}
