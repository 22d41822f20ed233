/** Checks analytic gradients against central differences, as PyTorch's gradcheck does. */
import { formatShape, type HostTensor, type NumberArray } from "../kernels/index.ts";
import { noGrad } from "./autograd.ts";
import { tensor } from "./create.ts";
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

type Compute = (...inputs: Tensor[]) => Tensor;

/**
 * Compares the Jacobian of `compute` that `backward` gives with central differences, element by element:
 * |analytic - numeric| <= absoluteTolerance + relativeTolerance |numeric|.
 *
 * @param compute a differentiable function of its inputs, the same at every call
 * @param at where to differentiate: its inputs, floating-point ones in f64
 * @throws GradcheckError naming the input, the element, and both values; TypeError for inputs in f32
 */
export function gradcheck(
  compute: Compute,
  at: readonly (Tensor | HostTensor)[],
  options: GradcheckOptions = {},
): void {
  const { epsilon = 1e-6, absoluteTolerance = 1e-5, relativeTolerance = 1e-3, constants = [] } = options;
  const inputs = at.map((input, index): HostTensor => {
    const { shape, dtype } = input;
    if (dtype !== "f32") return input instanceof Tensor ? { shape, dtype, data: input.dataSync() } : input;
    throw new TypeError(
      `gradcheck: input ${index} is f32, too coarse to difference; expected f64, as of ` +
        'tensor([0.5], { dtype: "f64" }), or i32',
    );
  });
  const checked = [...inputs.keys()].filter((index) => inputs[index].dtype === "f64" && !constants.includes(index));
  const analytic = analyticJacobians(compute, inputs, checked);
  checked.forEach((index, position) => {
    inputs[index].data.forEach((value, element) => {
      const above = outputWith(value + epsilon, compute, inputs, index, element);
      const below = outputWith(value - epsilon, compute, inputs, index, element);
      above.forEach((_, output) => {
        const numeric = (above[output] - below[output]) / (2 * epsilon);
        const actual = analytic[position][output][element];
        if (Math.abs(actual - numeric) <= absoluteTolerance + relativeTolerance * Math.abs(numeric)) return;
        throw new GradcheckError(
          `gradcheck: d output[${output}] / d input ${index}[${element}] is ${actual}, but central differences ` +
            `give ${numeric}; inputs ${inputs.map(({ shape }) => formatShape(shape)).join(", ")}`,
        );
      });
    });
  });
}

/** The gradient of every element of the output with respect to every checked input: [checked][output][element]. */
function analyticJacobians(compute: Compute, inputs: readonly HostTensor[], checked: readonly number[]) {
  using _ = scope();
  const leaves = inputs.map(({ data, shape }, index) => {
    return checked.includes(index) ? tensor(data, shape).requireGrad() : tensor(data, shape);
  });
  const output = compute(...leaves);
  if (checked.length > 0 && output.size > 0 && !output.requiresGrad) {
    throw new GradcheckError("gradcheck: the result does not depend differentiably on any checked input");
  }
  const jacobians: Float64Array[][] = checked.map(() => []);
  for (let element = 0; element < output.size; element++) {
    const one = Float64Array.from({ length: output.size }, (_, i) => Number(i === element));
    output.backward(tensor(one, output.shape));
    checked.forEach((index, position) => {
      const { grad, size } = leaves[index];
      jacobians[position].push(Float64Array.from(grad?.dataSync() ?? new Float64Array(size)));
      leaves[index].zeroGrad();
    });
  }
  return jacobians;
}

/** The output where one element of one input is `value`. */
function outputWith(
  value: number,
  compute: Compute,
  inputs: readonly HostTensor[],
  index: number,
  element: number,
): NumberArray {
  using _ = scope();
  const moved = inputs.map(({ data, shape }, position) => {
    const copy = data.slice();
    if (position === index) copy[element] = value;
    return tensor(copy, shape);
  });
  return noGrad(() => compute(...moved).dataSync());
}
