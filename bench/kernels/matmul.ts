/** Matrix products: projections, their gradients, pointer logits, and squares. */
import { matmul } from "../../src/tensor/index.ts";
import { composed, floats, flops, type KernelCase } from "./kernel-case.ts";
import { BATCHES, CANDIDATES, FEED_FORWARD, GROUP, isLargeSquare, LENGTH, SQUARES, WIDTH } from "./sizes.ts";

/** x w + b, from `inputs` to `outputs` features. */
function projection(rows: number, inputs: number, outputs: number): KernelCase {
  const work = flops(2 * rows * inputs * outputs);
  const operands = [floats(rows, inputs), floats(inputs, outputs), floats(outputs)];
  return composed("matmul + bias", operands, work, (x, weight, bias) => matmul(x, weight, { bias }));
}

function activated(rows: number): KernelCase {
  const work = flops(2 * rows * WIDTH * FEED_FORWARD);
  const operands = [floats(rows, WIDTH), floats(WIDTH, FEED_FORWARD), floats(FEED_FORWARD)];
  return composed("matmul + bias, relu", operands, work, (x, weight, bias) =>
    matmul(x, weight, { bias, activation: "relu" }),
  );
}

/** The gradients of a projection: g w^T and x^T g. */
function gradients(rows: number): KernelCase[] {
  const work = flops(2 * rows * WIDTH * FEED_FORWARD);
  const [x, weight, g] = [floats(rows, WIDTH), floats(WIDTH, FEED_FORWARD), floats(rows, FEED_FORWARD)] as const;
  return [
    composed("matmul a b^T", [g, weight], work, (a, b) => matmul(a, b, { transposeB: true })),
    composed("matmul a^T b", [x, g], work, (a, b) => matmul(a, b, { transposeA: true })),
  ];
}

/** Logits of every position of every list over the candidates. */
function pointerLogits(batch: number): KernelCase {
  const queries = GROUP * LENGTH;
  const work = flops(2 * batch * queries * CANDIDATES * WIDTH);
  const operands = [floats(batch, queries, WIDTH), floats(batch, CANDIDATES, WIDTH)];
  return composed("matmul a b^T, batched", operands, work, (a, b) => matmul(a, b, { transposeB: true }));
}

function batchedProduct(batch: number): KernelCase {
  const depth = WIDTH / 2;
  const work = flops(2 * batch * CANDIDATES * CANDIDATES * depth);
  const operands = [floats(batch, CANDIDATES, depth), floats(batch, depth, CANDIDATES)];
  return composed("matmul, batched", operands, work, (a, b) => matmul(a, b));
}

function square(extent: number): KernelCase {
  const operands = [floats(extent, extent), floats(extent, extent)];
  const work = flops(2 * extent ** 3);
  return composed("matmul", operands, work, (a, b) => matmul(a, b), isLargeSquare(extent));
}

const [SMALLEST, LARGEST] = BATCHES.map((batch) => batch * CANDIDATES);

export const matmulCases: readonly KernelCase[] = [
  projection(SMALLEST, WIDTH, WIDTH),
  projection(SMALLEST, FEED_FORWARD, WIDTH),
  activated(SMALLEST),
  ...gradients(SMALLEST),
  projection(LARGEST, FEED_FORWARD, WIDTH),
  activated(LARGEST),
  ...BATCHES.flatMap((batch) => [pointerLogits(batch), batchedProduct(batch)]),
  ...SQUARES.map(square),
];
