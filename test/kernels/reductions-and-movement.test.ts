/**
 * WebAssembly kernels of reductions, movement, optimisers and random numbers on shapes that samples seldom draw: sums
 * in parts, long blocks, and everything with a rest that fills no vector.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type AdamWAttributes,
  adamWStep,
  broadcastTo,
  CpuDevice,
  concat,
  countNonFinite,
  type DType,
  dropout,
  embedding,
  type GradientOperation,
  max,
  type NumberArray,
  type Operation,
  permute,
  Random,
  type RandomKey,
  random,
  type SgdAttributes,
  type Shape,
  sgdStep,
  sizeOf,
  slice,
  sum,
  sumOfSquares,
  takeRows,
} from "../../src/kernels/index.ts";
import { apply, scope, type Tensor, tensor } from "../../src/tensor/index.ts";

const test = suite("reductions and movement");

/** Shares even the smallest call, so that ranges of items begin anywhere. */
const simd = new CpuDevice({ threads: 3, sharedWork: 0 });
const plain = new CpuDevice({ simd: false });

interface Input {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: NumberArray;
}

/** Numbers from -1 to 1 that f32 holds exactly. */
function floats(shape: Shape, seed = 0): Input {
  const generator = new Random({ seed, stream: "floats", step: 0 });
  const data = Float32Array.from({ length: sizeOf(shape) }, () => 2 * generator.uniform() - 1);
  return { shape, dtype: "f32", data };
}

function indices(shape: Shape, bound: number): Input {
  const generator = new Random({ seed: 1, stream: "indices", step: 0 });
  return { shape, dtype: "i32", data: Int32Array.from({ length: sizeOf(shape) }, () => generator.integer(bound)) };
}

/** The first output, and the gradients of the floating-point inputs, on a device; floating-point numbers as `float`. */
function results<Attributes>(
  device: CpuDevice,
  float: DType,
  operation: Operation<Attributes>,
  inputs: readonly Input[],
  attributes: Attributes,
): NumberArray[] {
  using _ = scope();
  const leaves = inputs.map(({ data, shape, dtype }) =>
    dtype === "i32" ? tensor(data, shape, { device }) : tensor(data, shape, { device, dtype: float }).requireGrad(),
  );
  const [output] = apply(operation, leaves, attributes, device);
  if (output.requiresGrad) {
    output.backward(tensor(floats(output.shape, 2).data, output.shape, { device, dtype: float }));
  }
  const gradients = leaves.flatMap(({ grad }): Tensor[] => (grad === undefined ? [] : [grad]));
  return [output, ...gradients].map((result) => result.dataSync());
}

/** Elements agree to `tolerance`, relative to the largest one. */
function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.is(actual.length, expected.length, what);
  const scale = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const off = Array.from(actual).findIndex((value, i) => !(Math.abs(value - expected[i]) <= tolerance * scale));
  assert.is(off, -1, `${what}: element ${off} is ${actual[off]}, expected ${expected[off]}`);
}

/** Rows of 6 and 50, parts (of 32768 elements) with and without a rest, middle axes, and runs that have no kernel. */
const REDUCTIONS: readonly (readonly [Shape, readonly number[]])[] = [
  [[70_001], [0]],
  [[513, 128], [0]],
  [[1030, 65], [0]],
  [[33, 50], [1]],
  [[40, 6], [1]],
  [[3, 4001], [1]],
  [[5, 50, 7], [1]],
  [[3, 1, 9, 2], [1]],
  [
    [6, 5, 4],
    [0, 2],
  ],
  [[0, 5], [0]],
  [[4, 0, 3], [2]],
  [[], []],
];

test("sums and their gradients agree with double precision to f32's accuracy", () => {
  for (const [shape, axes] of REDUCTIONS) {
    const expected = results(plain, "f64", sum, [floats(shape)], { axes });
    results(simd, "f32", sum, [floats(shape)], { axes }).forEach((actual, i) => {
      close(actual, expected[i], 3e-6, `sum of [${shape}] over [${axes}], result ${i}`);
    });
  }
});

test("maxima are exact, ties share the gradient, and NaN wins", () => {
  for (const [shape, axes] of REDUCTIONS.filter(([extents]) => sizeOf(extents) > 0)) {
    // Few different numbers: many ties.
    const ties = floats(shape);
    const input = { ...ties, data: ties.data.map((value) => Math.round(3 * value)) };
    const expected = results(plain, "f64", max, [input], { axes });
    const [actual, gradient] = results(simd, "f32", max, [input], { axes });
    assert.equal([...actual], [...expected[0]]);
    close(gradient, expected[1], 1e-6, `gradient of max of [${shape}] over [${axes}]`);
  }
  const broken = floats([2, 21]);
  broken.data[30] = Number.NaN;
  const [largest] = results(simd, "f32", max, [broken], { axes: [1] });
  assert.ok(!Number.isNaN(largest[0]) && Number.isNaN(largest[1]));
});

