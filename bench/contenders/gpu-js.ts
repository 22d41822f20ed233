/** gpu.js as a contender: kernels written the way its documentation teaches. */
import { createRequire } from "node:module";
import { WebGpuDevice } from "../../src/kernels/index.ts";
import type { Device } from "../../src/tensor/index.ts";
import type { Contender } from "./contest.ts";

/** What is used of gpu.js, whose own types lack the function `input`. */
interface GpuJs {
  readonly GPU: new (settings: { mode?: string }) => Gpu;
  readonly input: (data: Float32Array, size: [columns: number, rows: number]) => object;
}

interface Gpu {
  readonly mode: string;
  createKernel<Operands extends unknown[]>(
    kernel: (this: KernelThread, ...operands: Operands) => number,
    settings: { output: number[]; constants?: { readonly columns: number } },
  ): (...operands: object[]) => KernelResult | Promise<KernelResult>;
}

interface KernelThread {
  readonly thread: { readonly x: number; readonly y: number };
  readonly constants: { readonly columns: number };
}

/** One typed array, or one for each row. */
type KernelResult = Float32Array | Float32Array[];

/** A mode of gpu.js, ready to make kernels. */
export interface GpuJsMode {
  readonly name: string;
  readonly gpu: Gpu;
  readonly input: GpuJs["input"];
}

/**
 * The modes that start beside `device`: WebGPU beside a GPU; beside the CPU the mode that gpu.js itself chooses, and
 * plain JavaScript.
 */
export function gpuJsModes(device: Device): GpuJsMode[] {
  if (device instanceof WebGpuDevice) offerAdapter(device.gpu);
  // gpu.js looks for an adapter when it is loaded.
  const { GPU, input } = createRequire(import.meta.url)("gpu.js") as GpuJs;
  const start = (mode?: string): GpuJsMode[] => {
    try {
      const gpu = new GPU(mode === undefined ? {} : { mode });
      return [{ name: `gpu.js, ${gpu.mode} mode`, gpu, input }];
    } catch {
      return [];
    }
  };
  const modes = device instanceof WebGpuDevice ? start("webgpu") : start();
  return [...modes, ...start("cpu")];
}

/** gpu.js reads `navigator.gpu`, as in a browser. */
function offerAdapter(gpu: GPU): void {
  const { navigator = {} } = globalThis as { navigator?: object };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true, writable: true });
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
}

function flatten(result: KernelResult): Float32Array {
  if (result instanceof Float32Array) return result;
  const columns = result[0].length;
  const flat = new Float32Array(result.length * columns);
  for (const [row, values] of result.entries()) flat.set(values, row * columns);
  return flat;
}

// gpu.js reads the source of the kernels, so they can name nothing outside of themselves.

/** [rows, depth] x [depth, columns]. */
export function gpuJsMatmul(
  { name, gpu, input }: GpuJsMode,
  a: Float32Array,
  b: Float32Array,
  [rows, depth, columns]: readonly [number, number, number],
): Contender {
  const multiply = gpu.createKernel(
    function (left: number[][], right: number[][]) {
      let sum = 0;
      for (let p = 0; p < this.constants.columns; p++)
        sum += left[this.thread.y][p] * right[p][this.thread.x];
      return sum;
    },
    { output: [columns, rows], constants: { columns: depth } },
  );
  const operands = [input(a, [depth, rows]), input(b, [columns, depth])];
  return { name, run: async () => flatten(await multiply(...operands)) };
}

/** Of each row of x [rows, columns]. */
function rowKernel(gpu: Gpu, rows: number, columns: number) {
  return gpu.createKernel(
    function (x: number[][]) {
      let largest = x[this.thread.x][0];
      for (let j = 1; j < this.constants.columns; j++) largest = Math.max(largest, x[this.thread.x][j]);
      let total = 0;
      for (let j = 0; j < this.constants.columns; j++) total += Math.exp(x[this.thread.x][j] - largest);
      return largest + Math.log(total);
    },
    { output: [rows], constants: { columns } },
  );
}

export function gpuJsLogSumExp(
  { name, gpu, input }: GpuJsMode,
  x: Float32Array,
  [rows, columns]: readonly [number, number],
): Contender {
  const reduce = rowKernel(gpu, rows, columns);
  const operand = input(x, [columns, rows]);
  return { name, run: async () => flatten(await reduce(operand)) };
}

export function gpuJsSoftmax(
  { name, gpu, input }: GpuJsMode,
  x: Float32Array,
  [rows, columns]: readonly [number, number],
): Contender {
  const reduce = rowKernel(gpu, rows, columns);
  const normalise = gpu.createKernel(
    function (logits: number[][], totals: number[]) {
      return Math.exp(logits[this.thread.y][this.thread.x] - totals[this.thread.y]);
    },
    { output: [columns, rows] },
  );
  const operand = input(x, [columns, rows]);
  return { name, run: async () => flatten(await normalise(operand, await reduce(operand))) };
}
