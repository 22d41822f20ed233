/**
 * Optimiser updates. Each runs in place: its outputs are the parameter and the optimiser's state, which are among
 * its inputs. The gradient is multiplied by `scale` (a scalar tensor) first: that is how clipping is applied.
 */
import type { GradientOperation, HostTensor, TensorSpec } from "./operation.ts";
import { formatShape, ShapeError, sameShape, sizeOf } from "./shape.ts";
import { f32, indexProgram, type TensorSource, u32, type WgslProgram } from "./webgpu/program.ts";

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
  isKeyed: true,
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
  /** Small differences of the attributes are taken here, in double precision. */
  wgsl([parameter], _, { learningRate, beta1, beta2, epsilon, weightDecay, step }) {
    return [
      indexProgram(
        "adamWStep",
        sizeOf(parameter.shape),
        { g: { input: 1 }, scale: { input: 2 }, p: { output: 0 }, m: { output: 1 }, v: { output: 2 } },
        {
          learning_rate: f32(learningRate),
          beta1: f32(beta1),
          rest1: f32(1 - beta1),
          correction1: f32(1 - beta1 ** step),
          beta2: f32(beta2),
          rest2: f32(1 - beta2),
          correction2: f32(1 - beta2 ** step),
          epsilon: f32(epsilon),
          weight_decay: f32(weightDecay),
        },
        `  let slope = g[i] * scale[0];
  let first = parameters.beta1 * m[i] + parameters.rest1 * slope;
  let second = parameters.beta2 * v[i] + parameters.rest2 * slope * slope;
  let direction = first / parameters.correction1 / (sqrt(second / parameters.correction2) + parameters.epsilon);
  m[i] = first;
  v[i] = second;
  p[i] -= parameters.learning_rate * (direction + parameters.weight_decay * p[i]);`,
      ),
    ];
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
  wgsl: ([parameter], _, { learningRate, momentum, weightDecay }) => [
    indexProgram(
      "sgdStep",
      sizeOf(parameter.shape),
      { g: { input: 1 }, scale: { input: 2 }, p: { output: 0 }, v: { output: 1 } },
      { learning_rate: f32(learningRate), momentum: f32(momentum), weight_decay: f32(weightDecay) },
      `  let velocity = parameters.momentum * v[i] + g[i] * scale[0] + parameters.weight_decay * p[i];
  v[i] = velocity;
  p[i] -= parameters.learning_rate * velocity;`,
    ),
  ],
};

/** Invocations of a workgroup that adds up terms, a power of 2; and terms that one of them takes. */
const INVOCATIONS = 256;
const TERMS_PER_INVOCATION = 16;
/** Workgroups for one tensor at most; with larger ones each invocation takes more terms. */
const LARGEST_GROUPS = 256;

/** Adds up `term` of every element of x, workgroup after workgroup, into `out` from `first` on: one sum for each. */
function totalProgram(
  name: string,
  term: string,
  { x, out }: { x: TensorSource; out: TensorSource },
  { count, first, groups }: { count: number; first: number; groups: number },
): WgslProgram {
  const source = `
var<workgroup> totals: array<f32, ${INVOCATIONS}>;

@compute @workgroup_size(${INVOCATIONS})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
  var total = 0.0;
  for (var i = group.x * ${INVOCATIONS}u + lane; i < parameters.count; i += parameters.groups * ${INVOCATIONS}u) {
    total += ${term};
  }
  totals[lane] = total;
  for (var half = ${INVOCATIONS / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { totals[lane] += totals[lane + half]; }
  }
  if (lane == 0u) { out[parameters.first + group.x] = totals[0]; }
}`;
  const parameters = { count: u32(count), first: u32(first), groups: u32(groups) };
  return { name, tensors: { x, out }, parameters, source, workgroups: [groups, 1, 1] };
}

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
  /** Partial sums of each tensor, then their sum: every element's place in the additions is fixed by the shapes. */
  wgsl(inputs) {
    const plan = inputs.map(({ shape }) => {
      const count = sizeOf(shape);
      const groups = Math.ceil(count / (INVOCATIONS * TERMS_PER_INVOCATION));
      return { count, groups: Math.min(Math.max(groups, 1), LARGEST_GROUPS) };
    });
    const total = plan.reduce((sum, { groups }) => sum + groups, 0);
    const partial = { scratch: 0, length: total, dtype: "f32" } as const;
    let first = 0;
    const programs = plan.map(({ count, groups }, input) => {
      const tensors = { x: { input }, out: partial };
      const program = totalProgram("sumOfSquares", "x[i] * x[i]", tensors, { count, first, groups });
      first += groups;
      return program;
    });
    const ends = { count: total, first: 0, groups: 1 };
    const tensors = { x: partial, out: { output: 0 } };
    return [...programs, totalProgram("sumOfSquares total", "x[i]", tensors, ends)];
  },
};
