/**
 * What a device can do at most, measured in the same run as the kernels that are compared with it: bytes per second of
 * the best large copy or addition, and operations per second of multiply-adds that stay in registers, or of a large
 * product of matrices where that is faster: a chain waits for its own results.
 */
import { elementwise, type Operation } from "../../src/kernels/index.ts";
import { multiplyAdd } from "../../src/kernels/wasm/gemm.ts";
import { defineKernel } from "../../src/kernels/wasm/kernel.ts";
import { F32x4, I32x4 } from "../../src/kernels/wasm/values.ts";
import { f32, indexProgram } from "../../src/kernels/webgpu/program.ts";
import { apply, full, scope, type Tensor } from "../../src/tensor/index.ts";
import { runAndFree } from "../kernels/kernel-case.ts";
import type { BenchmarkDevice } from "./devices.ts";
import type { Sampler, Timing } from "./timing.ts";

export interface Ceilings {
  readonly bytesPerSecond: number;
  readonly operationsPerSecond: number;
}

/** y = x, four elements at a time. */
const copy: Operation = {
  name: "benchmark copy",
  signature: "x -> y",
  outputs: ([x]) => [x],
  reference([x], [y]) {
    y.data.set(x.data);
  },
  wgsl: ([x]) => [indexProgram("benchmark copy", x.shape[0] / 4, "  y[i] = x[i];", { vectors: ["x", "y"] })],
  sample: (draw) => ({ inputs: [draw.floats([4 * draw.integer(1, 4)])], attributes: undefined }),
};

interface ChainAttributes {
  /** Multiply-adds in each of an element's chains. */
  readonly rounds: number;
  readonly factor: number;
  readonly addend: number;
}

/** Independent chains for each element, so that a processor can overlap them. */
const CHAINS = 16;

/** Two elements at once, so that their chains hide how long an addition takes. */
const multiplyAddKernel = defineKernel(
  "benchmark multiply-adds",
  { i32: "x, y, rounds", f32: "factor, addend" },
  (write, { x, y, rounds, factor, addend, first, last }) => {
    const [f, a] = [write.let(factor.splat()), write.let(addend.splat())];
    const lanes = write.let(I32x4.of(0, 1, 2, 3).toFloats());
    write.loop(first, last, 2, (i) => {
      const elements = [0, 1].map((element) => {
        const start = write.let(F32x4.loadSplat(x.add(i.add(element).shiftLeft(2))).add(lanes));
        return [0, 4, 8, 12].map((chain) => write.variable(start.add(chain)));
      });
      write.loop(0, rounds, 1, () => {
        for (const chains of elements) {
          for (const chain of chains) write.set(chain, multiplyAdd(f, chain, a));
        }
      });
      elements.forEach(([v0, v1, v2, v3], element) => {
        const total = write.let(v0.add(v1).add(v2).add(v3));
        const sum = [1, 2, 3].reduce((sum, lane) => sum.add(total.element(lane)), total.element(0));
        write.store(y.add(i.add(element).shiftLeft(2)), sum);
      });
    });
  },
);

