/** Sums over many elements keep the accuracy of sums over few: rows, columns, dot products, and what is made of them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CpuDevice } from "../../src/kernels/index.ts";
import { layerNorm, matmul, ones, type Tensor, tensor, withDefaultDevice } from "../../src/tensor/index.ts";

const test = suite("long rows");

const device = new CpuDevice({ threads: 1 });
const onDevice = (check: () => void) => () => withDefaultDevice(device, check);

/** Equal numbers are the hardest: every addition rounds in the same direction. */
const NUMBER = Math.fround(0.1);
const COUNT = 200_003;

const filled = (...shape: number[]) =>
  tensor(new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(NUMBER), shape);

function near(actual: Tensor, expected: number, tolerance = 1e-5): void {
  for (const value of actual.dataSync()) {
    assert.ok(Math.abs(value / expected - 1) < tolerance, `${value}, expected ${expected}`);
  }
}

test(
  "the mean of a long row, of a long column, and of everything",
  onDevice(() => {
    near(filled(2, COUNT).mean(1), NUMBER);
    near(filled(COUNT, 2).mean(0), NUMBER);
    near(filled(2, COUNT, 3).mean(1), NUMBER);
    near(filled(COUNT).mean(), NUMBER);
  }),
);

test(
  "dot products, alone and as elements of a product",
  onDevice(() => {
    const [left, right] = [ones([2, COUNT]), filled(COUNT, 2)];
    near(left.matmul(filled(COUNT, 1)), NUMBER * COUNT);
    // Tiles carry one sum for each element of the result: blocks of the depth, and their sum, are added up in f32.
    near(left.matmul(right), NUMBER * COUNT, 3e-5);
    near(matmul(right, right, { transposeA: true }), NUMBER * NUMBER * COUNT, 3e-5);
  }),
);

test(
  "softmax, log-sum-exp and layer norm of a long row",
  onDevice(() => {
    const row = filled(1, COUNT);
    near(row.softmax(), 1 / COUNT);
    near(row.logSumExp(), NUMBER + Math.log(COUNT), 1e-6);
    const alternating = Float32Array.from({ length: COUNT }, (_, i) => 1000 + (i % 2));
    const [gain, bias] = [ones([COUNT]), tensor(new Float32Array(COUNT))];
    const [first, second] = layerNorm(tensor(alternating, [1, COUNT]), gain, bias).dataSync();
    assert.ok(Math.abs(first + 1) < 1e-3 && Math.abs(second - 1) < 1e-3, `${first}, ${second}`);
  }),
);

test(
  "a sum with infinities or what is no number is the same as ever",
  onDevice(() => {
    const { POSITIVE_INFINITY: high, NEGATIVE_INFINITY: low, NaN: none } = Number;
    const long = (value: number, last: number) => {
      const row = new Float32Array(10_000).fill(1);
      row[5] = value;
      row[9_999] = last;
      return row;
    };
    const rows = [long(high, 1), long(low, 1), long(high, low), long(none, 1), long(1, high)];
    const x = tensor(Float32Array.from(rows.flatMap((row) => [...row])), [5, 10_000]);
    const expected = [high, low, none, none, high];
    assert.equal([...x.sum(1).dataSync()], expected);
    assert.equal([...x.matmul(ones([10_000, 1])).dataSync()], expected);
    assert.equal([...x.max(1).dataSync()].slice(0, 3), [high, 1, high]);
    // As columns.
    const columns = x.transpose(0, 1);
    assert.equal([...columns.sum(0).dataSync()], expected);
  }),
);

test(
  "short rows have the bits that they always had: sixteen sums side by side, combined in pairs",
  onDevice(() => {
    const count = 1000;
    const values = Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898) * 43.7);
    const lanes = new Float32Array(16);
    const whole = count - (count % 16);
    for (let i = 0; i < whole; i++) lanes[i % 16] += values[i];
    for (let i = whole; i < count; i++) lanes[i % 4] += values[i];
    for (let i = 0; i < 4; i++) lanes[i] = lanes[i] + lanes[i + 4];
    for (let i = 0; i < 4; i++) lanes[i] = Math.fround(lanes[i] + Math.fround(lanes[i + 8] + lanes[i + 12]));
    let total = 0;
    for (let i = 0; i < 4; i++) total = Math.fround(total + lanes[i]);
    assert.is(tensor(values, [1, count]).sum(1).itemSync(), total);
  }),
);

test.run();
