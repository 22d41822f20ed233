/** Every operation's WGSL against its reference in f64, forward and backward, on drawn shapes. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  Draw,
  type HostTensor,
  type Operation,
  operations,
  type WebGpuDevice,
} from "../../src/kernels/index.ts";
import {
  apply,
  type Device,
  type NumberArray,
  Random,
  scope,
  type Tensor,
  tensor,
} from "../../src/tensor/index.ts";
import { cpu, testOnDevice } from "./adapter.ts";

const test = suite("parity");

interface Computed {
  readonly outputs: readonly NumberArray[];
  /** Of the inputs that take one. */
  readonly gradients: readonly (NumberArray | undefined)[];
}

/** Random numbers that stand for the gradient of a loss with respect to the first output. */
function seedGradient(size: number): Float64Array {
  const random = new Random({ seed: 1, stream: "output gradient", step: size });
  return Float64Array.from({ length: size }, () => 2 * random.uniform() - 1);
}

async function compute(
  operation: Operation<unknown>,
  inputs: readonly HostTensor[],
  attributes: unknown,
  on: Device,
): Promise<Computed> {
  using _ = scope();
  const float = on === cpu ? "f64" : "f32";
  const leaves = inputs.map(({ data, shape, dtype }, index) => {
    const made = tensor(data, shape, { device: on, dtype: dtype === "i32" ? "i32" : float });
    const isConstant = dtype === "i32" || operation.constants?.includes(index) === true;
    return isConstant || operation.gradient === undefined ? made : made.requireGrad();
  });
  const outputs = apply(operation, leaves, attributes, on);
  if (outputs[0].requiresGrad) {
    const seed = tensor(seedGradient(outputs[0].size), outputs[0].shape, { device: on, dtype: float });
    outputs[0].backward(seed);
  }
  const read = (x: Tensor | undefined) => x?.data();
  return {
    outputs: await Promise.all(outputs.map((output) => output.data())),
    gradients: await Promise.all(leaves.map((leaf) => read(leaf.grad))),
  };
}

/** Attributes that name an element type name f32 on the GPU. */
function singlePrecision(attributes: unknown): unknown {
  const namesType = typeof attributes === "object" && attributes !== null && "dtype" in attributes;
  return namesType ? { ...attributes, dtype: "f32" } : attributes;
}

/** |actual - expected| <= 1e-5 + 1e-4 max |expected|: f32 sums of up to some hundred terms. */
function compare(what: string, actual: NumberArray, expected: NumberArray): void {
  assert.is(actual.length, expected.length, what);
  let largest = 0;
  for (const value of expected) if (Math.abs(value) < 1e8) largest = Math.max(largest, Math.abs(value));
  expected.forEach((value, i) => {
    const tolerance = 1e-5 + 1e-4 * (Math.abs(value) < 1e8 ? largest : Math.abs(value));
    assert.ok(Math.abs(actual[i] - value) <= tolerance, `${what}[${i}] is ${actual[i]}, expected ${value}`);
  });
}

async function checkParity(operation: Operation<unknown>, on: WebGpuDevice): Promise<void> {
  const property = fc.asyncProperty(fc.gen(), async (generate) => {
    const draw = new Draw((min, max) => generate(fc.integer, { min, max }));
    const { inputs, attributes } = operation.sample(draw);
    // The reference sees the numbers that the GPU sees: rounded to f32.
    const rounded = inputs.map((input) =>
      input.dtype === "i32" ? input : { ...input, data: Float64Array.from(input.data, Math.fround) },
    );
    const expected = await compute(operation, rounded, attributes, cpu);
    const actual = await compute(operation, rounded, singlePrecision(attributes), on);
    expected.outputs.forEach((output, index) => {
      compare(`output ${index}`, actual.outputs[index], output);
    });
    expected.gradients.forEach((gradient, index) => {
      if (gradient !== undefined)
        compare(`gradient ${index}`, actual.gradients[index] ?? new Float32Array(), gradient);
    });
  });
  await fc.assert(property, { numRuns: 30 });
}

for (const operation of operations) {
  const name = `${operation.name}: WGSL agrees with the reference`;
  testOnDevice(test, name, (device) => checkParity(operation, device));
}

test.run();
