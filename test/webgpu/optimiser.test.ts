/** Optimiser updates in WGSL against those of the CPU. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  adamWStep,
  type GradientOperation,
  type NumberArray,
  Random,
  sgdStep,
  sumOfSquares,
} from "../../src/kernels/index.ts";
import { apply, applyInPlace, type Device, scope, type Tensor, tensor } from "../../src/tensor/index.ts";
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
const LENGTH = 300;

/** The parameter and the state after five steps with other gradients each. */
async function afterSteps<Attributes>(
  on: Device,
  operation: GradientOperation<Attributes>,
  states: number,
  attributes: (step: number) => Attributes,
): Promise<NumberArray[]> {
  using _ = scope();
  const make = (data: Float32Array, shape: number[]) => tensor(data, shape, { device: on });
  const parameter = make(normals(LENGTH, 0), [3, 100]);
  const state = Array.from({ length: states }, () => make(new Float32Array(LENGTH), [3, 100]));
  const scale = make(Float32Array.of(0.25), []);
  for (let step = 1; step <= STEPS; step++) {
    const gradient = make(normals(LENGTH, step), [3, 100]);
    applyInPlace(operation, [parameter, gradient, scale, ...state], [parameter, ...state], attributes(step));
  }
  return Promise.all([parameter, ...state].map((updated: Tensor) => updated.data()));
}

async function checkSteps<Attributes>(
  gpu: Device,
  operation: GradientOperation<Attributes>,
  states: number,
  attributes: (step: number) => Attributes,
): Promise<void> {
  const expected = await afterSteps(cpu, operation, states, attributes);
  const actual = await afterSteps(gpu, operation, states, attributes);
  expected.forEach((values, index) => {
    assertClose(actual[index], values, `${operation.name} output ${index}`);
  });
  assert.not.equal(actual[0], normals(LENGTH, 0), "the parameter moved");
}

for (const weightDecay of [0, 0.1]) {
  testOnDevice(test, `AdamW follows the CPU for five steps with weight decay ${weightDecay}`, (gpu) =>
    checkSteps(gpu, adamWStep, 2, (step) => ({
      learningRate: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay,
      step,
    })),
  );
}

for (const momentum of [0, 0.9]) {
  testOnDevice(test, `SGD follows the CPU for five steps with momentum ${momentum}`, (gpu) =>
    checkSteps(gpu, sgdStep, 1, () => ({ learningRate: 0.1, momentum, weightDecay: 0.01 })),
  );
}

async function squares(on: Device, arrays: readonly Float32Array[]): Promise<NumberArray> {
  using _ = scope();
  const inputs = arrays.map((data) => tensor(data, [data.length], { device: on }));
  return apply(sumOfSquares, inputs, undefined)[0].data();
}

testOnDevice(test, "the sum of squares of many tensors is the CPU's, and the same each time", async (gpu) => {
  const lengths = [0, 1, 2, 255, 256, 257, 1000, 4096, 4097, 5000, 64, 3];
  const arrays = lengths.map((length, index) => normals(length, index));
  const actual = await squares(gpu, arrays);
  assertClose(actual, await squares(cpu, arrays), "sum");
  assert.equal(await squares(gpu, arrays), actual);
});

testOnDevice(test, "the sum of squares counts each element once, however long the tensor", async (gpu) => {
  for (const length of [1, 5000, 2 ** 20 + 1, 3 * 2 ** 20]) {
    assert.equal([...(await squares(gpu, [new Float32Array(length).fill(1)]))], [length]);
  }
  assert.equal([...(await squares(gpu, [new Float32Array(0)]))], [0]);
});

test.run();
