/**
 * gpu.js, in its WebAssembly mode unless asked for others: it chooses that where there is no graphics hardware. Kernels are
 * written the way its documentation teaches. It has no gradients, so it does not train.
 */
import { createRequire } from "node:module";
import { WebGpuDevice } from "../../../src/kernels/index.ts";
import type { Device } from "../../../src/tensor/index.ts";
import type { HostArray } from "../../reference-data.ts";
import type { Computation, Contender, PrepareKernel } from "../contender.ts";
import { describePackage } from "../packages.ts";

const PACKAGE = "gpu.js";

/** What is used of gpu.js. */
interface GpuJs {
  readonly GPU: new (settings: { mode?: string }) => Gpu;
  readonly input: (data: Float32Array, size: [columns: number, rows: number]) => object;
}

interface Gpu {
  readonly mode: string;
  createKernel<Operands extends unknown[]>(
    kernel: (this: KernelThread, ...operands: Operands) => number,
    settings: KernelSettings,
  ): (...operands: object[]) => KernelResult | Promise<KernelResult>;
}

/** Threads share the elements of the output, in asynchronous mode only. */
interface Sharing {
  readonly asyncMode?: boolean;
  readonly poolSize?: number;
}

interface KernelSettings extends Sharing {
  readonly output: readonly number[];
  readonly constants?: { readonly columns: number };
}

interface KernelThread {
  readonly thread: { readonly x: number; readonly y: number };
  readonly constants: { readonly columns: number };
}

/** One typed array, or one for each row. */
type KernelResult = Float32Array | Float32Array[];

function flatten(result: KernelResult): Float32Array {
  if (result instanceof Float32Array) return result;
  const columns = result[0].length;
  const flat = new Float32Array(result.length * columns);
  for (const [row, values] of result.entries()) flat.set(values, row * columns);
  return flat;
}

function computation(compute: () => Promise<KernelResult>): Computation {
  return {
    async run() {
      await compute();
    },
    read: async () => flatten(await compute()),
  };
}

// gpu.js reads the source of the kernels, so they can name nothing outside of themselves.

function contenderOf({ input }: GpuJs, gpu: Gpu, sharing: Sharing): Contender {
  const operand = ({ data, shape: [rows, columns] }: HostArray) => input(data, [columns, rows]);

  const matmul: PrepareKernel = ([left, right]) => {
    const [rows, depth] = left.shape;
    const multiply = gpu.createKernel(
      function (a: number[][], b: number[][]) {
        let sum = 0;
        for (let p = 0; p < this.constants.columns; p++) sum += a[this.thread.y][p] * b[p][this.thread.x];
        return sum;
      },
      { output: [right.shape[1], rows], constants: { columns: depth }, ...sharing },
    );
    const operands = [operand(left), operand(right)];
    return computation(async () => await multiply(...operands));
  };

  /** Log-sum-exp of each row. */
  const rowKernel = ([rows, columns]: readonly number[]) =>
    gpu.createKernel(
      function (x: number[][]) {
        let largest = x[this.thread.x][0];
        for (let j = 1; j < this.constants.columns; j++) largest = Math.max(largest, x[this.thread.x][j]);
        let total = 0;
        for (let j = 0; j < this.constants.columns; j++) total += Math.exp(x[this.thread.x][j] - largest);
        return largest + Math.log(total);
      },
      { output: [rows], constants: { columns }, ...sharing },
    );

  const logSumExp: PrepareKernel = ([x]) => {
    const reduce = rowKernel(x.shape);
    const rows = operand(x);
    return computation(async () => await reduce(rows));
  };

  const softmax: PrepareKernel = ([x]) => {
    const [rows, columns] = x.shape;
    const reduce = rowKernel(x.shape);
    const normalise = gpu.createKernel(
      function (logits: number[][], totals: number[]) {
        return Math.exp(logits[this.thread.y][this.thread.x] - totals[this.thread.y]);
      },
      { output: [columns, rows], ...sharing },
    );
    const logits = operand(x);
    return computation(async () => await normalise(logits, await reduce(logits)));
  };

  return {
    version: `${describePackage(PACKAGE)}, ${gpu.mode} mode`,
    kernels: { matmul, softmax, "log-sum-exp": logSumExp },
  };
}

export async function open(threads: number): Promise<Contender> {
  const library = createRequire(import.meta.url)(PACKAGE) as GpuJs;
  const sharing = { asyncMode: threads > 1, poolSize: threads };
  return contenderOf(library, new library.GPU({ mode: "webasm" }), sharing);
}

/**
 * gpu.js in the modes that start beside `device`: WebGPU beside a GPU; beside the CPU the mode that it chooses itself, and
 * plain JavaScript.
 */
export function openModes(device: Device): Contender[] {
  if (device instanceof WebGpuDevice) offerAdapter(device.gpu);
  // It looks for an adapter when it is loaded.
  const library = createRequire(import.meta.url)(PACKAGE) as GpuJs;
  const modes = [device instanceof WebGpuDevice ? { mode: "webgpu" } : {}, { mode: "cpu" }];
  return modes.flatMap((settings) => {
    try {
      return [contenderOf(library, new library.GPU(settings), {})];
    } catch {
      return [];
    }
  });
}

/** gpu.js reads `navigator.gpu`, as in a browser. */
function offerAdapter(gpu: GPU): void {
  const { navigator = {} } = globalThis as { navigator?: object };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true, writable: true });
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
}
