/** Kernels of random tensors and dropout: element i depends on the random key and i alone. */

import type { TensorSpec } from "../../operation.ts";
import type { RandomKey } from "../../philox.ts";
import { sizeOf } from "../../shape.ts";
import { defineKernel, type Kernel, type KernelWriter } from "../../wasm/kernel.ts";
import type { KernelCall, TensorPlace } from "../../wasm/kernel-call.ts";
import {
  cellOf,
  gumbel,
  normal,
  RANDOM_KEY,
  randomArguments,
  randomWords,
  uniform,
} from "../../wasm/philox.ts";
import { F32x4, type I32, I32x4 } from "../../wasm/values.ts";
import type { Distribution, DropoutAttributes, RandomAttributes } from "./random.ts";

/** Blocks of four words that an item draws. */
const BLOCKS_PER_ITEM = 4;
/** A drawn number is as much work as so many copied ones. */
const WORK_PER_NUMBER = 8;

/** Stores vectors one after the other, as far as `count` elements reach. */
function storeUpTo(write: KernelWriter, target: I32, vectors: readonly F32x4[], count: I32): void {
  const kept = vectors.map((vector) => write.let(vector));
  const storeAll = () => {
    for (const [index, vector] of kept.entries()) write.store(target, vector, 16 * index);
  };
  const storeSome = () => {
    for (let i = 0; i < 4 * kept.length; i++) {
      write.if(count.greater(i), () => write.storeElement(target, kept[i >> 2], i % 4, 4 * i));
    }
  };
  write.if(count.greaterOrEqual(4 * kept.length), storeAll, storeSome);
}

/** out [size]: numbers drawn from the words of blocks, of which each vector holds one. */
function defineDraw(
  name: Distribution,
  numbersPerItem: number,
  draw: (write: KernelWriter, words: readonly I32x4[]) => F32x4[],
): { readonly kernel: Kernel; readonly numbersPerItem: number } {
  const kernel = defineKernel(
    `random ${name}`,
    { ...RANDOM_KEY, out: "i32", size: "i32" },
    (write, { out, size, first, last, ...key }) => {
      write.loop(first, last, 1, (item) => {
        const words = randomWords(write, item.mul(BLOCKS_PER_ITEM), key);
        const start = write.let(item.mul(numbersPerItem));
        storeUpTo(
          write,
          write.let(out.add(start.shiftLeft(2))),
          draw(write, words),
          write.let(size.sub(start)),
        );
      });
    },
  );
  return { kernel, numbersPerItem };
}

const draws = {
  uniform: defineDraw("uniform", 16, (_, words) => words.map(uniform)),
  gumbel: defineDraw("gumbel", 16, (write, words) => words.map((word) => gumbel(write, word))),
  // Each takes two words, one after the other.
  normal: defineDraw("normal", 8, (write, [a, b, c, d]) =>
    [[a, b] as const, [c, d] as const].map(([one, other]) =>
      normal(write, one.shuffle(other, [0, 2, 4, 6]), one.shuffle(other, [1, 3, 5, 7])),
    ),
  ),
};

/** Fills `size` elements. */
export function drawCall(
  distribution: Distribution,
  size: number,
  key: RandomKey,
  out: TensorPlace,
): KernelCall {
  const { kernel, numbersPerItem } = draws[distribution];
  return {
    kernel,
    arguments: { ...randomArguments(key), out, size },
    items: Math.ceil(size / numbersPerItem),
    work: size * WORK_PER_NUMBER,
  };
}

export function randomCalls(
  [out]: readonly TensorSpec[],
  { distribution, key }: RandomAttributes,
): KernelCall[] | undefined {
  return out.dtype === "f32" ? [drawCall(distribution, sizeOf(out.shape), key, { output: 0 })] : undefined;
}

/** Compares in whole cells: a rate rounded to f32 could drop other elements than the reference. */
const dropout = defineKernel(
  "dropout",
  { ...RANDOM_KEY, x: "i32", out: "i32", size: "i32", scale: "f32", droppedCells: "i32" },
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

export function dropoutCalls([x]: readonly TensorSpec[], { rate, key }: DropoutAttributes): KernelCall[] {
  const size = sizeOf(x.shape);
  const numbers = { size, scale: 1 / (1 - rate), droppedCells: Math.ceil(rate * 2 ** 24) };
  return [
    {
      kernel: dropout,
      arguments: { ...randomArguments(key), x: { input: 0 }, out: { output: 0 }, ...numbers },
      items: Math.ceil(size / (4 * BLOCKS_PER_ITEM)),
      work: size * WORK_PER_NUMBER,
    },
  ];
}
