/** How an operation says what to run on the CPU: kernels of WebAssembly, and what they are given. */
import type { DType } from "../operation.ts";
import type { Kernel } from "./kernel.ts";

/** Where a tensor comes from: an input or output of the operation, or scratch that lives for this call. */
export type TensorPlace =
  | { readonly input: number }
  | { readonly output: number }
  | { readonly scratch: number; readonly length: number; readonly dtype: DType };

/** One run of a kernel over its items. */
export interface KernelCall {
  readonly kernel: Kernel;
  /** By the kernel's parameters; a tensor stands for its address in bytes. */
  readonly arguments: Readonly<Record<string, number | TensorPlace>>;
  /** How many items there are, which threads share: each is computed alike whoever computes it. */
  readonly items: number;
  /**
   * Threads take whole multiples of so many items, so that vectors begin at the same items on any number of threads.
   * Default 1.
   */
  readonly itemsTogether?: number;
  /** About how many elements are touched or multiplied in all: little work stays on one thread. */
  readonly work: number;
  /**
   * Whether the kernel, of one item, traps on numbers that the operation may not take: the reference is then run
   * instead, and says what is wrong. Default false.
   */
  readonly mayRefuse?: boolean;
}
