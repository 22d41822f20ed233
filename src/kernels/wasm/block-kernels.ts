/** Kernels that move blocks of bytes, whatever they hold: elements have 4 bytes, in f32 and i32 alike. */
import type { KernelCall, TensorPlace } from "../dispatch.ts";
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
    () => sweep(write, bytes, ({ load, store }) => store(target, load(source))),
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

/** Blocks that lie at equal distances in a tensor: where the first begins, and from block to block, in elements. */
export interface Blocks {
  readonly start: number;
  readonly step: number;
}

const WHOLE: Blocks = { start: 0, step: 0 };

/** The items of `count` blocks of `length` elements: one for each block, or for each piece of a single one. */
function blockItems(count: number, length: number) {
  const bytes = 4 * length;
  const isCut = count === 1 && bytes > PIECE;
  const items = length === 0 ? 0 : isCut ? Math.ceil(bytes / PIECE) : count;
  return { items, bytes: isCut ? PIECE : bytes, size: count * bytes, work: count * length, isCut };
}

/** Copies `count` blocks of `length` elements from `x` to the output `out`. */
export function copyCall(x: TensorPlace, from: Blocks, to: Blocks, count: number, length: number): KernelCall {
  const { items, bytes, size, work, isCut } = blockItems(count, length);
  const xStep = isCut ? PIECE : 4 * from.step;
  const outStep = isCut ? PIECE : 4 * to.step;
  const given = { x, xStart: 4 * from.start, xStep, outStart: 4 * to.start, outStep, bytes, size };
  return { kernel: copyBlocks, arguments: given, items, work };
}

/** Copies all of the first input, which has as many elements as the output `out`. */
export const copyAllCall = (length: number): KernelCall => copyCall({ input: 0 }, WHOLE, WHOLE, 1, length);

/** Sets `count` blocks of `length` elements of the output `out` to 0. */
export function clearCall(target: Blocks, count: number, length: number): KernelCall {
  const { items, bytes, size, work, isCut } = blockItems(count, length);
  const given = { outStart: 4 * target.start, outStep: isCut ? PIECE : 4 * target.step, bytes, size };
  return { kernel: clearBlocks, arguments: given, items, work };
}

/** Sets all elements of the output `out`, `length` of them, to 0. */
export const clearAllCall = (length: number): KernelCall => clearCall(WHOLE, 1, length);
