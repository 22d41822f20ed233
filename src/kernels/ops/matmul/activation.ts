/** Activations that a matrix product can apply to its elements: elementwise operations, by name. */
import type { GradientContext, Value } from "../../operation.ts";
import { elementwise } from "../elementwise/elementwise.ts";

export const ACTIVATIONS = ["relu", "gelu", "tanh", "sigmoid"] as const;
/** One of {@link ACTIVATIONS}. */
export type Activation = (typeof ACTIVATIONS)[number];

/** Whether the gradient needs what the activation was applied to; the others' follows from their result. */
export function readsItsInput(activation: Activation | undefined): boolean {
  return activation === "gelu";
}

/**
 * The gradient with respect to x, given y = activation(x).
 *
 * @param x what `readsItsInput` asks for; else the result y serves, which has the sign of x where that matters (relu)
 */
export function activationGradient(
  activation: Activation,
  x: Value,
  y: Value,
  outputGradient: Value,
  run: GradientContext<unknown>["run"],
): Value {
  const context = { inputs: [x], outputs: [y], outputGradient, attributes: undefined, needs: [true], run };
  const gradient = elementwise[activation].gradient?.(context)[0];
  if (gradient === undefined) throw new Error(`activation: ${activation} has no gradient`);
  return gradient;
}
