/** Checks analytic gradients against central differences, as PyTorch's gradcheck does. */
import type { HostTensor } from "../kernels/index.ts";
import { formatShape } from "../kernels/index.ts";
import { noGrad } from "./autograd.ts";
import { tensor, zeros } from "./create.ts";
import { scope } from "./scope.ts";
import { Tensor } from "./tensor.ts";

/** Of {@link gradcheck}. */
export interface GradcheckOptions {
  /** Step of the central differences. Default 1e-6. */
  readonly epsilon?: number;
  /** Default 1e-5. */
  readonly absoluteTolerance?: number;
  /** Default 1e-3. */
  readonly relativeTolerance?: number;
  /** Inputs held constant, by position. Integer inputs always are. */
  readonly constants?: readonly number[];
}

/** A gradient that differs from its central differences. */
export class GradcheckError extends Error {
  override readonly name = "GradcheckError";
}

/**
 * Compares the Jacobian of `compute` that `backward` gives with central differences, element by element:
 * |analytic - numeric| <= absoluteTolerance + relativeTolerance |numeric|.
 *
 * @param compute a differentiable function of its inputs, the same at every call
 * @param given where to differentiate; floating-point inputs in f64
 * @throws GradcheckError naming the input, the element, and both values
 */
export function gradcheck(
  compute: (...inputs: Tensor[]) => Tensor,
  given: readonly (HostTensor | Tensor)[],
  options: GradcheckOptions = {},
): void {
  const inputs = given.map(
    (input): HostTensor =>
      input instanceof Tensor ? { shape: input.shape, dtype: input.dtype, data: input.dataSync() } : input,
  );
  const { epsilon = 1e-6, absoluteTolerance = 1e-5, relativeTolerance = 1e-3, constants = [] } = options;
  inputs.forEach((input, index) => {
    if (input.dtype === "f32") {
      throw new TypeError(
        `gradcheck: input ${index} is f32, too coarse to difference; expected f64, as of tensor([0.5], { dtype: "f64" }), or i32`,
      );
    }
  });
  const checked = inputs.flatMap((input, index) =>
    input.dtype === "f64" && !constants.includes(index) ? [index] : [],
  );
  const analytic = analyticJacobians(compute, inputs, checked);
  checked.forEach((index, position) => {
    for (let element = 0; element < inputs[index].data.length; element++) {
      const numeric = differences(compute, inputs, index, element, epsilon);
      numeric.forEach((expected, output) => {
        const actual = analytic[position][output][element];
        const tolerance = absoluteTolerance + relativeTolerance * Math.abs(expected);
        if (Math.abs(actual - expected) <= tolerance) return;
        throw new GradcheckError(
          `gradcheck: d output[${output}] / d input ${index}[${element}] is ${actual}, but central differences ` +
            `give ${expected}; inputs ${inputs.map(({ shape }) => formatShape(shape)).join(", ")}`,
        );
      });
    }
  });
}

/** The gradient of every element of the output with respect to every checked input: [checked][output][element]. */
function analyticJacobians(
  compute: (...inputs: Tensor[]) => Tensor,
  inputs: readonly HostTensor[],
  checked: readonly number[],
): Float64Array[][] {
  using _ = scope();
  const leaves = inputs.map((input, index) => {
    const leaf = tensor(input.data, input.shape);
    return checked.includes(index) ? leaf.requireGrad() : leaf;
  });
  const output = compute(...leaves);
  if (checked.length > 0 && output.size > 0 && !output.requiresGrad) {
    throw new GradcheckError("gradcheck: the result does not depend differentiably on any checked input");
  }
  const jacobians: Float64Array[][] = checked.map(() => []);
  for (let element = 0; element < output.size; element++) {
    const seed = zeros(output.shape, { dtype: "f64" });
    seed.assign(Float64Array.from({ length: output.size }, (_, i) => (i === element ? 1 : 0)));
    output.backward(seed);
    checked.forEach((index, position) => {
      const { grad } = leaves[index];
      jacobians[position].push(Float64Array.from(grad?.dataSync() ?? new Float64Array(leaves[index].size)));
      leaves[index].zeroGrad();
    });
  }
  return jacobians;
}

/** (f(x + epsilon) - f(x - epsilon)) / (2 epsilon) for one element of one input: [output]. */
function differences(
  compute: (...inputs: Tensor[]) => Tensor,
  inputs: readonly HostTensor[],
  index: number,
  element: number,
  epsilon: number,
): Float64Array {
  const at = (step: number) => {
    using _ = scope();
    const moved = inputs.map(({ data, shape }, position) => {
      if (position !== index) return tensor(data, shape);
      const copy = data.slice();
      copy[element] += step;
      return tensor(copy, shape);
    });
    return noGrad(() => compute(...moved).dataSync());
  };
  const above = at(epsilon);
  const below = at(-epsilon);
  return Float64Array.from(above, (value, output) => (value - below[output]) / (2 * epsilon));
}
