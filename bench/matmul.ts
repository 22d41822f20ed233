/**
 * Measures f32 matrix products: this project's CPU device beside what a reader would write first and beside gpu.js's
 * CPU mode at 512 x 512, then beside the loops alone at the shapes that the ranker multiplies (64 lists of 50 items,
 * width 128), forward and for both gradients. All results are compared before any is timed.
 *
 *   npm run bench                       two tables
 *   npm run --silent bench -- --json    one line of JSON per contender
 */
import { parseArgs } from "node:util";
import { Random, type Shape } from "../src/tensor/index.ts";
import {
  extentsOf,
  goalrank,
  gpuJs,
  naive,
  type Operands,
  type Product,
  type ProductContender,
} from "./contenders.ts";
import { type MeasureOptions, measure } from "./measure.ts";
import { formatHeader, formatJsonLines, formatTable, type Task } from "./report.ts";

type CreateContender = (product: Product, operands: Operands) => ProductContender;

const plain = (a: Shape, b: Shape): Product => ({ a, b, transposeA: false, transposeB: false });

const SQUARE = plain([512, 512], [512, 512]);

/** y = a b and, with g the gradient of y, the gradients g b^T of a and a^T g of b. */
const RANKER: readonly Product[] = [
  plain([3200, 128], [128, 128]),
  { ...plain([3200, 128], [128, 128]), transposeB: true },
  { ...plain([3200, 128], [3200, 128]), transposeA: true },
  plain([64, 50, 64], [64, 64, 50]),
  { ...plain([64, 50, 50], [64, 64, 50]), transposeB: true },
  { ...plain([64, 50, 64], [64, 50, 50]), transposeA: true },
];

function describe({ a, b, transposeA, transposeB }: Product): string {
  return `[${a}]${transposeA ? "^T" : ""} x [${b}]${transposeB ? "^T" : ""}`;
}

/** Uniform in [-1, 1). */
function drawOperands({ a, b }: Product): Operands {
  const draw = (shape: Shape, stream: string) => {
    const random = new Random({ seed: 1, stream, step: 0 });
    const length = shape.reduce((size, extent) => size * extent, 1);
    return Float32Array.from({ length }, () => 2 * random.uniform() - 1);
  };
  return { a: draw(a, "a"), b: draw(b, "b") };
}

function maxAbsoluteDifference(left: Float32Array, right: Float32Array): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  return left.reduce((largest, value, index) => Math.max(largest, Math.abs(value - right[index])), 0);
}

/**
 * Largest difference from the first contender's product.
 * @throws Error where it exceeds what rounding to f32 at each of the `depth` additions explains
 */
function compare(contenders: readonly ProductContender[], product: Product): number {
  const [first, ...others] = contenders;
  const expected = first.result();
  const tolerance = extentsOf(product).depth * 2 ** -23;
  const differences = others.map((other) => {
    const difference = maxAbsoluteDifference(expected, other.result());
    if (!(difference <= tolerance)) {
      throw new Error(
        `${describe(product)}: ${other.name} differs from ${first.name} by up to ${difference}, ` +
          `expected at most ${tolerance}: one of them is wrong, and nothing was timed`,
      );
    }
    return difference;
  });
  return Math.max(...differences);
}

function runTask(product: Product, creators: readonly CreateContender[], options: MeasureOptions): Task {
  const operands = drawOperands(product);
  const contenders = creators.map((create) => create(product, operands));
  const maxDifference = compare(contenders, product);
  const { batch, rows, columns, depth } = extentsOf(product);
  const flops = 2 * batch * rows * columns * depth;
  const results = measure(contenders, options).map((timing, index) => ({
    ...timing,
    contender: contenders[index].name,
    flops,
  }));
  return { name: describe(product), results, maxDifference };
}

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const format = values.json ? formatJsonLines : formatTable;
if (!values.json) console.log(formatHeader());
console.log(format([runTask(SQUARE, [goalrank, naive, gpuJs], { rounds: 5, turnSeconds: 0.6 })]));
console.log(
  format(RANKER.map((product) => runTask(product, [goalrank, naive], { rounds: 3, turnSeconds: 0.25 }))),
);
