/** Kernels that sum over the elements of each of many tensors, in parts of fixed length. */
import type { KernelCall, TensorPlace } from "../../dispatch.ts";
import type { TensorSpec } from "../../operation.ts";
import { sizeOf } from "../../shape.ts";
import { defineKernel } from "../../wasm/kernel.ts";
import { addition, defineRows } from "../../wasm/row-reduction.ts";
import { forEachStretch, sweepApart } from "../../wasm/stretches.ts";
import { F32, F32x4, I32, I32x4 } from "../../wasm/values.ts";

const ELEMENTS_PER_PART = 32768;

/** Squares are rounded to f32, and added to one of sixteen sums of at most 2048 of them. */
const sumSquares = defineRows("sum of squares", addition, {
  four: (x) => x.mul(x),
  one: (x) => x.mul(x),
});

const sumParts = defineRows("sum of parts", addition);

/** The scalar sum of the squares of all inputs' elements. */
export function sumOfSquaresCalls(inputs: readonly TensorSpec[]): KernelCall[] {
  const sizes = inputs.map(({ shape }) => sizeOf(shape));
  const counts = sizes.map((size) => Math.ceil(size / ELEMENTS_PER_PART));
  const parts = counts.reduce((total, count) => total + count, 0);
  const partial: TensorPlace = { scratch: 0, length: parts, dtype: "f32" };
  let outStart = 0;
  const calls = inputs.map((_, input): KernelCall => {
    const [size, items] = [sizes[input], counts[input]];
    const given = { x: { input }, out: partial, outStart, length: ELEMENTS_PER_PART, size };
    outStart += items;
    return { kernel: sumSquares, arguments: given, items, work: size };
  });
  const given = { x: partial, outStart: 0, length: parts, size: parts };
  return [...calls, { kernel: sumParts, arguments: given, items: 1, work: parts }];
}

/** out[outStart + i] = how many of x[i length] to x[(i + 1) length - 1], out of x [size], are NaN or infinite. */
const countParts = defineKernel(
  "count of what is not finite",
  { i32: "x, out, outStart, length, size" },
  (write, { x, out, outStart, ...range }) => {
    forEachStretch(write, range, (item, start, count) => {
      const part = write.let(x.add(start.shiftLeft(2)));
      // Of NaN and infinity alone the difference with itself is NaN, which equals nothing. A true condition is -1.
      const finite = write.variable(I32x4.splat(0));
      const otherFinite = write.variable(I32.constant(0));
      sweepApart(
        write,
        write.let(count.shiftLeft(2)),
        (at) => {
          const four = write.let(F32x4.load(part.add(at)));
          write.set(finite, finite.sub(four.sub(four).equals(0)));
        },
        (at) => {
          const one = write.let(F32.load(part.add(at)));
          write.set(otherFinite, otherFinite.add(one.sub(one).equals(0)));
        },
      );
      const add = (a: I32, b: I32) => a.add(b);
      const total = [0, 1, 2, 3].map((number): I32 => finite.element(number)).reduce(add, otherFinite);
      write.store(out.add(outStart.add(item).shiftLeft(2)), count.sub(total));
    });
  },
);

/** Of its one item: out[outStart] = the sum of x [count], integers. */
const sumIntegers = defineKernel(
  "sum of counts",
  { i32: "x, out, outStart, count" },
  (write, { x, out, outStart, count }) => {
    const total = write.variable(I32.constant(0));
    write.loop(0, count.shiftLeft(2), 4, (at) => write.set(total, total.add(I32.load(x.add(at)))));
    write.store(out.add(outStart.shiftLeft(2)), total);
  },
);

/** How many elements of each input are NaN or infinite. */
export function countNonFiniteCalls(inputs: readonly TensorSpec[]): KernelCall[] {
  const sizes = inputs.map(({ shape }) => sizeOf(shape));
  const mostParts = sizes.reduce((most, size) => Math.max(most, Math.ceil(size / ELEMENTS_PER_PART)), 1);
  const partial: TensorPlace = { scratch: 0, length: mostParts, dtype: "i32" };
  return sizes.flatMap((size, input): KernelCall[] => {
    const given = { x: { input }, length: ELEMENTS_PER_PART, size };
    const items = Math.max(1, Math.ceil(size / ELEMENTS_PER_PART));
    const call = { kernel: countParts, items, work: size };
    if (items === 1) return [{ ...call, arguments: { ...given, outStart: input } }];
    const counts = { x: partial, outStart: input, count: items };
    return [
      { ...call, arguments: { ...given, out: partial, outStart: 0 } },
      { kernel: sumIntegers, arguments: counts, items: 1, work: items },
    ];
  });
}
