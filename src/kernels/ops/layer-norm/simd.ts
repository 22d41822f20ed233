/** Kernels of layer normalisation; see `layer-norm.ts` for the formulas. */

import type { TensorSpec } from "../../operation.ts";
import { lastExtent, type Shape, sizeOf } from "../../shape.ts";
import { defineKernel, type Variable } from "../../wasm/kernel.ts";
import type { KernelCall, TensorPlace } from "../../wasm/kernel-call.ts";
import { defineRowKernels, Row, rowCalls } from "../../wasm/rows.ts";
import { forEachStretch, sweep } from "../../wasm/stretches.ts";
import { F32x4, type I32 } from "../../wasm/values.ts";

const layerNormKernels = defineRowKernels(
  "layerNorm",
  {
    x: "i32",
    gain: "i32",
    bias: "i32",
    epsilon: "f32",
    share: "f32",
    out: "i32",
    means: "i32",
    inverses: "i32",
  },
  (write, row, { x, gain, bias, epsilon, share, out, means, inverses }) => {
    const [elements, result] = [row.of(x), row.of(out)];
    const mean = write.let(row.sum(({ load }) => load(elements)).mul(share.splat()));
    const squares = row.sum(({ load }) => {
      const deviation = write.let(load(elements).sub(mean));
      return deviation.mul(deviation);
    });
    const deviation = squares.mul(share.splat()).add(epsilon.splat()).sqrt();
    const inverse = write.let(F32x4.splat(1).div(deviation));
    row.sweep(({ load, store }) => {
      store(result, load(elements).sub(mean).mul(inverse).mul(load(gain)).add(load(bias)));
    });
    write.storeElement(row.numberOf(means), mean, 0);
    write.storeElement(row.numberOf(inverses), inverse, 0);
  },
);

/** What each element counts in the mean of a row. */
const shareOf = (shape: Shape) => 1 / Math.max(1, lastExtent("layerNorm", shape));

export function layerNormCalls([x]: readonly TensorSpec[], epsilon: number): KernelCall[] | undefined {
  return rowCalls(layerNormKernels, x.shape, {
    x: { input: 0 },
    gain: { input: 1 },
    bias: { input: 2 },
    epsilon,
    share: shareOf(x.shape),
    out: { output: 0 },
    means: { output: 1 },
    inverses: { output: 2 },
  });
}

/** Each item is a part of `length` rows: their rows of dx, and their sums for dgain and dbias. */
const gradientOfParts = defineKernel(
  "layerNorm.gradient of parts",
  {
    x: "i32",
    gain: "i32",
    means: "i32",
    inverses: "i32",
    g: "i32",
    dx: "i32",
    gainSums: "i32",
    biasSums: "i32",
    share: "f32",
    columns: "i32",
    length: "i32",
    size: "i32",
  },
  (write, { x, gain, means, inverses, g, dx, gainSums, biasSums, share, columns, ...range }) => {
    const bytes = write.let(columns.shiftLeft(2));
    forEachStretch(write, range, (part, start, count) => {
      const partRow = new Row(write, part, bytes);
      const [gainSum, biasSum] = [partRow.of(gainSums), partRow.of(biasSums)];
      write.clear(gainSum, bytes);
      write.clear(biasSum, bytes);
      write.loop(start, start.add(count), 1, (index) => {
        const row = new Row(write, index, bytes);
        const [elements, gradients, result] = [row.of(x), row.of(g), row.of(dx)];
        const mean = write.let(F32x4.loadSplat(row.numberOf(means)));
        const inverse = write.let(F32x4.loadSplat(row.numberOf(inverses)));
        const [sum, dot] = row.sums(2, ({ load, store }) => {
          const gradient = write.let(load(gradients));
          const normalised = write.let(load(elements).sub(mean).mul(inverse));
          store(gainSum, load(gainSum).add(gradient.mul(normalised)));
          store(biasSum, load(biasSum).add(gradient));
          const scaled = write.let(gradient.mul(load(gain)));
          return [scaled, scaled.mul(normalised)];
        });
        const meanOfGradient = write.let(sum.mul(share.splat()));
        const slope = write.let(dot.mul(share.splat()).mul(inverse));
        row.sweep(({ load, store }) => {
          const tilt = load(elements).sub(mean).mul(slope);
          store(result, load(gradients).mul(load(gain)).sub(meanOfGradient).sub(tilt).mul(inverse));
        });
      });
    });
  },
);

/** Each item is a column: the sums of the parts [parts, columns], added in order. */
const sumParts = defineKernel(
  "layerNorm.gradient of vectors",
  { gainSums: "i32", biasSums: "i32", dgain: "i32", dbias: "i32", columns: "i32", parts: "i32" },
  (write, { gainSums, biasSums, dgain, dbias, columns, parts, first, last }) => {
    const start = write.let(first.shiftLeft(2));
    const rowBytes = write.let(columns.shiftLeft(2));
    const sumOver = (sums: I32, out: I32) =>
      sweep(write, write.let(last.sub(first).shiftLeft(2)), (offset, { load, store }) => {
        const column = write.let(start.add(offset));
        const total = write.variable(F32x4.splat(0));
        write.loop(0, parts, 1, (part) => {
          const sum = load(sums.add(part.mul(rowBytes)).add(column));
          write.set(total, total.add(sum) as Variable<F32x4>);
        });
        store(out.add(column), total);
      });
    sumOver(gainSums, dgain);
    sumOver(biasSums, dbias);
  },
);

/** Cuts the rows into about as many parts as each has rows, whatever the number of threads. */
export function layerNormGradientCalls([x, gain]: readonly TensorSpec[]): KernelCall[] {
  const [columns] = gain.shape;
  const size = sizeOf(x.shape.slice(0, -1));
  const length = Math.max(1, Math.ceil(Math.sqrt(size)));
  const parts = Math.ceil(size / length);
  const sums = (scratch: number): TensorPlace => ({ scratch, length: parts * columns, dtype: "f32" });
  const [gainSums, biasSums] = [sums(0), sums(1)];
  return [
    {
      kernel: gradientOfParts,
      arguments: {
        x: { input: 0 },
        gain: { input: 1 },
        means: { input: 2 },
        inverses: { input: 3 },
        g: { input: 4 },
        dx: { output: 0 },
        gainSums,
        biasSums,
        share: shareOf(x.shape),
        columns,
        length,
        size,
      },
      items: parts,
      work: 4 * size * columns,
    },
    {
      kernel: sumParts,
      arguments: { gainSums, biasSums, dgain: { output: 1 }, dbias: { output: 2 }, columns, parts },
      items: columns,
      itemsTogether: 4,
      work: 2 * parts * columns,
    },
  ];
}
