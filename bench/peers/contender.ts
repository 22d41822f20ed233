/** What a module of the folder contenders/ offers: kernels and training steps, in its library's own way. */
import type { HostArray } from "../reference-data.ts";
import type { KernelName } from "./protocol.ts";

/** A kernel with its inputs at hand, in the memory that the library computes in. */
export interface Computation {
  /** Computes the result once, completely, and drops it. */
  run(): void | Promise<void>;
  /** Computes the result once and reads it. */
  read(): Promise<ArrayLike<number>>;
}

export type PrepareKernel = (inputs: readonly HostArray[]) => Computation | Promise<Computation>;

export interface Contender {
  /** The library's name and version. */
  readonly version: string;
  readonly kernels: Readonly<Partial<Record<KernelName, PrepareKernel>>>;
  /** Makes the reference Transformer; each call of the result is one training step and returns its loss. */
  prepareTraining?(): () => Promise<number>;
}

/** @throws Error when the library is missing, or does not start with so many threads */
export type OpenContender = (threads: number) => Promise<Contender>;
