/** Kernels that reduce rows to one number each. */
import { defineKernel, type Variable } from "./kernel.ts";
import { forEachStretch, sweepApart } from "./stretches.ts";
import { F32, F32x4 } from "./values.ts";

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

/**
 * out[outStart + i] = x[i length] to x[(i + 1) length - 1] combined, out of x [size]. Sixteen partial results stand
 * side by side and are combined at the end.
 *
 * @param term what is taken of an element before it is combined
 */
export function defineRows(name: string, { identity, combine }: Combination, term: (x: F32x4) => F32x4 = (x) => x) {
  return defineKernel(name, { i32: "x, out, outStart, length, size" }, (write, { x, out, outStart, ...range }) => {
    forEachStretch(write, range, (item, start, count) => {
      const row = write.let(x.add(start.shiftLeft(2)));
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
      write.store(out.add(outStart.add(item).shiftLeft(2)), total);
    });
  });
}
