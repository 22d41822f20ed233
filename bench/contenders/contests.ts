/** The problems that are also given to others: a product of matrices, softmax, and log-sum-exp. */
import {
  type Device,
  matmul,
  Random,
  type Shape,
  scope,
  type Tensor,
  tensor,
} from "../../src/tensor/index.ts";
import type { Contender, Contest } from "./contest.ts";
import { gpuJsLogSumExp, gpuJsMatmul, gpuJsModes, gpuJsSoftmax } from "./gpu-js.ts";

const EXTENT = 512;
/** 256 lists of 50 candidates. */
const ROWS = 12_800;
const COLUMNS = 50;
/** Rounding of f32. */
const EPSILON = 2 ** -23;

/** Uniform on [-1, 1). */
function draw(length: number, stream: string): Float32Array {
  const random = new Random({ seed: 1, stream, step: 0 });
  return Float32Array.from({ length }, () => 2 * random.uniform() - 1);
}

/** The tensor API, from typed arrays to a typed array. */
function goalrank(
  device: Device,
  operands: readonly (readonly [Float32Array, Shape])[],
  compute: (...tensors: Tensor[]) => Tensor,
): Contender {
  return {
    name: "goalrank",
    async run() {
      using _ = scope();
      const tensors = operands.map(([data, shape]) => tensor(data, shape, { device }));
      return (await compute(...tensors).data()) as Float32Array;
    },
  };
}

/** As a reader would write it first. */
function threeLoops(a: Float32Array, b: Float32Array, extent: number): Contender {
  return {
    name: "three loops",
    async run() {
      const out = new Float32Array(extent * extent);
      for (let row = 0; row < extent; row++) {
        for (let column = 0; column < extent; column++) {
          let sum = 0;
          for (let p = 0; p < extent; p++) sum += a[row * extent + p] * b[p * extent + column];
          out[row * extent + column] = sum;
        }
      }
      return out;
    },
  };
}

/** All contests on `device`, with the modes of gpu.js that start beside it. */
export function createContests(device: Device): Contest[] {
  const modes = gpuJsModes(device);
  const square = [EXTENT, EXTENT] as const;
  const [a, b] = [draw(EXTENT ** 2, "a"), draw(EXTENT ** 2, "b")];
  const x = draw(ROWS * COLUMNS, "x");
  const rows = [ROWS, COLUMNS] as const;
  return [
    {
      problem: `matmul [${square}] x [${square}]`,
      flops: 2 * EXTENT ** 3,
      tolerance: EXTENT * EPSILON,
      contenders: [
        goalrank(
          device,
          [
            [a, square],
            [b, square],
          ],
          (left, right) => matmul(left, right),
        ),
        threeLoops(a, b, EXTENT),
        ...modes.map((mode) => gpuJsMatmul(mode, a, b, [EXTENT, EXTENT, EXTENT])),
      ],
    },
    {
      problem: `softmax [${rows}]`,
      tolerance: 8 * EPSILON,
      contenders: [
        goalrank(device, [[x, rows]], (logits) => logits.softmax()),
        ...modes.map((mode) => gpuJsSoftmax(mode, x, rows)),
      ],
    },
    {
      problem: `log-sum-exp [${rows}]`,
      tolerance: 64 * EPSILON,
      contenders: [
        goalrank(device, [[x, rows]], (logits) => logits.logSumExp()),
        ...modes.map((mode) => gpuJsLogSumExp(mode, x, rows)),
      ],
    },
  ];
}
