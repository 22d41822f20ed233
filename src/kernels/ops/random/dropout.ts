/**
 * Dropout (Srivastava et al. 2014): y_i = x_i / (1 - rate) with probability 1 - rate, else 0, so that the expectation of y
 * is x. Which elements are dropped depends on the random key alone, on every device.
 */
import type { Operation } from "../../operation.ts";
import { keyNumbers, Random, type RandomKey } from "../../philox.ts";
import { sizeOf } from "../../shape.ts";
import { defineKernel } from "../../wasm/kernel.ts";
import { cellOf, RANDOM_KEY, randomWords } from "../../wasm/philox.ts";
import { F32x4, I32x4 } from "../../wasm/values.ts";
import { f32 } from "../../webgpu/program.ts";
import { BLOCKS_PER_ITEM, drawProgram, sampleKey, storeUpTo, WORK_PER_NUMBER } from "./random.ts";

export interface DropoutAttributes {
  /** Probability that an element is dropped, from 0 (included) to 1 (excluded). */
  readonly rate: number;
  readonly key: RandomKey;
}

/** Cells of a uniform whose elements are dropped: a rate rounded to f32 could drop other elements than the reference. */
const droppedCellsOf = (rate: number) => Math.ceil(rate * 2 ** 24);

const kernel = defineKernel(
  "dropout",
  { i32: `${RANDOM_KEY}, x, out, size, droppedCells`, f32: "scale" },
  (write, { x, out, size, scale, droppedCells, first, last, ...key }) => {
    const scales = write.let(scale.splat());
    const lastDropped = write.let(droppedCells.sub(1));
    write.loop(first, last, 1, (item) => {
      const words = randomWords(write, item.mul(BLOCKS_PER_ITEM), key);
      const start = write.let(item.mul(4 * BLOCKS_PER_ITEM));
      const from = write.let(x.add(start.shiftLeft(2)));
      // Storage is a multiple of 64 bytes long, so that whole items can be read.
      const values = words.map((word, index) => {
        const scaled = F32x4.load(from, 16 * index).mul(scales);
        return cellOf(word).greater(I32x4.splat(lastDropped)).select(scaled, 0);
      });
      storeUpTo(write, write.let(out.add(start.shiftLeft(2))), values, write.let(size.sub(start)));
    });
  },
);

/** x with elements dropped: x [...] -> [...]. */
export const dropout: Operation<DropoutAttributes> = {
  name: "dropout",
  signature: "x -> out",
  isKeyed: true,
  outputs([x], { rate }) {
    if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropout: the rate must be in [0, 1), got ${rate}`);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  reference([x], [out], { rate, key }) {
    const generator = new Random(key);
    const scale = 1 / (1 - rate);
    for (let i = 0; i < x.data.length; i++) out.data[i] = generator.uniform() < rate ? 0 : x.data[i] * scale;
  },
  simd([x], _, { rate, key }) {
    const size = sizeOf(x.shape);
    const numbers = { size, scale: 1 / (1 - rate), droppedCells: droppedCellsOf(rate) };
    const items = Math.ceil(size / (4 * BLOCKS_PER_ITEM));
    return [{ kernel, arguments: { ...keyNumbers(key), ...numbers }, items, work: size * WORK_PER_NUMBER }];
  },
  wgsl: ([x], _, { rate, key }) => [
    drawProgram(
      "dropout",
      sizeOf(x.shape),
      key,
      "out[at] = select(x[at] * parameters.scale, 0.0, (random_word(at) >> 8u) < parameters.dropped);",
      { scale: f32(1 / (1 - rate)), dropped: droppedCellsOf(rate) },
    ),
  ],
  /** The same key drops the same elements of the gradient, so nothing has to be remembered. */
  gradient: ({ attributes, outputGradient, run }) => run(dropout, [outputGradient], attributes),
  sample: (draw) => ({
    inputs: [draw.floats(draw.shape())],
    attributes: { rate: draw.integer(0, 9) / 10, key: sampleKey(draw) },
  }),
};
