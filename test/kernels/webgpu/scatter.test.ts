/**
 * The gradients of lookups on the GPU, which adds up the terms of every row in the order of their positions, as the CPU
 * device does: both give the same bits, at counts of indices around the blocks that are sorted together, and at rows of
 * one digit and of several.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type NumberArray, Random } from "../../../src/kernels/index.ts";
import { type Device, embedding, type Shape, scope, type Tensor, tensor, zeros } from "../../../src/tensor/index.ts";
import { cpu, testOnDevice } from "./adapter.ts";

const test = suite("scatter on webgpu");

const LOOKUPS = {
  embedding,
  takeRows: (x: Tensor, indices: Tensor) => x.takeRows(indices),
  takeAlongLast: (x: Tensor, indices: Tensor) => x.takeAlongLast(indices),
};

interface Case {
  readonly lookup: keyof typeof LOOKUPS;
  /** Of what is looked up in. */
  readonly shape: Shape;
  readonly indexShape: Shape;
  /** Every index is drawn from 0 to `bound` - 1 and multiplied by `spacing`, 1 by default. */
  readonly bound: number;
  readonly spacing?: number;
}

/** Few indices into few rows: each row looks through all of them. */
const FEW: readonly Case[] = [
  { lookup: "embedding", shape: [5000, 8], indexShape: [0], bound: 5000 },
  { lookup: "embedding", shape: [5000, 8], indexShape: [1], bound: 5000 },
  { lookup: "embedding", shape: [6, 7], indexShape: [30, 10], bound: 6 },
  { lookup: "embedding", shape: [6, 8], indexShape: [300], bound: 5 },
  { lookup: "takeRows", shape: [4, 5, 3], indexShape: [4, 9], bound: 5 },
  { lookup: "takeAlongLast", shape: [200, 50], indexShape: [200, 1], bound: 50 },
];

/** So many that their positions are sorted first. */
const MANY: readonly Case[] = [
  ...[63, 64, 65, 255, 256, 257].map(
    (count): Case => ({ lookup: "embedding", shape: [5000, 8], indexShape: [count], bound: 5000 }),
  ),
  ...[31, 32, 1023, 1024].map(
    (rows): Case => ({ lookup: "embedding", shape: [rows, 64], indexShape: [50, 20], bound: rows }),
  ),
  { lookup: "embedding", shape: [70_000, 3], indexShape: [300], bound: 70_000 },
  { lookup: "embedding", shape: [5000, 7], indexShape: [1000], bound: 3, spacing: 2000 },
  { lookup: "embedding", shape: [5000, 8], indexShape: [1000], bound: 1 },
  { lookup: "takeRows", shape: [3, 700, 8], indexShape: [3, 257], bound: 700 },
  { lookup: "takeRows", shape: [2, 3, 700, 5], indexShape: [2, 3, 65], bound: 1 },
  { lookup: "takeAlongLast", shape: [40, 3000], indexShape: [40, 300], bound: 3000 },
];

const sizeOf = (shape: Shape) => shape.reduce((size, extent) => size * extent, 1);

function drawIndices({ indexShape, bound, spacing = 1 }: Case): Int32Array {
  const random = new Random({ seed: 2, stream: "indices", step: 0 });
  return Int32Array.from({ length: sizeOf(indexShape) }, () => spacing * random.integer(bound));
}

/** The gradient of what is looked up in, for the same gradient of the result on every device. */
async function gradientOn(
  device: Device,
  { lookup, shape, indexShape }: Case,
  indices: Int32Array,
): Promise<NumberArray> {
  using _ = scope();
  const x = zeros(shape, { device }).requireGrad();
  const result = LOOKUPS[lookup](x, tensor(indices, indexShape, { device }));
  const random = new Random({ seed: 2, stream: "gradient", step: 0 });
  const gradient = Float32Array.from({ length: result.size }, () => random.normal());
  result.backward(tensor(gradient, result.shape, { device }));
  const total = x.grad as Tensor;
  const data = await total.data();
  total.dispose();
  return data;
}

/** Compares as numbers: a GPU need not keep the sign of a zero. */
function assertSame(actual: NumberArray, expected: NumberArray): void {
  assert.is(actual.length, expected.length);
  const at = expected.findIndex((value, i) => value !== actual[i]);
  assert.is(at, -1, `element ${at} is ${actual[at]}, expected ${expected[at]}`);
}

for (const lookup of [...FEW, ...MANY]) {
  const { lookup: name, shape, indexShape, bound } = lookup;
  const title = `${name}: [${indexShape}] indices of ${bound} rows into [${shape}] give the CPU's bits, twice`;
  testOnDevice(test, title, async (gpu) => {
    const indices = drawIndices(lookup);
    const actual = await gradientOn(gpu, lookup, indices);
    assertSame(actual, await gradientOn(cpu, lookup, indices));
    assertSame(await gradientOn(gpu, lookup, indices), actual);
  });
}

testOnDevice(test, "few indices into few rows are added in one dispatch, others are sorted first", async (gpu) => {
  const dispatches = async (lookup: Case) => {
    const before = gpu.dispatches;
    await gradientOn(gpu, lookup, drawIndices(lookup));
    return gpu.dispatches - before;
  };
  const forwardAndBackward = 2;
  for (const lookup of FEW) assert.is(await dispatches(lookup), forwardAndBackward);
  for (const lookup of MANY) assert.ok((await dispatches(lookup)) > forwardAndBackward);
});

for (const [rows, count] of [
  [6, 300],
  [1024, 1000],
]) {
  testOnDevice(test, `indices outside of ${rows} rows add nothing to any row`, async (gpu) => {
    const outside = [-1, rows, rows + 1, 2 ** 31 - 1, -(2 ** 31)];
    const columns = 8;
    const lookup: Case = { lookup: "embedding", shape: [rows, columns], indexShape: [count], bound: rows };
    const isOutside = (position: number) => position % 3 === 1;
    const indices = drawIndices(lookup);
    const wrong = indices.map((index, i) => (isOutside(i) ? outside[i % outside.length] : index));
    const actual = await gradientOn(gpu, lookup, wrong);
    // The CPU throws for such indices: it is given one row more for them.
    const oneMore = indices.map((index, i) => (isOutside(i) ? rows : index));
    const expected = await gradientOn(cpu, { ...lookup, shape: [rows + 1, columns] }, oneMore);
    assertSame(actual, expected.subarray(0, rows * columns));
  });
}

test.run();
