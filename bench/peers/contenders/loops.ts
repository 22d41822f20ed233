/** Plain JavaScript: a product of matrices in three loops, as a reader would write it first. */
import type { Computation, Contender } from "../contender.ts";

function multiply(left: ArrayLike<number>, right: ArrayLike<number>, extents: readonly number[]): Float32Array {
  const [rows, depth, columns] = extents;
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let p = 0; p < depth; p++) sum += left[row * depth + p] * right[p * columns + column];
      out[row * columns + column] = sum;
    }
  }
  return out;
}

export const threeLoops: Contender = {
  version: "three loops",
  kernels: {
    matmul: ([left, right]): Computation => {
      const compute = () => multiply(left.data, right.data, [...left.shape, right.shape[1]]);
      return { run: () => void compute(), read: async () => compute() };
    },
  },
};
