/**
 * AdamW (Kingma and Ba 2015; Loshchilov and Hutter 2019). With m and v the moments, s the gradient times the scale, and t
 * the number of the step:
 *
 *   m = beta1 m + (1 - beta1) s,  v = beta2 v + (1 - beta2) s^2
 *   p = p - rate ((m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) + decay p)
 */
import { defineUpdate, type UpdateAttributes } from "./parameter-update.ts";

/** Of {@link adamWStep}. */
export interface AdamWAttributes extends UpdateAttributes {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled from the gradient; 0 gives Adam. */
  readonly weightDecay: number;
  /** Number of this update, from 1. */
  readonly step: number;
}

const averaging = (beta1: number, beta2: number) => ({ beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2 });

/** The rows of its state are the first and the second moment. */
export const adamWStep = defineUpdate({
  name: "adamWStep",
  stateRows: 2,
  reference(p, g, [m, v], scale, { learningRate, beta1, beta2, epsilon, weightDecay, step }: AdamWAttributes) {
    const correction1 = 1 - beta1 ** step;
    const correction2 = 1 - beta2 ** step;
    for (let i = 0; i < p.length; i++) {
      const slope = g[i] * scale;
      m[i] = beta1 * m[i] + (1 - beta1) * slope;
      v[i] = beta2 * v[i] + (1 - beta2) * slope * slope;
      const direction = m[i] / correction1 / (Math.sqrt(v[i] / correction2) + epsilon);
      p[i] -= learningRate * (direction + weightDecay * p[i]);
    }
  },
  numbers: "beta1, rest1, beta2, rest2, rate, correction2, epsilon, decay",
  kernelNumbers: ({ learningRate, beta1, beta2, epsilon, weightDecay, step }) => ({
    ...averaging(beta1, beta2),
    epsilon,
    rate: learningRate / (1 - beta1 ** step),
    correction2: 1 / (1 - beta2 ** step),
    decay: learningRate * weightDecay,
  }),
  simd(write, { value, slope, state: [m, v] }, { beta1, rest1, beta2, rest2, rate, correction2, epsilon, decay }) {
    const mean = write.let(beta1.mul(m).add(rest1.mul(slope)));
    const square = write.let(beta2.mul(v).add(rest2.mul(slope).mul(slope)));
    const step = rate.mul(mean).div(square.mul(correction2).sqrt().add(epsilon));
    return { value: value.sub(step.add(decay.mul(value))), state: [mean, square] };
  },
  programNumbers: ({ learningRate, beta1, beta2, epsilon, weightDecay, step }) => ({
    ...averaging(beta1, beta2),
    epsilon,
    learning_rate: learningRate,
    correction1: 1 - beta1 ** step,
    correction2: 1 - beta2 ** step,
    weight_decay: weightDecay,
  }),
  wgsl: `
fn updated(value: f32, gradient: f32, place: u32) -> f32 {
  let slope = gradient * scale[0];
  let first = parameters.beta1 * state[place] + parameters.rest1 * slope;
  let second = parameters.beta2 * state[parameters.row + place] + parameters.rest2 * slope * slope;
  state[place] = first;
  state[parameters.row + place] = second;
  let direction = first / parameters.correction1 / (sqrt(second / parameters.correction2) + parameters.epsilon);
  return value - parameters.learning_rate * (direction + parameters.weight_decay * value);
}
`,
});
