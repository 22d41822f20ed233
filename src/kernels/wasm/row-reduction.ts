/** Kernels that reduce rows to one number each. */
import type { Kernel } from "../dispatch.ts";
import { defineKernel, type KernelWriter, type Variable } from "./kernel.ts";
import { LosslessSums } from "./lossless-sum.ts";
import { forEachStretch, sweepApart } from "./stretches.ts";
import { F32, F32x4, type I32 } from "./values.ts";

/** Elements that an item takes of one long thing to reduce; the parts are then reduced in order. */
export const ELEMENTS_PER_PART = 32768;

/** How elements are combined, in any order. */
export interface Combination {
  /** What combines with an element to that element. */
  readonly identity: number;
  /** By the name of the method that does it. */
  readonly combine: "add" | "max";
}

export const addition: Combination = { identity: 0, combine: "add" };

/** Elements of a long row that are combined before their sum joins the others', without loss. */
const BLOCK = 4096;

/** Kernels of rows of a block at most, and of longer ones, whose error stays that of a block. */
export interface RowReduction {
  readonly short: Kernel;
  readonly long: Kernel;
}

/** The kernel for rows of so many elements. */
export function chooseRows({ short, long }: RowReduction, length: number): Kernel {
  return length > BLOCK ? long : short;
}

/**
 * out[outStart + i] = x[i length] to x[(i + 1) length - 1] combined, out of x [size]. Sixteen partial results stand
 * side by side and are combined at the end, of a long row at the end of each block.
 *
 * @param term what is taken of an element before it is combined
 */
export function defineRows(name: string, combination: Combination, term: (x: F32x4) => F32x4 = (x) => x): RowReduction {
  const block = (write: KernelWriter, row: I32, count: I32) => combineBlock(write, row, count, combination, term);
  const short = defineEachRow(name, block);
  const isSum = combination.combine === "add";
  return { short, long: isSum ? defineEachRow(`${name}, long`, sumOfBlocks(block)) : short };
}

type CombineRow = (write: KernelWriter, row: I32, count: I32) => F32;

function defineEachRow(name: string, combineRow: CombineRow): Kernel {
  return defineKernel(name, { i32: "x, out, outStart, length, size" }, (write, { x, out, outStart, ...range }) => {
    forEachStretch(write, range, (item, start, count) => {
      const result = combineRow(write, write.let(x.add(start.shiftLeft(2))), count);
      write.store(out.add(outStart.add(item).shiftLeft(2)), result);
    });
  });
}

const sumOfBlocks =
  (block: CombineRow): CombineRow =>
  (write, row, count) => {
    const sum = new LosslessSums(write);
    write.loop(0, count, BLOCK, (at) => {
      const elements = write.let(count.sub(at).min(BLOCK));
      sum.add(block(write, write.let(row.add(at.shiftLeft(2))), elements).splat());
    });
    return sum.result().element(0);
  };

function combineBlock(
  write: KernelWriter,
  row: I32,
  count: I32,
  { identity, combine }: Combination,
  term: (x: F32x4) => F32x4,
): F32 {
  const partial = [0, 1, 2, 3].map(() => write.variable(F32x4.splat(identity)));
  const [sum] = partial;
  const total = write.variable(F32.constant(identity));
  const take = (into: Variable<F32x4>, more: F32x4) => write.set(into, into[combine](more));
  const takeOne = (more: F32) => write.set(total, total[combine](more));
  const long = write.let(count.and(-16).shiftLeft(2));
  write.loop(0, long, 64, (at) => {
    for (const [lane, into] of partial.entries()) take(into, term(F32x4.load(row.add(at), 16 * lane)));
  });
  const rest = write.let(row.add(long));
  sweepApart(
    write,
    write.let(count.shiftLeft(2).sub(long)),
    (at) => take(sum, term(F32x4.load(rest.add(at)))),
    (at) => takeOne(term(F32x4.loadSplat(rest.add(at))).element(0)),
  );
  take(sum, partial[1]);
  take(partial[2], partial[3]);
  take(sum, partial[2]);
  for (const number of [0, 1, 2, 3]) takeOne(sum.element(number));
  return total;
}