/** y_i = sum over chains c of the `rounds`-th iterate of v <- factor v + addend, from v = x_i + c. */
const multiplyAddChains: Operation<ChainAttributes> = {
  name: "benchmark multiply-adds",
  signature: "x -> y",
  outputs: ([x]) => [x],
  reference([x], [y], { rounds, factor: f, addend: a }) {
    for (let i = 0; i < x.data.length; i++) {
      const v = x.data[i];
      let [v0, v1, v2, v3, v4, v5, v6, v7] = [v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7];
      let [v8, v9, v10, v11] = [v + 8, v + 9, v + 10, v + 11];
      let [v12, v13, v14, v15] = [v + 12, v + 13, v + 14, v + 15];
      for (let round = 0; round < rounds; round++) {
        v0 = f * v0 + a;
        v1 = f * v1 + a;
        v2 = f * v2 + a;
        v3 = f * v3 + a;
        v4 = f * v4 + a;
        v5 = f * v5 + a;
        v6 = f * v6 + a;
        v7 = f * v7 + a;
        v8 = f * v8 + a;
        v9 = f * v9 + a;
        v10 = f * v10 + a;
        v11 = f * v11 + a;
        v12 = f * v12 + a;
        v13 = f * v13 + a;
        v14 = f * v14 + a;
        v15 = f * v15 + a;
      }
      y.data[i] = v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7 + v8 + v9 + v10 + v11 + v12 + v13 + v14 + v15;
    }
  },
  simd: ([x], _, { rounds, factor, addend }) => [
    {
      kernel: multiplyAddKernel,
      arguments: { rounds, factor, addend },
      items: x.shape[0],
      itemsTogether: 2,
      work: x.shape[0] * rounds,
    },
  ],
  wgsl: ([x], _, { rounds, factor, addend }) => [
    indexProgram(
      "benchmark multiply-adds",
      x.shape[0],
      `  let f = vec4<f32>(parameters.factor);
  let a = vec4<f32>(parameters.addend);
  var v0 = x[i] + vec4<f32>(0, 1, 2, 3);
  var v1 = v0 + 4;
  var v2 = v0 + 8;
  var v3 = v0 + 12;
  for (var round = 0u; round < parameters.rounds; round++) {
    v0 = fma(f, v0, a);
    v1 = fma(f, v1, a);
    v2 = fma(f, v2, a);
    v3 = fma(f, v3, a);
  }
  y[i] = dot(v0 + v1 + v2 + v3, vec4<f32>(1));`,
      { parameters: { rounds, factor: f32(factor), addend: f32(addend) } },
    ),
  ],
  sample: (draw) => ({
    inputs: [draw.floats([draw.integer(1, 4)])],
    attributes: { rounds: draw.integer(0, 8), factor: 0.5, addend: 1 },
  }),
};

/** Elements to move, past any cache, and to compute with: each kind of device gets what it does in milliseconds. */
const SIZES = {
  cpu: { moved: 2 ** 24, computed: 2 ** 11 },
  "software adapter": { moved: 2 ** 24, computed: 2 ** 13 },
  gpu: { moved: 2 ** 25, computed: 2 ** 20 },
} as const;

const ROUNDS = 1024;
/** Rows and columns of a product whose operands stay in the caches. */
const SIDE = 512;
const BYTES_PER_ELEMENT = 4;

/** Measures both ceilings of the default device. */
export async function measureCeilings({ kind, sample }: BenchmarkDevice, seconds: number): Promise<Ceilings> {
  using _ = scope();
  const { moved, computed } = SIZES[kind];
  const [x, y] = [full([moved], 1), full([moved], 2)];
  const small = full([computed], 0.5);
  const copying = await time(sample, seconds, () => apply(copy, [x], undefined));
  const adding = await time(sample, seconds, () => apply(elementwise.add, [x, y], undefined));
  const attributes = { rounds: ROUNDS, factor: 0.999, addend: 0.001 };
  await checkChains(small, attributes);
  const computing = await time(sample, seconds, () => apply(multiplyAddChains, [small], attributes));
  const square = full([SIDE, SIDE], 0.5);
  const multiplying = await time(sample, seconds, () => [square.matmul(square)]);
  return {
    bytesPerSecond: BYTES_PER_ELEMENT * moved * Math.max(2 / copying, 3 / adding),
    operationsPerSecond: Math.max((2 * CHAINS * ROUNDS * computed) / computing, (2 * SIDE ** 3) / multiplying),
  };
}

/** @throws Error unless the device runs every round: a ceiling of work left undone would be too high */
async function checkChains(x: Tensor, attributes: ChainAttributes): Promise<void> {
  const spec = { shape: [1], dtype: "f64" } as const;
  const first = { ...spec, data: Float64Array.of((await x.data())[0]) };
  const expected = { ...spec, data: new Float64Array(1) };
  multiplyAddChains.reference([first], [expected], attributes);
  const [actual] = await apply(multiplyAddChains, [x], attributes)[0].data();
  if (!(Math.abs(actual / expected.data[0] - 1) < 1e-3)) {
    throw new Error(`${multiplyAddChains.name}: the device computes ${actual}, expected ${expected.data[0]}`);
  }
}

/** Seconds per run by the GPU's clock, or else by that on the wall. */
export function bestClock({ median, gpuMedian }: Timing): number {
  return gpuMedian !== undefined && gpuMedian > 0 ? gpuMedian : median;
}

async function time(sample: Sampler, seconds: number, compute: () => readonly Tensor[]): Promise<number> {
  return bestClock(await sample(runAndFree(compute), seconds));
}
