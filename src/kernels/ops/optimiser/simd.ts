/** Kernels of optimiser updates, in f32: one call for each parameter. */

import type { TensorSpec } from "../../operation.ts";
import { sizeOf } from "../../shape.ts";
import { defineKernel, type Kernel, type KernelWriter } from "../../wasm/kernel.ts";
import type { KernelCall, TensorPlace } from "../../wasm/kernel-call.ts";
import { sweep } from "../../wasm/stretches.ts";
import { type F32, F32x4 } from "../../wasm/values.ts";
import type { AdamWAttributes, SgdAttributes } from "./optimiser-step.ts";

/** Elements that threads take together: a cache line. */
const ELEMENTS_TOGETHER = 16;

/** Where an update finds its parameter and its gradient, and how the state [rows, N] of the parameter starts. */
const TENSORS = { scale: "i32", state: "i32", offset: "i32", parameter: "i32", gradient: "i32" } as const;

/** A number that stands four times in a vector, computed once. */
const constant = (write: KernelWriter, value: F32) => write.let(value.splat());

/**
 * The update's own arithmetic is done in f32; differences of the attributes from 1 are taken in double precision. With
 * m and v the moments, s the gradient times the scale, and t the number of the step:
 *
 *   m = beta1 m + (1 - beta1) s,  v = beta2 v + (1 - beta2) s^2
 *   p = p - rate ((m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) + decay p)
 */
const adamW = defineKernel(
  "adamWStep",
  {
    ...TENSORS,
    rowBytes: "i32",
    beta1: "f32",
    rest1: "f32",
    beta2: "f32",
    rest2: "f32",
    rate: "f32",
    correction2: "f32",
    epsilon: "f32",
    decay: "f32",
  },
  (write, { state, offset, rowBytes, parameter, gradient, first, last, ...numbers }) => {
    const scale = write.let(F32x4.loadSplat(numbers.scale));
    const [beta1, rest1] = [constant(write, numbers.beta1), constant(write, numbers.rest1)];
    const [beta2, rest2] = [constant(write, numbers.beta2), constant(write, numbers.rest2)];
    const [rate, decay] = [constant(write, numbers.rate), constant(write, numbers.decay)];
    const correction2 = constant(write, numbers.correction2);
    const epsilon = constant(write, numbers.epsilon);
    const start = write.let(first.shiftLeft(2));
    const [p, g] = [write.let(parameter.add(start)), write.let(gradient.add(start))];
    const m = write.let(state.add(offset).add(start));
    const v = write.let(m.add(rowBytes));
    sweep(write, last.sub(first).shiftLeft(2), (at, { load, store }) => {
      const slope = write.let(load(g.add(at)).mul(scale));
      const mean = write.let(beta1.mul(load(m.add(at))).add(rest1.mul(slope)));
      const square = write.let(beta2.mul(load(v.add(at))).add(rest2.mul(slope).mul(slope)));
      store(m.add(at), mean);
      store(v.add(at), square);
      const step = rate.mul(mean).div(square.mul(correction2).sqrt().add(epsilon));
      const value = write.let(load(p.add(at)));
      store(p.add(at), value.sub(step.add(decay.mul(value))));
    });
  },
);

/** velocity = momentum velocity + gradient scale + decay p,  p = p - rate velocity. */
const sgd = defineKernel(
  "sgdStep",
  { ...TENSORS, momentum: "f32", rate: "f32", decay: "f32" },
  (write, { state, offset, parameter, gradient, first, last, ...numbers }) => {
    const scale = write.let(F32x4.loadSplat(numbers.scale));
    const momentum = constant(write, numbers.momentum);
    const [rate, decay] = [constant(write, numbers.rate), constant(write, numbers.decay)];
    const start = write.let(first.shiftLeft(2));
    const [p, g] = [write.let(parameter.add(start)), write.let(gradient.add(start))];
    const velocity = write.let(state.add(offset).add(start));
    sweep(write, last.sub(first).shiftLeft(2), (at, { load, store }) => {
      const value = write.let(load(p.add(at)));
      const kept = momentum.mul(load(velocity.add(at)));
      const next = write.let(kept.add(load(g.add(at)).mul(scale)).add(decay.mul(value)));
      store(velocity.add(at), next);
      store(p.add(at), value.sub(rate.mul(next)));
    });
  },
);

/** The kernel's calls, one for each parameter; see `optimiser-step.ts` for the order of inputs and outputs. */
function updateCalls(
  kernel: Kernel,
  [, , ...pairs]: readonly TensorSpec[],
  offsets: readonly number[],
  numbers: Readonly<Record<string, number>>,
): KernelCall[] {
  const [scale, state]: TensorPlace[] = [{ input: 0 }, { output: 0 }];
  return offsets.map((offset, index) => {
    const size = sizeOf(pairs[2 * index].shape);
    const [parameter, gradient] = [{ output: 1 + index }, { input: 3 + 2 * index }];
    return {
      kernel,
      arguments: { scale, state, offset: 4 * offset, parameter, gradient, ...numbers },
      items: size,
      itemsTogether: ELEMENTS_TOGETHER,
      work: size,
    };
  });
}

export function adamWCalls(inputs: readonly TensorSpec[], attributes: AdamWAttributes): KernelCall[] {
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, offsets } = attributes;
  const [, { shape: stateShape }] = inputs;
  return updateCalls(adamW, inputs, offsets, {
    rowBytes: 4 * stateShape[1],
    beta1,
    rest1: 1 - beta1,
    beta2,
    rest2: 1 - beta2,
    rate: learningRate / (1 - beta1 ** step),
    correction2: 1 / (1 - beta2 ** step),
    epsilon,
    decay: learningRate * weightDecay,
  });
}

export function sgdCalls(
  inputs: readonly TensorSpec[],
  { learningRate, momentum, weightDecay, offsets }: SgdAttributes,
): KernelCall[] {
  return updateCalls(sgd, inputs, offsets, { momentum, rate: learningRate, decay: weightDecay });
}
