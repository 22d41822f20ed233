/** Random tensors: element i depends on the random key and i alone, on every device. */
import type { Draw } from "../../draw.ts";
import type { DType, Operation } from "../../operation.ts";
import { Random, type RandomKey } from "../../philox.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { type Distribution, drawCall, drawProgram } from "./draws.ts";

export type { Distribution } from "./draws.ts";

/** Of {@link random}. */
export interface RandomAttributes {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly distribution: Distribution;
  readonly key: RandomKey;
}

/** Draws a random key. */
export const sampleKey = (draw: Draw): RandomKey => ({
  seed: draw.integer(0, 1000),
  stream: "sample",
  step: 0,
});

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
