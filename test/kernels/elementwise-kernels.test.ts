/** WebAssembly kernels of elementwise operations, where samples do not reach: layouts, edges, special numbers. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CpuDevice, cast, type DType, elementwise, type NumberArray } from "../../src/kernels/index.ts";
import { apply, scope, tensor } from "../../src/tensor/index.ts";

const kernels = new CpuDevice({ threads: 2, sharedWork: 0 });
const references = new CpuDevice({ simd: false });

interface Input {
  readonly shape: readonly number[];
  readonly data: NumberArray;
}

const typeOf = (data: NumberArray): DType => (data instanceof Int32Array ? "i32" : "f32");

const sizeOf = (shape: readonly number[]) => shape.reduce((size, extent) => size * extent, 1);

function compute(name: keyof typeof elementwise, inputs: readonly Input[], device: CpuDevice, s?: number) {
  using _ = scope();
  const tensors = inputs.map(({ shape, data }) => tensor(data, shape, { device, dtype: typeOf(data) }));
  const [out] = apply(elementwise[name], tensors, s === undefined ? undefined : { s }, device);
  return [...out.dataSync()];
}

function runsKernels(name: keyof typeof elementwise, inputs: readonly Input[], s?: number): boolean {
  const specs = inputs.map(({ shape, data }) => ({ shape, dtype: typeOf(data) }));
  const attributes = s === undefined ? undefined : { s };
  const outputs = elementwise[name].outputs(specs, attributes);
  return elementwise[name].simd?.(specs, outputs, attributes) !== undefined;
}

/** Numbers that differ from place to place. */
const floats = (shape: readonly number[], factor = 1): Input => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => factor * Math.sin(1 + 1.7 * i)),
});

const vector = (...values: number[]): Input => ({ shape: [values.length], data: Float32Array.from(values) });

const extent = fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 17, 50);

test("operands that are repeated along any of three axes give the reference's bits", () => {
  const repeated = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 });
  const property = fc.property(fc.tuple(extent, extent, extent), repeated, repeated, (shape, alongA, alongB) => {
    const operand = (along: boolean[], factor: number) =>
      floats(
        shape.map((own, axis) => (along[axis] ? 1 : own)),
        factor,
      );
    const inputs = [operand(alongA, 1), operand(alongB, 3)];
    assert.ok(runsKernels("subtract", inputs));
    assert.equal(compute("subtract", inputs, kernels), compute("subtract", inputs, references));
  });
  fc.assert(property, { numRuns: 200 });
});

test("operands that alternate along four axes are left to the reference", () => {
  const inputs = [floats([2, 1, 3, 1]), floats([1, 4, 1, 5])];
  assert.not.ok(runsKernels("subtract", inputs));
  assert.equal(compute("subtract", inputs, kernels), compute("subtract", inputs, references));
});

test("an element's bits do not depend on where it stands", () => {
  const lengths = [1, 2, 3, 4, 5, 7, 16, 17, 33];
  for (const name of ["exp", "tanh", "gelu", "softplus"] as const) {
    const [alone] = compute(name, [vector(0.731)], kernels);
    for (const length of lengths) {
      const all = compute(name, [vector(...new Array<number>(length).fill(0.731))], kernels);
      assert.equal(all, new Array(length).fill(alone), `${name} of ${length}`);
    }
  }
});

test("nothing is written beyond the result", () => {
  for (let length = 0; length <= 40; length++) {
    const device = new CpuDevice({ threads: 1 });
    const made = [length, length, 64].map((size) => device.allocate("f32", size));
    const [x, out, neighbour] = made;
    device.write(x, new Float32Array(length).fill(2));
    device.write(neighbour, new Float32Array(64).fill(-1));
    const place = { shape: [length], dtype: "f32" } as const;
    device.run(elementwise.square, [{ ...place, buffer: x }], [{ ...place, buffer: out }], undefined);
    assert.equal([...device.readSync(out)], new Array(length).fill(4));
    assert.equal([...device.readSync(neighbour)], new Array(64).fill(-1));
  }
});

test("NaN comes through maxima, minima and activations", () => {
  const { NaN: nan } = Number;
  const x = vector(nan, 1, nan, -1, nan);
  const zeros = vector(0, 0, 0, 0, 0);
  for (const name of ["maximum", "minimum"] as const) {
    for (const inputs of [
      [x, zeros],
      [zeros, x],
    ]) {
      assert.equal(compute(name, inputs, kernels).map(Number.isNaN), [true, false, true, false, true], name);
    }
  }
  for (const name of ["relu", "gelu", "sigmoid", "softplus", "exp", "abs"] as const) {
    assert.equal(compute(name, [x], kernels).map(Number.isNaN), [true, false, true, false, true], name);
  }
});

test("infinite arguments give the limits", () => {
  const infinity = Number.POSITIVE_INFINITY;
  const x = vector(-infinity, infinity, -1e30, 1e30, -200, 200);
  assert.equal(compute("sigmoid", [x], kernels), [0, 1, 0, 1, 0, 1]);
  assert.equal(compute("tanh", [x], kernels), [-1, 1, -1, 1, -1, 1]);
  assert.equal(compute("exp", [x], kernels), [0, infinity, 0, infinity, 0, infinity]);
});

test("integers are compared as integers, also those that are no f32", () => {
  const large = 2 ** 24;
  const a = { shape: [5], data: Int32Array.of(large, large + 1, -large - 1, 7, -7) };
  const b = { shape: [5], data: Int32Array.of(large + 1, large, -large, 7, 7) };
  assert.ok(runsKernels("less", [a, b]));
  assert.equal(compute("equal", [a, b], kernels), [0, 0, 0, 1, 0]);
  assert.equal(compute("less", [a, b], kernels), [1, 0, 1, 0, 1]);
  assert.equal(compute("greaterEqual", [a, b], kernels), [0, 1, 0, 1, 0]);
});

test("powers with few operations have kernels, and the others the reference", () => {
  const x = vector(0.25, 1, 2.5, 4, 9);
  for (const s of [-2, -1, -0.5, 0, 0.5, 1, 2, 3]) {
    assert.ok(runsKernels("power", [x], s), `${s}`);
    compute("power", [x], kernels, s).forEach((value, i) => {
      const exact = x.data[i] ** s;
      assert.ok(Math.abs(value - exact) <= 2 ** -22 * exact, `${x.data[i]} ** ${s} is ${value}`);
    });
  }
  assert.not.ok(runsKernels("power", [x], 0.3));
  assert.equal(compute("power", [x], kernels, 0.3), compute("power", [x], references, 0.3));
});

test("integers become floats and floats integers, towards zero", () => {
  using _ = scope();
  const x = tensor(Float32Array.of(-2.7, -0.5, 0, 0.5, 2.7, 1e6), [6], { device: kernels });
  const [integers] = apply(cast, [x], { dtype: "i32" }, kernels);
  assert.equal([...integers.dataSync()], [-2, 0, 0, 0, 2, 1e6]);
  const [again] = apply(cast, [integers], { dtype: "f32" }, kernels);
  assert.equal(again.dtype, "f32");
  assert.equal([...again.dataSync()], [-2, 0, 0, 0, 2, 1e6]);
});

test.run();
