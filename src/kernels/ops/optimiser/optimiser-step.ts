/**
 * Optimiser updates: one call updates all parameters of a step in place.
 *
 * Inputs are the scale, a scalar by which every gradient is multiplied first (that is how clipping is applied); the
 * state [rows, N], which holds some numbers for each of the N elements of all parameters; and for each parameter that
 * takes part the parameter and its gradient. Outputs are the state and the parameters, the same storage as the inputs.
 */
import type { GradientOperation, HostTensor, NumberArray, TensorSpec } from "../../operation.ts";
import { formatShape, ShapeError, sameShape, sizeOf } from "../../shape.ts";
import { f32 } from "../../webgpu/program.ts";
import { adamWCalls, sgdCalls } from "./simd.ts";
import { updatePrograms, updateSources } from "./wgsl.ts";

/** What every update is told. */
export interface UpdateAttributes {
  /** Where the elements of each parameter that takes part start in a row of the state. */
  readonly offsets: readonly number[];
}

/** An update, and the rows of state that it needs. */
export interface ParameterUpdate<Attributes extends UpdateAttributes> extends GradientOperation<Attributes> {
  readonly stateRows: number;
}

function updateOutputs(
  { name, stateRows }: { readonly name: string; readonly stateRows: number },
  [scale, state, ...pairs]: readonly TensorSpec[],
  offsets: readonly number[],
): TensorSpec[] {
  if (pairs.length !== 2 * offsets.length || sizeOf(scale.shape) !== 1 || state.shape[0] !== stateRows) {
    throw new ShapeError(
      `${name}: expected a scalar, a state [${stateRows}, N], and a parameter and its gradient for each of the ` +
        `${offsets.length} offsets, got ${[scale, state, ...pairs].map(({ shape }) => formatShape(shape)).join(", ")}`,
    );
  }
  const parameters = offsets.map((offset, index) => {
    const [parameter, gradient] = pairs.slice(2 * index, 2 * index + 2);
    const { shape, dtype } = parameter;
    if (!sameShape(gradient.shape, shape) || gradient.dtype !== dtype || state.dtype !== dtype) {
      throw new ShapeError(
        `${name}: parameter ${dtype} ${formatShape(shape)} does not fit gradient ${gradient.dtype} ` +
          `${formatShape(gradient.shape)} and state ${state.dtype}`,
      );
    }
    if (offset + sizeOf(shape) > state.shape[1]) {
      throw new ShapeError(
        `${name}: parameter ${formatShape(shape)} at ${offset} exceeds the state ${formatShape(state.shape)}`,
      );
    }
    return parameter;
  });
  return [state, ...parameters];
}

/** The rows of the state of the `length` elements from `offset` on, as views. */
function stateOf({ shape: [rows, total], data }: HostTensor, offset: number, length: number): NumberArray[] {
  return Array.from({ length: rows }, (_, row) => {
    const start = row * total + offset;
    return data.subarray(start, start + length);
  });
}

/** Of {@link adamWStep}. */
export interface AdamWAttributes extends UpdateAttributes {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled from the gradient (Loshchilov and Hutter 2019); 0 gives Adam (Kingma and Ba 2015). */
  readonly weightDecay: number;
  /** Number of this update, from 1. */
  readonly step: number;
}

const adamWSources = updateSources(`
fn updated(value: f32, gradient: f32, place: u32) -> f32 {
  let slope = gradient * scale[0];
  let first = parameters.beta1 * state[place] + parameters.rest1 * slope;
  let second = parameters.beta2 * state[parameters.row + place] + parameters.rest2 * slope * slope;
  state[place] = first;
  state[parameters.row + place] = second;
  let direction = first / parameters.correction1 / (sqrt(second / parameters.correction2) + parameters.epsilon);
  return value - parameters.learning_rate * (direction + parameters.weight_decay * value);
}
`);

/** The rows of its state are the first and the second moment. */
export const adamWStep: ParameterUpdate<AdamWAttributes> = {
  name: "adamWStep",
  isKeyed: true,
  stateRows: 2,
  outputs: (inputs, { offsets }) => updateOutputs(adamWStep, inputs, offsets),
  reference([scale, , ...pairs], [state, ...parameters], attributes) {
    const { learningRate, beta1, beta2, epsilon, weightDecay, step, offsets } = attributes;
    const correction1 = 1 - beta1 ** step;
    const correction2 = 1 - beta2 ** step;
    const factor = scale.data[0];
    parameters.forEach(({ data: p }, index) => {
      const { data: g } = pairs[2 * index + 1];
      const [m, v] = stateOf(state, offsets[index], p.length);
      for (let i = 0; i < p.length; i++) {
        const slope = g[i] * factor;
        m[i] = beta1 * m[i] + (1 - beta1) * slope;
        v[i] = beta2 * v[i] + (1 - beta2) * slope * slope;
        const direction = m[i] / correction1 / (Math.sqrt(v[i] / correction2) + epsilon);
        p[i] -= learningRate * (direction + weightDecay * p[i]);
      }
    });
  },
  simd: (inputs, _, attributes) => adamWCalls(inputs, attributes),
  /** Small differences of the attributes are taken here, in double precision. */
  wgsl(inputs, _, { learningRate, beta1, beta2, epsilon, weightDecay, step, offsets }, limits) {
    const numbers = {
      learning_rate: f32(learningRate),
      beta1: f32(beta1),
      rest1: f32(1 - beta1),
      correction1: f32(1 - beta1 ** step),
      beta2: f32(beta2),
      rest2: f32(1 - beta2),
      correction2: f32(1 - beta2 ** step),
      epsilon: f32(epsilon),
      weight_decay: f32(weightDecay),
    };
    return updatePrograms("adamWStep", adamWSources, numbers, inputs, offsets, limits);
  },
};

/** Of {@link sgdStep}. */
export interface SgdAttributes extends UpdateAttributes {
  readonly learningRate: number;
  /** 0 for plain gradient descent. */
  readonly momentum: number;
  readonly weightDecay: number;
}

const sgdSources = updateSources(`
fn updated(value: f32, gradient: f32, place: u32) -> f32 {
  let velocity = parameters.momentum * state[place] + gradient * scale[0] + parameters.weight_decay * value;
  state[place] = velocity;
  return value - parameters.learning_rate * velocity;
}
`);

/** The row of its state is the velocity. */
export const sgdStep: ParameterUpdate<SgdAttributes> = {
  name: "sgdStep",
  isKeyed: true,
  stateRows: 1,
  outputs: (inputs, { offsets }) => updateOutputs(sgdStep, inputs, offsets),
  reference([scale, , ...pairs], [state, ...parameters], { learningRate, momentum, weightDecay, offsets }) {
    const factor = scale.data[0];
    parameters.forEach(({ data: p }, index) => {
      const { data: g } = pairs[2 * index + 1];
      const [v] = stateOf(state, offsets[index], p.length);
      for (let i = 0; i < p.length; i++) {
        v[i] = momentum * v[i] + g[i] * factor + weightDecay * p[i];
        p[i] -= learningRate * v[i];
      }
    });
  },
  simd: (inputs, _, attributes) => sgdCalls(inputs, attributes),
  wgsl(inputs, _, { learningRate, momentum, weightDecay, offsets }, limits) {
    const numbers = {
      learning_rate: f32(learningRate),
      momentum: f32(momentum),
      weight_decay: f32(weightDecay),
    };
    return updatePrograms("sgdStep", sgdSources, numbers, inputs, offsets, limits);
  },
};
