/** Kernels that move blocks of bytes, whatever they hold: elements have 4 bytes, in f32 and i32 alike. */

import type { Kernel, KernelCall, TensorPlace } from "../dispatch.ts";
import { defineKernel, type KernelWriter } from "./kernel.ts";
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
  { i32: "x, xStart, xStep, out, outStart, outStep, bytes, size" },
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
  { i32: "out, outStart, outStep, bytes, size" },
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

const WHOLE: Blocks = { start: 0, step: 0 };

/** A call for `count` blocks of `length` elements: an item for each block, or for each piece of a single one. */
function blockCall(
  kernel: Kernel,
  places: Readonly<Record<string, Blocks>>,
  count: number,
  length: number,
  x?: TensorPlace,
): KernelCall {
  const isCut = count === 1 && 4 * length > PIECE;
  const bytes = isCut ? PIECE : 4 * length;
  const given: Record<string, number | TensorPlace> = { bytes, size: 4 * count * length };
  for (const [name, { start, step }] of Object.entries(places)) {
    given[`${name}Start`] = 4 * start;
    given[`${name}Step`] = isCut ? PIECE : 4 * step;
  }
  if (x !== undefined) given.x = x;
  const items = length === 0 ? 0 : isCut ? Math.ceil((4 * length) / PIECE) : count;
  return { kernel, arguments: given, items, work: count * length };
}

/** Copies `count` blocks of `length` elements from `x` to the output `out`. */
export const copyCall = (
  x: TensorPlace,
  from: Blocks,
  to: Blocks,
  count: number,
  length: number,
): KernelCall => blockCall(copyBlocks, { x: from, out: to }, count, length, x);

/** Copies all of the first input, which has as many elements as the output `out`. */
export const copyAllCall = (length: number): KernelCall => copyCall({ input: 0 }, WHOLE, WHOLE, 1, length);

/** Sets `count` blocks of `length` elements of the output `out` to 0. */
export const clearCall = (target: Blocks, count: number, length: number): KernelCall =>
  blockCall(clearBlocks, { out: target }, count, length);

/** Sets all elements of the output `out`, `length` of them, to 0. */
export const clearAllCall = (length: number): KernelCall => clearCall(WHOLE, 1, length);
