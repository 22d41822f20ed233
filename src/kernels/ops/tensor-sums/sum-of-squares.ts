/** The sum of the squares of many tensors' elements, for the norm of all gradients together. */
import type { GradientOperation, HostTensor } from "../../operation.ts";
import { sumOfSquaresCalls } from "./simd.ts";
import { sumPrograms } from "./wgsl.ts";

/** Inputs x1, x2, ... of any shapes; output the scalar sum of all their squares. */
export const sumOfSquares: GradientOperation = {
  name: "sumOfSquares",
  signature: "-> out",
  outputs: ([first]) => [{ shape: [], dtype: first.dtype }],
  reference(inputs: readonly HostTensor[], [out]) {
    let total = 0;
    for (const { data } of inputs) {
      for (let i = 0; i < data.length; i++) total += data[i] * data[i];
    }
    out.data[0] = total;
  },
  simd: sumOfSquaresCalls,
  wgsl(inputs, _outputs, _attributes, limits) {
    const term = "fn term(x: f32) -> f32 { return x * x; }";
    return sumPrograms("sumOfSquares", { term, type: "f32" }, inputs, limits, { together: true });
  },
};
