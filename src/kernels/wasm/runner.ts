/** Compiles kernels when they are first run, and runs them: little work on the calling thread, more on all. */
import type { Kernel, KernelCall } from "../dispatch.ts";
import { host, nodeModule } from "../runtime.ts";
import type { WasmMemory } from "./memory.ts";
import { type SharedKernel, ThreadPool } from "./threads.ts";

/** Work from which waking other threads pays; see `docs/performance.md`. */
export const SHARED_WORK = 50_000;
const MOST_THREADS = 64;

/**
 * The number of threads that GOALRANK_THREADS asks for, by default as many as there are cores.
 * @throws RangeError for what is no count
 */
export function defaultThreads(): number {
  const setting = host.process?.env.GOALRANK_THREADS;
  if (setting === undefined || setting === "") {
    const cores = nodeModule("os")?.availableParallelism() ?? host.navigator?.hardwareConcurrency ?? 1;
    return Math.min(cores, MOST_THREADS);
  }
  const count = Number(setting);
  if (!Number.isInteger(count) || count < 1 || count > MOST_THREADS) {
    throw new RangeError(`GOALRANK_THREADS is "${setting}"; expected a whole number from 1 to ${MOST_THREADS}`);
  }
  return count;
}

export class KernelRunner {
  private readonly kernels = new Map<Kernel, SharedKernel>();
  private readonly pool: ThreadPool | undefined;

  constructor(
    private readonly heap: WasmMemory,
    threads: number,
    /** Work from which threads share a call. */
    private readonly sharedWork: number,
  ) {
    if (threads > 1 && heap.isShared) this.pool = new ThreadPool(heap.memory, threads);
  }

  /** @param values the kernel's own arguments in order */
  run({ kernel, items, itemsTogether = 1, work }: KernelCall, values: readonly number[]): void {
    const compiled = this.kernels.get(kernel) ?? this.compile(kernel);
    if (this.pool === undefined || work < this.sharedWork || items <= itemsTogether) {
      compiled.run(...values, 0, items);
    } else {
      this.pool.run(compiled, values, items, itemsTogether);
    }
  }

  destroy(): void {
    this.pool?.destroy();
  }

  private compile(kernel: Kernel): SharedKernel {
    const { memory, isShared } = this.heap;
    const code = kernel.encode(isShared);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { host: { memory } });
    const codeAddress = this.heap.allocate(code.length);
    new Uint8Array(memory.buffer).set(code, codeAddress);
    const compiled: SharedKernel = {
      name: kernel.name,
      number: this.kernels.size,
      codeAddress,
      codeLength: code.length,
      run: exports.run as SharedKernel["run"],
    };
    this.kernels.set(kernel, compiled);
    return compiled;
  }
}
