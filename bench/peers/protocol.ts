/**
 * What a contender's process and the process that compares them say to each other: a line of JSON each, in turns. The
 * contender speaks first, with a `Greeting`; then it answers every `Request` until its standard input ends.
 */
import { type HostArray, uniform } from "../reference-data.ts";

/**
 * One of:
 * - `matmul`: [m, k] x [k, n]; `batched matmul`: [b, m, k] x [b, k, n];
 * - `softmax` and `log-sum-exp` of each row of [rows, columns];
 * - `layer norm` of each row of [rows, columns], then times gain [columns] plus bias [columns], epsilon 1e-5.
 */
export type KernelName = "matmul" | "batched matmul" | "softmax" | "log-sum-exp" | "layer norm";

/** Numbers drawn by `uniform` of reference-data.ts. */
export interface DrawnInput {
  readonly shape: readonly number[];
  readonly seed: number;
  readonly limit: number;
}

export function drawInput({ shape, seed, limit }: DrawnInput): HostArray {
  const length = shape.reduce((size, extent) => size * extent, 1);
  return { shape, data: uniform(length, seed, limit) };
}

export interface Greeting {
  /** The contender's own name and version. */
  readonly version: string;
  readonly kernels: readonly KernelName[];
  /** Whether it trains the reference Transformer. */
  readonly trains: boolean;
}

export type Request =
  /** Makes the inputs and runs the kernel once; answered by the values at these flat indices of the result. */
  | { readonly kernel: KernelName; readonly inputs: readonly DrawnInput[]; readonly probes: readonly number[] }
  /** Makes the reference Transformer and trains so many steps; answered by their losses. */
  | { readonly trainingSteps: number }
  /** Runs what was prepared last so many times; answered by the seconds that it took. */
  | { readonly runs: number };

export interface Reply {
  readonly values?: readonly number[];
  readonly losses?: readonly number[];
  readonly seconds?: number;
  /** Why there is no answer. */
  readonly error?: string;
}
