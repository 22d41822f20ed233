/** Counts NaN and infinity in many tensors at once, so that training can stop where it broke and name the culprit. */
import type { KernelCall, TensorPlace } from "../../dispatch.ts";
import { checkTypes, type GradientOperation } from "../../operation.ts";
import { sizeOf } from "../../shape.ts";
import { defineKernel } from "../../wasm/kernel.ts";
import { ELEMENTS_PER_PART } from "../../wasm/row-reduction.ts";
import { forEachStretch, sweepApart } from "../../wasm/stretches.ts";
import { F32, F32x4, I32, I32x4 } from "../../wasm/values.ts";
import { sumPrograms } from "./parts.ts";

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

/** Inputs x1, x2, ... of any shapes; output i32 [inputs]: how many elements of each are NaN or infinite. */
export const countNonFinite: GradientOperation = {
  name: "countNonFinite",
  signature: "-> out",
  outputs(inputs) {
    checkTypes("countNonFinite", inputs, ["float"]);
    return [{ shape: [inputs.length], dtype: "i32" }];
  },
  reference(inputs, [out]) {
    inputs.forEach(({ data }, index) => {
      let count = 0;
      for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) count++;
      out.data[index] = count;
    });
  },
  simd(inputs) {
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
  },
  /** By bits, all ones in the exponent: WGSL lets a compiler assume that there is no NaN and no infinity. */
  wgsl(inputs, _outputs, _attributes, limits) {
    const term = "fn term(x: f32) -> i32 { return select(0, 1, (bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u); }";
    return sumPrograms("countNonFinite", { term, type: "i32" }, inputs, limits, { together: false });
  },
};
