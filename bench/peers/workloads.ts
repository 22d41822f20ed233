/** What all contenders are asked to compute, and what the right answer is, in double precision. */
import { CONFIGURATION } from "../reference-data.ts";
import { stepFlops } from "../reference-transformer.ts";
import { type DrawnInput, drawInput, type KernelName } from "./protocol.ts";

export interface KernelWorkload {
  readonly name: string;
  readonly kernel: KernelName;
  readonly inputs: readonly DrawnInput[];
  /** Elements of the result. */
  readonly size: number;
  /** A multiply-add counts as two; undefined where memory is the bound. */
  readonly flops?: number;
  /** Inputs and output once. */
  readonly bytes: number;
  /** Largest absolute error of f32. */
  readonly tolerance: number;
  /** The element of the result at a flat index. */
  expected(inputs: readonly Float32Array[], index: number): number;
}

export interface TrainingWorkload {
  readonly name: string;
  readonly flops: number;
}

export type Workload = KernelWorkload | TrainingWorkload;

const BYTES = 4;
const sizeOf = (shape: readonly number[]) => shape.reduce((size, extent) => size * extent, 1);
const format = (shape: readonly number[]) => `[${shape.join(",")}]`;

function draw(shapes: readonly (readonly number[])[], limit: number): DrawnInput[] {
  return shapes.map((shape, index) => ({ shape, seed: index + 1, limit }));
}

const countBytes = (...shapes: readonly (readonly number[])[]) =>
  shapes.reduce((sum, shape) => sum + BYTES * sizeOf(shape), 0);

/** [...batch, rows, depth] x [...batch, depth, columns]. */
function product(kernel: KernelName, batch: readonly number[], extents: readonly number[]): KernelWorkload {
  const [rows, depth, columns] = extents;
  const shapes = [
    [...batch, rows, depth],
    [...batch, depth, columns],
  ] as const;
  const result = [...batch, rows, columns];
  return {
    name: `${kernel} ${shapes.map(format).join(" x ")}`,
    kernel,
    inputs: draw(shapes, 1),
    size: sizeOf(result),
    flops: 2 * sizeOf(result) * depth,
    bytes: countBytes(...shapes, result),
    tolerance: 1e-3,
    expected([left, right], index) {
      const row = Math.floor(index / columns);
      const start = Math.floor(row / rows) * depth * columns + (index % columns);
      let sum = 0;
      for (let p = 0; p < depth; p++) sum += left[row * depth + p] * right[start + p * columns];
      return sum;
    },
  };
}

function logSumExp(row: Float32Array): number {
  const largest = Math.max(...row);
  return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

const LOGITS = [12_800, 50] as const;
const logitRow = (x: Float32Array, row: number) => x.subarray(row * LOGITS[1], (row + 1) * LOGITS[1]);

const softmax: KernelWorkload = {
  name: `softmax ${format(LOGITS)}`,
  kernel: "softmax",
  inputs: draw([LOGITS], 3),
  size: sizeOf(LOGITS),
  bytes: countBytes(LOGITS, LOGITS),
  tolerance: 1e-5,
  expected: ([x], index) => Math.exp(x[index] - logSumExp(logitRow(x, Math.floor(index / LOGITS[1])))),
};

const logSumExpOfRows: KernelWorkload = {
  name: `log-sum-exp ${format(LOGITS)}`,
  kernel: "log-sum-exp",
  inputs: draw([LOGITS], 3),
  size: LOGITS[0],
  bytes: countBytes(LOGITS, [LOGITS[0]]),
  tolerance: 1e-4,
  expected: ([x], index) => logSumExp(logitRow(x, index)),
};

const ACTIVATIONS = [3_200, 128] as const;
const [, WIDTH] = ACTIVATIONS;

const layerNorm: KernelWorkload = {
  name: `layer norm ${format(ACTIVATIONS)}`,
  kernel: "layer norm",
  inputs: draw([ACTIVATIONS, [WIDTH], [WIDTH]], 2),
  size: sizeOf(ACTIVATIONS),
  bytes: countBytes(ACTIVATIONS, [WIDTH], [WIDTH], ACTIVATIONS),
  tolerance: 1e-4,
  expected([x, gain, bias], index) {
    const row = x.subarray(index - (index % WIDTH), index - (index % WIDTH) + WIDTH);
    const mean = row.reduce((sum, value) => sum + value, 0) / WIDTH;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / WIDTH;
    const column = index % WIDTH;
    return ((x[index] - mean) / Math.sqrt(variance + 1e-5)) * gain[column] + bias[column];
  },
};

const smallProduct = product("matmul", [], [512, 512, 512]);

/** What also those compute in a fraction of a second who compute slowly. */
export const quickWorkloads: readonly KernelWorkload[] = [smallProduct, softmax, logSumExpOfRows];

export const kernelWorkloads: readonly KernelWorkload[] = [
  smallProduct,
  product("matmul", [], [1024, 1024, 1024]),
  product("batched matmul", [64], [50, 64, 50]),
  softmax,
  logSumExpOfRows,
  layerNorm,
];

const { lists, items, width, layers } = CONFIGURATION;

const training: TrainingWorkload = {
  name: `training step, Transformer of ${layers} layers, ${format([lists, items, width])}`,
  flops: stepFlops(),
};

export const workloads: readonly Workload[] = [training, ...kernelWorkloads];

const PROBES = 64;

/** Indices of the result that are compared, spread over all of it. */
export function probesOf({ size }: KernelWorkload): number[] {
  return Array.from({ length: PROBES }, (_, i) => Math.floor((i * (size - 1)) / (PROBES - 1)));
}

/** What is wrong with a contender's values at the probes, or undefined where they are right. */
export function describeKernelError(workload: KernelWorkload, values: readonly number[]): string | undefined {
  const inputs = workload.inputs.map((input) => drawInput(input).data);
  for (const [i, index] of probesOf(workload).entries()) {
    const expected = workload.expected(inputs, index);
    if (!(Math.abs(values[i] - expected) <= workload.tolerance)) {
      return `the result at ${index} is ${values[i]}, expected ${expected} within ${workload.tolerance}`;
    }
  }
  return undefined;
}
