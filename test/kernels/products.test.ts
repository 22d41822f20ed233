/**
 * WebAssembly kernels of matrix products and attention on shapes that samples seldom draw: operands that are packed,
 * depths in several blocks, batches that broadcast along two axes, and lists whose probabilities are not kept.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  CpuDevice,
  type DType,
  matmul as matmulOperation,
  Random,
  type Shape,
  sizeOf,
} from "../../src/kernels/index.ts";
import { attention, type Device, matmul, scope, type Tensor, tensor } from "../../src/tensor/index.ts";

const test = suite("products");

/** Shares even the smallest call, so that ranges of items begin anywhere. */
const shared = new CpuDevice({ threads: 3, sharedWork: 0 });
const alone = new CpuDevice({ threads: 1 });
const plain = new CpuDevice({ simd: false });

/** Numbers from -1 to 1 that f32 holds exactly. */
function floats(shape: Shape, seed: number): Float32Array {
  const generator = new Random({ seed, stream: "floats", step: 0 });
  return Float32Array.from({ length: sizeOf(shape) }, () => 2 * generator.uniform() - 1);
}

type Compute = (leaves: readonly Tensor[], device: Device) => Tensor;

/** The output and the gradients of all operands. */
function results(device: CpuDevice, dtype: DType, shapes: readonly Shape[], compute: Compute) {
  using _ = scope();
  const leaves = shapes.map((shape, index) => tensor(floats(shape, index), shape, { device, dtype }).requireGrad());
  const out = compute(leaves, device);
  out.backward(tensor(floats(out.shape, shapes.length), out.shape, { device, dtype }));
  return [out, ...leaves.map((leaf) => leaf.grad)].map((result) => Array.from(result?.dataSync() ?? []));
}

/**
 * Asserts that kernels agree with the reference in f64, and to the bit on one and on several threads.
 *
 * @param allowed error, in parts of the largest element or of 1
 */
function assertAgreement(shapes: readonly Shape[], compute: Compute, allowed = 1e-6): void {
  const expected = results(plain, "f64", shapes, compute);
  const actual = results(shared, "f32", shapes, compute);
  assert.equal(actual, results(alone, "f32", shapes, compute), "threads change bits");
  expected.forEach((values, index) => {
    const tolerance = allowed * Math.max(1, ...values.map(Math.abs));
    const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - actual[index][at])), 0);
    assert.ok(worst <= tolerance, `result ${index} is ${worst} off, at most ${tolerance} is allowed`);
  });
}

const PRODUCTS: readonly (readonly [Shape, Shape])[] = [
  [
    [1, 1],
    [1, 1],
  ],
  [
    [131, 7],
    [7, 101],
  ],
  [
    [70, 1100],
    [1100, 13],
  ],
  [
    [5, 130],
    [130, 1],
  ],
  [
    [3, 50, 33],
    [3, 33, 50],
  ],
  [
    [4, 1, 66, 10],
    [1, 3, 10, 97],
  ],
  [
    [2, 3, 6, 9],
    [9, 5],
  ],
];

for (const [a, b] of PRODUCTS) {
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      const flip = (shape: Shape) => [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]];
      const shapes = [transposeA ? flip(a) : a, transposeB ? flip(b) : b, [b[b.length - 1]]];
      const text = shapes.map((shape) => `[${shape}]`).join(" ");
      test(`products agree with the reference: ${text}, transposed ${transposeA}, ${transposeB}`, () => {
        assertAgreement(shapes, ([left, right, bias]) => matmul(left, right, { transposeA, transposeB, bias }));
      });
    }
  }
}

for (const activation of ["relu", "gelu", "tanh", "sigmoid"] as const) {
  test(`products apply ${activation} after the last block of the depth`, () => {
    const shapes = [[33, 1030], [1030, 21], [21]];
    // Sums of a thousand products reach 50 and lose as much as numbers of that size do.
    assertAgreement(shapes, ([a, b, bias]) => matmul(a, b, { bias, activation }), 2e-5);
  });
}

test("a product without depth is its bias", () => {
  const [out] = results(shared, "f32", [[3, 0], [0, 2], [2]], ([a, b, bias]) => matmul(a, b, { bias }));
  const bias = floats([2], 2);
  assert.equal(out, [...bias, ...bias, ...bias]);
});

test("batches that broadcast along three separate axes run the reference", () => {
  const specs = [
    [2, 1, 2, 1, 3, 4],
    [1, 2, 1, 2, 4, 3],
  ].map((shape) => ({ shape, dtype: "f32" as const }));
  const attributes = { transposeA: false, transposeB: false };
  const outputs = matmulOperation.outputs(specs, attributes);
  assert.is(matmulOperation.simd?.(specs, outputs, attributes), undefined);
});

test("what follows an operand in memory does not reach the product", () => {
  const poisoned = new CpuDevice({ threads: 1, poison: true });
  const shapes = [
    [5, 3],
    [3, 9],
  ];
  const [out] = results(poisoned, "f32", shapes, ([a, b]) => matmul(a, b));
  assert.not.ok(out.some(Number.isNaN));
});

/** Queries, keys, width, heads. */
const LISTS = [
  [1, 1, 1, 1],
  [50, 50, 128, 4],
  [6, 50, 20, 2],
  [67, 65, 12, 1],
  [70, 300, 36, 3],
  [130, 257, 10, 2],
];

for (const [queries, keys, width, heads] of LISTS) {
  const shapes = [
    [2, queries, width],
    [2, keys, width],
    [2, keys, width],
  ];
  const name = `${queries} queries, ${keys} keys, ${heads} heads of ${width / heads}`;
  test(`attention agrees with the reference: ${name}`, () => {
    assertAgreement(shapes, ([q, k, v]) => attention(q, k, v, heads));
  });
  for (const maskShape of [
    [queries, keys],
    [2, 1, keys],
  ]) {
    test(`attention agrees with the reference under a mask [${maskShape}]: ${name}`, () => {
      // Where the mask's first row hides every key, queries give zeros and take no gradient.
      const hides = floats(maskShape, 9).map((value, index) => Number(index >= keys && value > 0));
      assertAgreement(shapes, ([q, k, v], device) =>
        attention(q, k, v, heads, tensor(Int32Array.from(hides), maskShape, { device })),
      );
    });
  }
}

test.run();
