/** TensorFlow.js on its WebAssembly backend, with SIMD. */
import { createRequire } from "node:module";
import type { CpuInfo } from "node:os";
import { fileURLToPath } from "node:url";
import { CONFIGURATION, createBatch, type HostArray, initialWeights, LEARNING_RATE } from "../../reference-data.ts";
import { turnBlobsIntoFiles } from "../blob-workers.ts";
import type { Contender, PrepareKernel } from "../contender.ts";
import { describePackage } from "../packages.ts";

const BACKEND = "@tensorflow/tfjs-backend-wasm";

/** What is used of TensorFlow.js. */
export interface TensorFlow {
  tensor(data: Float32Array, shape: readonly number[]): Tensor;
  variable(initial: Tensor, trainable: boolean, name: string): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  softmax(x: Tensor): Tensor;
  logSoftmax(x: Tensor): Tensor;
  logSumExp(x: Tensor, axis: number): Tensor;
  moments(x: Tensor, axis: number, keepDims: boolean): { mean: Tensor; variance: Tensor };
  tidy(compute: () => Tensor): Tensor;
  variableGrads(loss: () => Tensor): { value: Tensor; grads: Record<string, Tensor> };
  dispose(tensors: object): void;
  env(): { set(flag: string, value: boolean): void };
  setBackend(name: string): Promise<boolean>;
  getBackend(): string;
  readonly train: { adam(rate: number): { applyGradients(gradients: Record<string, Tensor>): void } };
}

interface Tensor {
  add(other: Tensor | number): Tensor;
  sub(other: Tensor): Tensor;
  mul(other: Tensor | number): Tensor;
  relu(): Tensor;
  rsqrt(): Tensor;
  neg(): Tensor;
  sum(axis: number): Tensor;
  mean(): Tensor;
  reshape(shape: readonly number[]): Tensor;
  transpose(axes: readonly number[]): Tensor;
  data(): Promise<Float32Array>;
  dispose(): void;
}

interface WasmBackend {
  setWasmPaths(folder: string): void;
  setThreadsCount(threads: number): void;
  getThreadsCount(): number;
}

/** What the scripts of its threads refer to: names of the file that they are taken from. */
const THREAD_PROLOGUE = `var require$$0 = require("fs"), require$$1 = require("path");
var require$$3 = require("perf_hooks"), require$$4 = require("os"), commonjsGlobal = globalThis;
`;

/** It starts at most half as many threads as it finds cores. */
function offerCores(count: number): void {
  const os = createRequire(import.meta.url)("node:os") as { cpus(): CpuInfo[] };
  const [core] = os.cpus();
  os.cpus = () => Array.from({ length: count }, () => core);
}

/** @throws Error when the backend does not start, or with another number of threads */
async function start(threads: number): Promise<TensorFlow> {
  const require = createRequire(import.meta.url);
  const tf = require("@tensorflow/tfjs") as TensorFlow;
  const backend = require(BACKEND) as WasmBackend;
  backend.setWasmPaths(fileURLToPath(new URL(`../node_modules/${BACKEND}/wasm-out/`, import.meta.url)));
  if (threads > 1) {
    turnBlobsIntoFiles(THREAD_PROLOGUE);
    offerCores(2 * threads);
    // It leaves threads to browsers unless told otherwise.
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", true);
    backend.setThreadsCount(threads);
  }
  await tf.setBackend("wasm");
  if (tf.getBackend() !== "wasm") throw new Error(`${BACKEND} did not start: ${tf.getBackend()} is used`);
  if (threads > 1 && backend.getThreadsCount() !== threads) {
    throw new Error(`${BACKEND} started ${backend.getThreadsCount()} threads, asked for ${threads}`);
  }
  return tf;
}

function layerNorm(tf: TensorFlow, x: Tensor, gain: Tensor, bias: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).mul(variance.add(1e-5).rsqrt()).mul(gain).add(bias);
}

function prepareTraining(tf: TensorFlow): () => Promise<number> {
  const { lists, items, width, heads, layers } = CONFIGURATION;
  const rows = lists * items;
  const weights = new Map(
    [...initialWeights()].map(([name, { data, shape }]) => [name, tf.variable(tf.tensor(data, shape), true, name)]),
  );
  const weight = (name: string) => weights.get(name) as Tensor;
  const batch = createBatch();
  const x = tf.tensor(batch.x, [rows, width]);
  const targets = tf.tensor(batch.targets, [lists, items]);
  const linear = (name: string, input: Tensor) =>
    tf.matMul(input, weight(`${name}.weight`)).add(weight(`${name}.bias`));
  const norm = (name: string, input: Tensor) => layerNorm(tf, input, weight(`${name}.gain`), weight(`${name}.bias`));
  const attend = (layer: number, normed: Tensor) => {
    const [q, k, v] = ["query", "key", "value"].map((name) =>
      linear(`${layer}.${name}`, normed)
        .reshape([lists, items, heads, width / heads])
        .transpose([0, 2, 1, 3]),
    );
    const scores = tf.matMul(q, k, false, true).mul(1 / Math.sqrt(width / heads));
    const heard = tf.matMul(tf.softmax(scores), v);
    return linear(`${layer}.output`, heard.transpose([0, 2, 1, 3]).reshape([rows, width]));
  };
  const computeLoss = () => {
    let hidden = x;
    for (let layer = 0; layer < layers; layer++) {
      hidden = hidden.add(attend(layer, norm(`${layer}.norm1`, hidden)));
      const up = linear(`${layer}.up`, norm(`${layer}.norm2`, hidden)).relu();
      hidden = hidden.add(linear(`${layer}.down`, up));
    }
    const logits = linear("head", hidden).reshape([lists, items]);
    return targets.mul(tf.logSoftmax(logits)).sum(-1).neg().mean();
  };
  const optimiser = tf.train.adam(LEARNING_RATE);
  return async () => {
    const { value, grads } = tf.variableGrads(computeLoss);
    optimiser.applyGradients(grads);
    const [loss] = await value.data();
    tf.dispose(grads);
    value.dispose();
    return loss;
  };
}

/** What it computes, on whichever backend it was started with. */
export function tensorFlowKernels(tf: TensorFlow): Contender["kernels"] {
  const kernel =
    (compute: (...inputs: Tensor[]) => Tensor): PrepareKernel =>
    (inputs: readonly HostArray[]) => {
      const tensors = inputs.map(({ data, shape }) => tf.tensor(data, shape));
      const computeTidily = () => tf.tidy(() => compute(...tensors));
      return { run: () => computeTidily().dispose(), read: () => computeTidily().data() };
    };
  return {
    matmul: kernel((a, b) => tf.matMul(a, b)),
    "batched matmul": kernel((a, b) => tf.matMul(a, b)),
    softmax: kernel((x) => tf.softmax(x)),
    "log-sum-exp": kernel((x) => tf.logSumExp(x, -1)),
    "layer norm": kernel((x, gain, bias) => layerNorm(tf, x, gain, bias)),
  };
}

export async function open(threads: number): Promise<Contender> {
  const tf = await start(threads);
  return {
    version: describePackage(BACKEND),
    kernels: tensorFlowKernels(tf),
    prepareTraining: () => prepareTraining(tf),
  };
}