test("broadcasting repeats scalars, rows and columns exactly", () => {
  for (const [from, to] of [
    [[], [70_001]],
    [[1], [3, 5]],
    [[129], [513, 129]],
    [
      [33, 1],
      [33, 50],
    ],
    [
      [3, 1, 7],
      [3, 50, 7],
    ],
    [
      [5, 1],
      [2, 5, 3],
    ],
    [
      [2, 1, 3, 1],
      [2, 4, 3, 5],
    ],
    [
      [1, 3],
      [0, 3],
    ],
  ] as const) {
    const [actual, gradient] = results(simd, "f32", broadcastTo, [floats(from)], { shape: to });
    const expected = results(plain, "f32", broadcastTo, [floats(from)], { shape: to });
    assert.equal(actual, expected[0], `[${from}] to [${to}]`);
    close(gradient, expected[1], 3e-6, `gradient of [${from}] to [${to}]`);
  }
});

/** The kernels move or add in the reference's order: the same bits. */
function same<Attributes>(operation: Operation<Attributes>, inputs: readonly Input[], attributes: Attributes) {
  const expected = results(plain, "f32", operation, inputs, attributes);
  const shapes = inputs.map(({ shape }) => `[${shape}]`).join(", ");
  assert.equal(results(simd, "f32", operation, inputs, attributes), expected, `${operation.name} of ${shapes}`);
}

test("axes in any order, whatever of them stays together", () => {
  for (const [shape, axes] of [
    [
      [37, 50],
      [1, 0],
    ],
    [
      [3, 6, 50],
      [0, 2, 1],
    ],
    [
      [2, 5, 3, 150],
      [0, 2, 1, 3],
    ],
    [
      [2, 3, 5, 7],
      [3, 2, 1, 0],
    ],
    [
      [2, 3, 4, 5, 6],
      [1, 0, 2, 4, 3],
    ],
    [
      [2, 3, 4, 5, 6],
      [4, 0, 3, 1, 2],
    ],
    [
      [4, 1, 3],
      [2, 1, 0],
    ],
    [
      [3, 0, 2],
      [2, 0, 1],
    ],
  ] as const) {
    same(permute, [floats(shape)], { axes });
  }
});

test("slices and concatenations of short, long and very long blocks", () => {
  same(slice, [floats([3, 9, 150])], { axis: 1, start: 2, end: 8 });
  same(slice, [floats([4, 7])], { axis: 1, start: 3, end: 4 });
  same(slice, [floats([4, 7])], { axis: 1, start: 3, end: 3 });
  same(slice, [floats([70_001])], { axis: 0, start: 1, end: 70_000 });
  same(concat, [floats([3, 1, 5]), floats([3, 0, 5]), floats([3, 9, 5])], { axis: 1 });
  same(concat, [floats([40_000]), floats([3])], { axis: 0 });
});

test("rows that are read more than once take all their gradients, in order", () => {
  for (const width of [1, 6, 16, 50, 200]) {
    same(embedding, [floats([11, width]), indices([7, 13], 11)], undefined);
    same(takeRows, [floats([5, 3, 9, width]), indices([5, 3, 14], 9)], undefined);
  }
  same(embedding, [floats([4, 8]), indices([0], 4)], undefined);
});

/** Runs an operation on the given storage; inputs number `inPlace` are its outputs. */
function update<Attributes>(
  device: CpuDevice,
  dtype: DType,
  operation: GradientOperation<Attributes>,
  inputs: readonly Input[],
  inPlace: readonly number[],
  attributes: Attributes,
): NumberArray[] {
  const tensors = inputs.map(({ shape, data }) => {
    const buffer = device.allocate(dtype, data.length);
    device.write(buffer, data);
    return { shape, dtype, buffer };
  });
  const outputs = inPlace.map((input) => tensors[input]);
  device.run(operation, tensors, outputs, attributes);
  const updated = outputs.map(({ buffer }) => device.readSync(buffer));
  for (const { buffer } of tensors) device.release(buffer);
  return updated;
}

const PARAMETERS: readonly Shape[] = [[37, 3], [1], [64], [130]];
const STATE = 400;
const OFFSETS = [0, 111, 150, 250];

/** The scale, a state of positive numbers, and parameters with their gradients. */
function updateInputs(stateRows: number): Input[] {
  const state = floats([stateRows, STATE]);
  return [
    { shape: [], dtype: "f32", data: Float32Array.of(0.5) },
    { ...state, data: state.data.map(Math.abs) },
    ...PARAMETERS.flatMap((shape, seed) => [floats(shape, 2 * seed + 3), floats(shape, 2 * seed + 4)]),
  ];
}

const UPDATED = [1, 2, 4, 6, 8];

