/** Optimiser updates in WGSL against those of the CPU: many parameters at once, in few programs. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  adamWStep,
  type NumberArray,
  Random,
  sgdStep,
  sumOfSquares,
  type WebGpuDevice,
} from "../../../src/kernels/index.ts";
import { AdamW, type Optimiser, Sgd } from "../../../src/nn/index.ts";
import { apply, type Device, scope, type Tensor, tensor } from "../../../src/tensor/index.ts";
import { cpu, testOnDevice } from "./adapter.ts";

const test = suite("optimiser");

function normals(length: number, step: number): Float32Array {
  const generator = new Random({ seed: 5, stream: "values", step });
  return Float32Array.from({ length }, () => generator.normal());
}

/** |actual - expected| <= 1e-6 max |expected|. */
function assertClose(actual: NumberArray, expected: NumberArray, what: string): void {
  assert.is(actual.length, expected.length, what);
  const largest = Math.max(...Array.from(expected, Math.abs));
  expected.forEach((value, i) => {
    const isClose = Math.abs(actual[i] - value) <= 1e-6 * largest;
    assert.ok(isClose, `${what}[${i}] is ${actual[i]}, expected ${value}`);
  });
}

const STEPS = 5;
const LENGTHS = [300, 1, 64, 0, 65, 7, 1000, 2, 128, 3, 200, 63, 5, 17, 40, 256, 90, 11, 33, 512];

/** Whether a parameter has a gradient in a step: all of them in the first, and then some in each. */
function hasGradient(index: number, step: number): boolean {
  return step === 1 || (index + step) % 3 > 0;
}

/** All parameters after five steps with other gradients each. */
async function afterSteps(on: Device, makeOptimiser: (parameters: Tensor[]) => Optimiser): Promise<NumberArray[]> {
  using _ = scope();
  const make = (length: number, step: number) => tensor(normals(length, step), [length], { device: on });
  const parameters = LENGTHS.map((length, index) => make(length, index).requireGrad());
  const optimiser = makeOptimiser(parameters);
  const gradientScale = tensor([0.25], [], { device: on });
  for (let step = 1; step <= STEPS; step++) {
    parameters.forEach((parameter, index) => {
      const gradient = make(parameter.size, 100 * step + index);
      parameter.grad = hasGradient(index, step) ? gradient : undefined;
    });
    optimiser.step({ gradientScale });
  }
  optimiser.dispose();
  return Promise.all(parameters.map((parameter) => parameter.data()));
}

async function checkSteps(gpu: WebGpuDevice, makeOptimiser: (parameters: Tensor[]) => Optimiser): Promise<void> {
  const expected = await afterSteps(cpu, makeOptimiser);
  const actual = await afterSteps(gpu, makeOptimiser);
  expected.forEach((values, index) => {
    assertClose(actual[index], values, `parameter ${index}`);
    if (values.length > 0) assert.not.equal(actual[index], normals(LENGTHS[index], index), "it moved");
  });
}

for (const weightDecay of [0, 0.1]) {
  testOnDevice(test, `AdamW follows the CPU for five steps with weight decay ${weightDecay}`, (gpu) =>
    checkSteps(gpu, (parameters) => new AdamW(parameters, { learningRate: 0.01, weightDecay })),
  );
}

for (const momentum of [0, 0.9]) {
  testOnDevice(test, `SGD follows the CPU for five steps with momentum ${momentum}`, (gpu) =>
    checkSteps(gpu, (parameters) => new Sgd(parameters, { learningRate: 0.1, momentum, weightDecay: 0.01 })),
  );
}

testOnDevice(test, "a step of many parameters is a few dispatches", async (gpu) => {
  using _ = scope();
  const parameters = Array.from({ length: 30 }, () => tensor([1], [1], { device: gpu }).requireGrad());
  for (const parameter of parameters) parameter.grad = tensor([1], [1], { device: gpu });
  const optimiser = new AdamW(parameters, { learningRate: 0.1 });
  const before = gpu.dispatches;
  optimiser.step();
  // Three parameters in a program on a GPU that binds eight tensors, more on others.
  assert.ok(gpu.dispatches - before <= 10, `${gpu.dispatches - before} dispatches`);
  optimiser.dispose();
});

const f32 = (shape: number[]) => ({ shape, dtype: "f32" as const });

for (const tensorsPerProgram of [8, 10, 16, 1000]) {
  test(`programs for GPUs that bind ${tensorsPerProgram} tensors bind no more, and update each parameter once`, () => {
    const offsets = Array.from({ length: 50 }, (_, index) => 3 * index);
    const updated = offsets.map(() => f32([3]));
    const adamW = { learningRate: 1, beta1: 0.9, beta2: 0.9, epsilon: 1, weightDecay: 0, step: 1, offsets };
    const sgd = { learningRate: 1, momentum: 0, weightDecay: 0, offsets };
    const inputs = (rows: number) => [f32([]), f32([rows, 150]), ...updated.flatMap((spec) => [spec, spec])];
    const limits = { tensorsPerProgram };
    const updates = [
      adamWStep.wgsl?.(inputs(2), [f32([2, 150]), ...updated], adamW, limits) ?? [],
      sgdStep.wgsl?.(inputs(1), [f32([1, 150]), ...updated], sgd, limits) ?? [],
    ];
    for (const programs of updates) {
      const bound = programs.flatMap(({ tensors = {} }) => Object.values(tensors));
      const outputs = bound.flatMap((source) => ("output" in source && source.output > 0 ? [source.output] : []));
      assert.equal(
        outputs,
        offsets.map((_, index) => 1 + index),
      );
      for (const { tensors = {}, parameters } of programs) {
        assert.ok(Object.keys(tensors).length <= tensorsPerProgram);
        assert.ok(Object.keys(parameters).length <= 48);
      }
    }
  });
}

async function squares(on: Device, arrays: readonly Float32Array[]): Promise<NumberArray> {
  using _ = scope();
  const inputs = arrays.map((data) => tensor(data, [data.length], { device: on }));
  return apply(sumOfSquares, inputs, undefined)[0].data();
}

testOnDevice(test, "the sum of squares of many tensors is the CPU's, and the same each time", async (gpu) => {
  const lengths = [0, 1, 2, 255, 256, 257, 1000, 4096, 4097, 5000, 64, 3, ...LENGTHS];
  const arrays = lengths.map((length, index) => normals(length, index));
  const actual = await squares(gpu, arrays);
  assertClose(actual, await squares(cpu, arrays), "sum");
  assert.equal(await squares(gpu, arrays), actual);
});

testOnDevice(test, "the sum of squares counts each element once, however long the tensor", async (gpu) => {
  for (const length of [1, 5000, 2 ** 20 + 1, 3 * 2 ** 20]) {
    const arrays = [new Float32Array(3).fill(1), new Float32Array(length).fill(1)];
    assert.equal([...(await squares(gpu, arrays))], [length + 3]);
  }
  assert.equal([...(await squares(gpu, [new Float32Array(0)]))], [0]);
});

test.run();
