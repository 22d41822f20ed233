/** Activations inside of other kernels, such as a matrix product's. */
import type { Activation } from "./activation.ts";
import { elementwise } from "./elementwise.ts";
import { vectorExpression } from "./expression-vectors.ts";
import type { KernelWriter } from "./wasm/kernel.ts";
import { F32x4 } from "./wasm/values.ts";

/** The activation of four elements, bit for bit as the elementwise operation of that name computes it. */
export function activate(write: KernelWriter, activation: Activation, x: F32x4): F32x4 {
  const { expression } = elementwise[activation].elementwise;
  const y = vectorExpression(write, expression, { x: write.let(x) });
  if (y instanceof F32x4) return y;
  throw new TypeError(`activation: ${activation} does not give floats`);
}
