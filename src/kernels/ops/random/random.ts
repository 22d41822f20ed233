/** Random tensors and dropout: element i depends on the random key and i alone, on every device. */
import type { DType, GradientContext, Operation, Value } from "../../operation.ts";
import { Random, type RandomKey } from "../../philox.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { RANDOM_FUNCTIONS, randomParameters } from "../../webgpu/philox.ts";
import { f32, indexProgram, u32, type WgslProgram } from "../../webgpu/program.ts";
import { dropoutCalls, randomCalls } from "./simd.ts";

/** Uniform on [0, 1), standard normal, or standard Gumbel. */
export type Distribution = "uniform" | "normal" | "gumbel";

/** Of {@link random}. */
export interface RandomAttributes {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly distribution: Distribution;
  readonly key: RandomKey;
}

/** Elements that one invocation computes: as many as it draws words at a time. */
const BLOCK = 4;

/** A program that runs `body` for each element `at` of the output. */
function drawProgram(
  name: string,
  size: number,
  key: RandomKey,
  { tensors, parameters }: Pick<WgslProgram, "tensors" | "parameters">,
  body: string,
): WgslProgram {
  return indexProgram(
    name,
    Math.ceil(size / BLOCK),
    tensors,
    { size: u32(size), ...randomParameters(key), ...parameters },
    `  let end = min(${BLOCK}u * i + ${BLOCK}u, parameters.size);
  for (var at = ${BLOCK}u * i; at < end; at++) {
    ${body}
  }`,
    RANDOM_FUNCTIONS,
  );
}

/** Independent draws: uniform on [0, 1), standard normal, or standard Gumbel. */
export const random: Operation<RandomAttributes> = {
  name: "random",
  isKeyed: true,
  outputs: (_, { shape, dtype }) => [{ shape, dtype }],
  reference(_, [out], { distribution, key }) {
    const generator = new Random(key);
    for (let i = 0; i < out.data.length; i++) out.data[i] = generator[distribution]();
  },
  simd: (_, outputs, attributes) => randomCalls(outputs, attributes),
  wgsl: (_, [out], { distribution, key }) => [
    drawProgram(
      `random ${distribution}`,
      sizeOf(out.shape),
      key,
      { tensors: { out: { output: 0 } }, parameters: {} },
      `out[at] = random_${distribution}(at);`,
    ),
  ],
  sample: (draw) => ({
    inputs: [],
    attributes: {
      shape: draw.shape(),
      dtype: "f64",
      distribution: (["uniform", "normal", "gumbel"] as const)[draw.integer(0, 2)],
      key: { seed: draw.integer(0, 1000), stream: "sample", step: 0 },
    },
  }),
};

export interface DropoutAttributes {
  /** Probability that an element is dropped, from 0 (included) to 1 (excluded). */
  readonly rate: number;
  readonly key: RandomKey;
}

/** y_i = x_i / (1 - rate) with probability 1 - rate, else 0: the expectation of y is x (Srivastava et al. 2014). */
export const dropout: Operation<DropoutAttributes> = {
  name: "dropout",
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
  simd: (inputs, _, attributes) => dropoutCalls(inputs, attributes),
  /** Compares in whole cells of the uniform: a rate rounded to f32 could drop other elements than the reference. */
  wgsl: ([x], _, { rate, key }) => [
    drawProgram(
      "dropout",
      sizeOf(x.shape),
      key,
      {
        tensors: { x: { input: 0 }, out: { output: 0 } },
        parameters: { scale: f32(1 / (1 - rate)), dropped: u32(Math.ceil(rate * 2 ** 24)) },
      },
      "out[at] = select(x[at] * parameters.scale, 0.0, (random_word(at) >> 8u) < parameters.dropped);",
    ),
  ],
  /** The same key drops the same elements of the gradient, so nothing has to be remembered. */
  gradient({ attributes, outputGradient, run }: GradientContext<DropoutAttributes>): Value[] {
    return run(dropout, [outputGradient], attributes);
  },
  sample: (draw) => ({
    inputs: [draw.floats(draw.shape())],
    attributes: {
      rate: draw.integer(0, 9) / 10,
      key: { seed: draw.integer(0, 1000), stream: "sample", step: 0 },
    },
  }),
};