function checkUpdate<Attributes>(
  operation: GradientOperation<Attributes> & { readonly stateRows: number },
  attributes: Attributes,
): void {
  const inputs = updateInputs(operation.stateRows);
  const expected = update(plain, "f64", operation, inputs, UPDATED, attributes);
  update(simd, "f32", operation, inputs, UPDATED, attributes).forEach((actual, index) => {
    const what = `${operation.name}, output ${index}`;
    assert.is(actual.length, expected[index].length);
    actual.forEach((value, i) => {
      const wanted = expected[index][i];
      // Terms of about 1 are added: a unit in the last place of 1.
      assert.ok(Math.abs(value - wanted) <= 2 ** -23 * Math.max(Math.abs(wanted), 1), `${what}: element ${i}`);
    });
  });
}

test("AdamW updates what takes part and leaves the rest of the state", () => {
  const attributes: AdamWAttributes = {
    learningRate: 1e-2,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0.1,
    step: 3,
    offsets: OFFSETS,
  };
  checkUpdate(adamWStep, attributes);
});

test("gradient descent with momentum updates what takes part and leaves the rest of the state", () => {
  const attributes: SgdAttributes = { learningRate: 1e-2, momentum: 0.9, weightDecay: 0.1, offsets: OFFSETS };
  checkUpdate(sgdStep, attributes);
});

/** What an operation on many tensors, without attributes, writes to its one output. */
function overTensors(operation: GradientOperation, inputs: readonly Input[], device: CpuDevice): NumberArray {
  const tensors = inputs.map(({ shape, dtype, data }) => {
    const buffer = device.allocate(dtype, data.length);
    device.write(buffer, data);
    return { shape, dtype, buffer };
  });
  const [spec] = operation.outputs(tensors, undefined);
  const output = { ...spec, buffer: device.allocate(spec.dtype, sizeOf(spec.shape)) };
  device.run(operation, tensors, [output], undefined);
  const result = device.readSync(output.buffer);
  for (const { buffer } of [...tensors, output]) device.release(buffer);
  return result;
}

test("the sum of squares covers all tensors, long and empty ones", () => {
  const inputs = [floats([70_001]), floats([0]), floats([5, 7], 1), floats([], 2)];
  close(overTensors(sumOfSquares, inputs, simd), overTensors(sumOfSquares, inputs, plain), 1e-6, "sum");
});

test("NaN and infinity are counted tensor by tensor, wherever they are", () => {
  const inputs = [floats([70_001]), floats([0]), floats([5, 7], 1), floats([], 2)];
  const places = [[0, 3, 32_767, 32_768, 69_999, 70_000], [], [34], [0]];
  const broken = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  places.forEach((own, input) => {
    for (const [number, place] of own.entries()) inputs[input].data[place] = broken[number % 3];
  });
  assert.equal([...overTensors(countNonFinite, inputs, simd)], [6, 0, 1, 1]);
  inputs[0].data.fill(3e38);
  assert.equal([...overTensors(countNonFinite, inputs, simd)], [0, 0, 1, 1]);
});

const KEYS: readonly RandomKey[] = [
  { seed: 0, stream: "", step: 0 },
  { seed: 2 ** 53 - 1, stream: "exploration", step: 2 ** 32 - 1 },
];

test("uniform numbers are bit-identical to the reference's, normal and Gumbel ones close", () => {
  for (const key of KEYS) {
    for (const distribution of ["uniform", "normal", "gumbel"] as const) {
      for (const length of [1, 7, 8, 15, 16, 17, 100_003]) {
        const attributes = { shape: [length], dtype: "f32", distribution, key } as const;
        const [expected] = results(plain, "f32", random, [], attributes);
        const [actual] = results(simd, "f32", random, [], attributes);
        const tolerance = distribution === "uniform" ? 0 : 5e-7;
        const off = actual.findIndex(
          (value, i) => !(Math.abs(value - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i]))),
        );
        assert.is(off, -1, `${distribution}: number ${off} of ${length}`);
      }
    }
  }
});

test("dropout drops the reference's elements, also where the rate is a number that is drawn", () => {
  const generator = new Random(KEYS[1]);
  const rates = [0, 0.1, 0.93, 1 - 2 ** -30, generator.uniform(), generator.uniform() + 2 ** -40];
  for (const length of [1, 16, 1003]) {
    const ones: Input = { shape: [length], dtype: "f32", data: new Float32Array(length).fill(1) };
    for (const rate of rates) {
      const attributes = { rate, key: KEYS[1] };
      const [expected] = results(plain, "f32", dropout, [ones], attributes);
      const [actual] = results(simd, "f32", dropout, [ones], attributes);
      const isKept = (values: NumberArray) => Array.from(values, (value) => value !== 0);
      assert.equal(isKept(actual), isKept(expected), `rate ${rate} of ${length}`);
      close(actual, expected, 1e-7, `rate ${rate} of ${length}`);
    }
  }
});

test.run();
