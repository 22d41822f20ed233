/** WebAssembly kernels over rows, where samples do not reach: masks' layouts, special numbers, rows far from 0. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CpuDevice, layerNorm, logSoftmax, logSumExp, type Operation, softmax } from "../../src/kernels/index.ts";
import { apply, scope, type Tensor, tensor } from "../../src/tensor/index.ts";

const kernels = new CpuDevice({ threads: 2, sharedWork: 0 });
const references = new CpuDevice({ simd: false });

const sizeOf = (shape: readonly number[]) => shape.reduce((size, extent) => size * extent, 1);

function compute(operation: Operation, x: Float32Array, shape: readonly number[], mask?: readonly number[]) {
  return [kernels, references].map((device) => {
    using _ = scope();
    const inputs: Tensor[] = [tensor(x, shape, { device })];
    if (mask !== undefined) {
      const kept = Int32Array.from({ length: sizeOf(mask) }, (_, i) => Number(Math.sin(3 * i) > -0.4));
      inputs.push(tensor(kept, mask, { device, dtype: "i32" }));
    }
    return [...apply(operation, inputs, undefined, device)[0].dataSync()];
  });
}

function assertClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-6): void {
  assert.is(actual.length, expected.length);
  actual.forEach((value, i) => {
    const bound = tolerance * (1 + Math.abs(expected[i]));
    assert.ok(
      Object.is(value, expected[i]) || Math.abs(value - expected[i]) <= bound,
      `element ${i} is ${value}, expected ${expected[i]}`,
    );
  });
}

const waves = (length: number) => Float32Array.from({ length }, (_, i) => 3 * Math.sin(1.3 * i));

const SHAPE = [3, 4, 5, 7];

for (const operation of [softmax, logSoftmax, logSumExp]) {
  test(`${operation.name}: masks that are repeated along axes that lie together have kernels`, () => {
    for (const mask of [[7], [5, 7], [4, 1, 7], [4, 5, 7], [3, 1, 1, 7], [3, 4, 1, 7], [1, 4, 5, 7], SHAPE]) {
      const specs = [
        { shape: SHAPE, dtype: "f32" as const },
        { shape: mask, dtype: "i32" as const },
      ];
      assert.ok(operation.simd?.(specs, operation.outputs(specs, undefined), undefined), `[${mask}]`);
      const [actual, expected] = compute(operation, waves(sizeOf(SHAPE)), SHAPE, mask);
      assertClose(actual, expected);
    }
  });

  test(`${operation.name}: a mask that is repeated in between is left to the reference`, () => {
    const [actual, expected] = compute(operation, waves(sizeOf(SHAPE)), SHAPE, [3, 1, 5, 7]);
    assert.equal(actual, expected);
  });

  test(`${operation.name}: rows of minus infinity, and of numbers far apart, are as in the reference`, () => {
    const infinity = Number.POSITIVE_INFINITY;
    const rows = [
      [-infinity, -infinity, -infinity, -infinity, -infinity],
      [-infinity, 2, -infinity, 1, -infinity],
      [1e30, -1e30, 0, 5e29, 5],
      [500, 499, -500, 498, 0],
      [-2000, -2001, -2002, -2003, -2100],
    ];
    const [actual, expected] = compute(operation, Float32Array.from(rows.flat()), [5, 5]);
    const finite = (values: readonly number[]) => values.map((value) => Math.max(value, -3.4e38));
    assertClose(finite(actual), finite(expected));
  });

  test(`${operation.name}: NaN stays in its row`, () => {
    const x = waves(3 * 50);
    x[70] = Number.NaN;
    const [actual, expected] = compute(operation, x, [3, 50]);
    assert.equal(actual.map(Number.isNaN), expected.map(Number.isNaN));
    assert.equal(expected.filter(Number.isNaN).length, operation === logSumExp ? 1 : 50);
  });
}

test("a row's bits do not depend on the rows beside it", () => {
  const row = [...waves(50)];
  const alone = compute(softmax, Float32Array.from(row), [1, 50])[0];
  const among = compute(softmax, Float32Array.from([...waves(100), ...row, ...waves(50)]), [4, 50])[0];
  assert.equal(among.slice(100, 150), alone);
});

test("layer norm keeps its digits in rows that lie far from 0", () => {
  using _ = scope();
  const x = Float32Array.from({ length: 3 * 50 }, (_, i) => 1000 + Math.sin(1.3 * i));
  const [actual, expected] = [kernels, references].map((device) => {
    const inputs = [
      tensor(x, [3, 50], { device }),
      ...[1, 0].map((value) => tensor(new Float32Array(50).fill(value), [50], { device })),
    ];
    return [...apply(layerNorm, inputs, { epsilon: 1e-5 }, device)[0].dataSync()];
  });
  // The mean is rounded to 6e-5, which the standard deviation of 0.7 divides.
  assertClose(actual, expected, 2e-4);
});

test.run();
