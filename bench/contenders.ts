/** Three ways to multiply matrices: this project's CPU device, plain loops, and gpu.js's CPU mode. */
import { createRequire } from "node:module";
import { CpuDevice, matmul, type Shape, scope, tensor } from "../src/tensor/index.ts";
import type { Contender } from "./measure.ts";

/** What to multiply: a [..., M, K] and b [..., K, N], or with their last two axes swapped where transposed. */
export interface Product {
  readonly a: Shape;
  readonly b: Shape;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export interface Operands {
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/** A contender whose product can be read. */
export interface ProductContender extends Contender {
  /** The product, row-major. */
  result(): Float32Array;
}

/** Extents of a product: `batch` times [rows, depth] x [depth, columns]. */
export interface Extents {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

export function extentsOf({ a, b, transposeA, transposeB }: Product): Extents {
  const [aRows, aColumns] = a.slice(-2);
  const [bRows, bColumns] = b.slice(-2);
  return {
    batch: a.slice(0, -2).reduce((product, extent) => product * extent, 1),
    rows: transposeA ? aColumns : aRows,
    columns: transposeB ? bRows : bColumns,
    depth: transposeA ? aRows : aColumns,
  };
}

/** The tensor API on the CPU device. */
export function goalrank(product: Product, operands: Operands): ProductContender {
  const device = new CpuDevice();
  const a = tensor(operands.a, product.a, { device });
  const b = tensor(operands.b, product.b, { device });
  return {
    name: "goalrank",
    run() {
      using _ = scope();
      matmul(a, b, product);
    },
    result() {
      using _ = scope();
      return Float32Array.from(matmul(a, b, product).dataSync());
    },
  };
}

/** out = a b, row-major: [rows, depth] x [depth, columns], as a reader would write it first. */
function multiplyNaively(
  a: Float32Array,
  b: Float32Array,
  out: Float32Array,
  { rows, columns, depth }: Extents,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let p = 0; p < depth; p++) sum += a[row * depth + p] * b[p * columns + column];
      out[row * columns + column] = sum;
    }
  }
}

/** A copy of a row-major matrix [rows, columns] with its axes exchanged. */
function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      out[column * rows + row] = matrix[row * columns + column];
  }
  return out;
}

/** Three nested loops per matrix of the batch, after copying what is transposed. */
export function naive(product: Product, operands: Operands): ProductContender {
  const extents = extentsOf(product);
  const { batch, rows, columns, depth } = extents;
  const multiply = () => {
    const out = new Float32Array(batch * rows * columns);
    for (let matrix = 0; matrix < batch; matrix++) {
      const part = (data: Float32Array, size: number) => data.subarray(matrix * size, (matrix + 1) * size);
      const a = part(operands.a, rows * depth);
      const b = part(operands.b, depth * columns);
      multiplyNaively(
        product.transposeA ? transposed(a, depth, rows) : a,
        product.transposeB ? transposed(b, columns, depth) : b,
        part(out, rows * columns),
        extents,
      );
    }
    return out;
  };
  return { name: "three loops", run: multiply, result: multiply };
}

/** What is used of gpu.js, whose own types lack the function `input`. */
interface GpuJs {
  readonly GPU: new (settings: {
    mode: "cpu";
  }) => {
    createKernel(
      kernel: (this: KernelThread, a: number[][], b: number[][]) => number,
      settings: { output: [columns: number, rows: number]; constants: { depth: number } },
    ): (a: object, b: object) => Float32Array[];
  };
  readonly input: (data: Float32Array, size: [columns: number, rows: number]) => object;
}

interface KernelThread {
  readonly thread: { readonly x: number; readonly y: number };
  readonly constants: { readonly depth: number };
}

/** gpu.js in CPU mode, for a product without batch and transposition. */
export function gpuJs(product: Product, operands: Operands): ProductContender {
  const { GPU, input } = createRequire(import.meta.url)("gpu.js") as GpuJs;
  const { rows, columns, depth } = extentsOf(product);
  // gpu.js reads the source of this function, so it can name nothing outside of itself.
  const multiply = new GPU({ mode: "cpu" }).createKernel(
    function (a, b) {
      let sum = 0;
      for (let p = 0; p < this.constants.depth; p++) sum += a[this.thread.y][p] * b[p][this.thread.x];
      return sum;
    },
    { output: [columns, rows], constants: { depth } },
  );
  const a = input(operands.a, [depth, rows]);
  const b = input(operands.b, [columns, depth]);
  return {
    name: "gpu.js, CPU mode",
    run() {
      multiply(a, b);
    },
    result() {
      const out = new Float32Array(rows * columns);
      multiply(a, b).forEach((values, row) => {
        out.set(values, row * columns);
      });
      return out;
    },
  };
}
