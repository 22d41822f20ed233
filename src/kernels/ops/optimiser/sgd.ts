/**
 * Gradient descent with momentum:
 *
 *   velocity = momentum velocity + gradient scale + decay p,  p = p - rate velocity
 */
import { defineUpdate, type UpdateAttributes } from "./parameter-update.ts";

/** Of {@link sgdStep}. */
export interface SgdAttributes extends UpdateAttributes {
  readonly learningRate: number;
  /** 0 for plain gradient descent. */
  readonly momentum: number;
  readonly weightDecay: number;
}

/** The row of its state is the velocity. */
export const sgdStep = defineUpdate({
  name: "sgdStep",
  stateRows: 1,
  reference(p, g, [v], scale, { learningRate, momentum, weightDecay }: SgdAttributes) {
    for (let i = 0; i < p.length; i++) {
      v[i] = momentum * v[i] + g[i] * scale + weightDecay * p[i];
      p[i] -= learningRate * v[i];
    }
  },
  numbers: "momentum, rate, decay",
  kernelNumbers: ({ learningRate, momentum, weightDecay }) => ({ momentum, rate: learningRate, decay: weightDecay }),
  simd(write, { value, slope, state: [velocity] }, { momentum, rate, decay }) {
    const next = write.let(momentum.mul(velocity).add(slope).add(decay.mul(value)));
    return { value: value.sub(rate.mul(next)), state: [next] };
  },
  wgsl: `
fn updated(value: f32, gradient: f32, place: u32) -> f32 {
  let velocity = parameters.momentum * state[place] + gradient * scale[0] + parameters.decay * value;
  state[place] = velocity;
  return value - parameters.rate * velocity;
}
`,
});
