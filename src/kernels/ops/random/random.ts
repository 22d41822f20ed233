/**
 * Random tensors: element i depends on the random key and i alone, on every device. Kernels and programs make numbers of
 * the key's words.
 */
import type { Kernel, KernelCall, Program, TensorPlace } from "../../dispatch.ts";
import type { Draw } from "../../draw.ts";
import type { DType, Operation } from "../../operation.ts";
import { keyNumbers, Random, type RandomKey } from "../../philox.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { defineKernel, type KernelWriter } from "../../wasm/kernel.ts";
import { gumbel, normal, RANDOM_KEY, randomWords, uniform } from "../../wasm/philox.ts";
import type { F32x4, I32, I32x4 } from "../../wasm/values.ts";
import { RANDOM_FUNCTIONS } from "../../webgpu/philox.ts";
import { indexProgram } from "../../webgpu/program.ts";

/** Uniform on [0, 1), standard normal, or standard Gumbel. */
export type Distribution = "uniform" | "normal" | "gumbel";

/** Blocks of four words that an item draws. */
export const BLOCKS_PER_ITEM = 4;
/** A drawn number is as much work as so many copied ones. */
export const WORK_PER_NUMBER = 8;

/** Stores vectors one after the other, as far as `count` elements reach. */
export function storeUpTo(write: KernelWriter, target: I32, vectors: readonly F32x4[], count: I32): void {
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
    { i32: `${RANDOM_KEY}, out, size` },
    (write, { out, size, first, last, ...key }) => {
      write.loop(first, last, 1, (item) => {
        const words = randomWords(write, item.mul(BLOCKS_PER_ITEM), key);
        const start = write.let(item.mul(numbersPerItem));
        const target = write.let(out.add(start.shiftLeft(2)));
        storeUpTo(write, target, draw(write, words), write.let(size.sub(start)));
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

/** Fills the `size` elements of the tensor `out`. */
export function drawCall(
  distribution: Distribution,
  size: number,
  key: RandomKey,
  places?: { readonly out: TensorPlace },
): KernelCall {
  const { kernel, numbersPerItem } = draws[distribution];
  return {
    kernel,
    arguments: { ...keyNumbers(key), size, ...places },
    items: Math.ceil(size / numbersPerItem),
    work: size * WORK_PER_NUMBER,
  };
}

/** Elements that one invocation computes: as many as it draws words at a time. */
const BLOCK = 4;

/** A program that runs `body` for each element `at` of the output. */
export function drawProgram(
  name: string,
  size: number,
  key: RandomKey,
  body: string,
  parameters: Program["parameters"] = {},
): Program {
  const loop = `  let end = min(${BLOCK}u * i + ${BLOCK}u, parameters.size);
  for (var at = ${BLOCK}u * i; at < end; at++) {
    ${body}
  }`;
  const options = { parameters: { size, ...keyNumbers(key), ...parameters }, functions: RANDOM_FUNCTIONS };
  return indexProgram(name, Math.ceil(size / BLOCK), loop, options);
}

/** Of {@link random}. */
export interface RandomAttributes {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly distribution: Distribution;
  readonly key: RandomKey;
}

/** Draws a random key. */
export const sampleKey = (draw: Draw): RandomKey => ({ seed: draw.integer(0, 1000), stream: "sample", step: 0 });

/** Independent draws: uniform on [0, 1), standard normal, or standard Gumbel. */
export const random: Operation<RandomAttributes> = {
  name: "random",
  signature: "-> out",
  isKeyed: true,
  outputs: (_, { shape, dtype }) => [{ shape, dtype }],
  reference(_, [out], { distribution, key }) {
    const generator = new Random(key);
    for (let i = 0; i < out.data.length; i++) out.data[i] = generator[distribution]();
  },
  simd: (_, [out], { distribution, key }) =>
    out.dtype === "f32" ? [drawCall(distribution, sizeOf(out.shape), key)] : undefined,
  wgsl: (_, [out], { distribution, key }) => [
    drawProgram(`random ${distribution}`, sizeOf(out.shape), key, `out[at] = random_${distribution}(at);`),
  ],
  sample: (draw) => ({
    inputs: [],
    attributes: {
      shape: draw.shape(),
      dtype: "f64",
      distribution: (["uniform", "normal", "gumbel"] as const)[draw.integer(0, 2)],
      key: sampleKey(draw),
    },
  }),
};
