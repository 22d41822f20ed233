/**
 * Optimiser updates. Each runs in place: its outputs are the parameter and the optimiser's state, which are among
 * its inputs. The gradient is multiplied by `scale` (a scalar tensor) first: that is how clipping is applied.
 */
import type { GradientOperation, HostTensor, TensorSpec } from "./operation.ts";
import { formatShape, ShapeError, sameShape } from "./shape.ts";

function checkUpdate(name: string, [parameter, gradient, , ...state]: readonly TensorSpec[]): void {
  for (const tensor of [gradient, ...state]) {
    if (!sameShape(tensor.shape, parameter.shape) || tensor.dtype !== parameter.dtype) {
      throw new ShapeError(
        `${name}: parameter ${parameter.dtype} ${formatShape(parameter.shape)} does not fit ` +
          `${tensor.dtype} ${formatShape(tensor.shape)}`,
      );
    }
  }
}

export interface AdamWAttributes {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled from the gradient (Loshchilov and Hutter 2019); 0 gives Adam (Kingma and Ba 2015). */
  readonly weightDecay: number;
  /** Number of this update, from 1. */
  readonly step: number;
}

/** Inputs parameter, gradient, scale, first and second moment; outputs parameter, first and second moment. */
export const adamWStep: GradientOperation<AdamWAttributes> = {
  name: "adamWStep",
  outputs(inputs) {
    checkUpdate("adamWStep", inputs);
    return [inputs[0], inputs[3], inputs[4]];
  },
  reference([, gradient, scale], [parameter, first, second], attributes) {
    const { learningRate, beta1, beta2, epsilon, weightDecay, step } = attributes;
    const correction1 = 1 - beta1 ** step;
    const correction2 = 1 - beta2 ** step;
    const factor = scale.data[0];
    const [p, g, m, v] = [parameter.data, gradient.data, first.data, second.data];
    for (let i = 0; i < p.length; i++) {
      const slope = g[i] * factor;
      m[i] = beta1 * m[i] + (1 - beta1) * slope;
      v[i] = beta2 * v[i] + (1 - beta2) * slope * slope;
      const direction = m[i] / correction1 / (Math.sqrt(v[i] / correction2) + epsilon);
      p[i] -= learningRate * (direction + weightDecay * p[i]);
    }
  },
};

export interface SgdAttributes {
  readonly learningRate: number;
  /** 0 for plain gradient descent. */
  readonly momentum: number;
  readonly weightDecay: number;
}

/** Inputs parameter, gradient, scale, velocity; outputs parameter, velocity. */
export const sgdStep: GradientOperation<SgdAttributes> = {
  name: "sgdStep",
  outputs(inputs) {
    checkUpdate("sgdStep", inputs);
    return [inputs[0], inputs[3]];
  },
  reference([, gradient, scale], [parameter, velocity], { learningRate, momentum, weightDecay }) {
    const factor = scale.data[0];
    const [p, g, v] = [parameter.data, gradient.data, velocity.data];
    for (let i = 0; i < p.length; i++) {
      v[i] = momentum * v[i] + g[i] * factor + weightDecay * p[i];
      p[i] -= learningRate * v[i];
    }
  },
};

/** Inputs x1, x2, ... of any shapes; output the scalar sum of all their squares. */
export const sumOfSquares: GradientOperation = {
  name: "sumOfSquares",
  outputs: ([first]) => [{ shape: [], dtype: first.dtype }],
  reference(inputs: readonly HostTensor[], [out]) {
    let total = 0;
    for (const { data } of inputs) {
      for (let i = 0; i < data.length; i++) total += data[i] * data[i];
    }
    out.data[0] = total;
  },
};
