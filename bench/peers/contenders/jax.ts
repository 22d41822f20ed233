/** jax-js on its WebAssembly backend, everything compiled by its `jit`. */
import { CONFIGURATION, createBatch, type HostArray, initialWeights, LEARNING_RATE } from "../../reference-data.ts";
import { turnBlobsIntoFiles, WEB_WORKER_PROLOGUE, WebWorker } from "../blob-workers.ts";
import type { Contender, PrepareKernel } from "../contender.ts";
import { describePackage } from "../packages.ts";

const PACKAGE = "@jax-js/jax";

/** What is used of jax-js. A function consumes the arrays that it is given, unless it is given their `ref`. */
interface Jax {
  readonly numpy: {
    array(data: Float32Array | number): JaxArray;
    zeros(shape: readonly number[]): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    square(x: JaxArray): JaxArray;
    sum(x: JaxArray, axis: number): JaxArray;
    mean(x: JaxArray): JaxArray;
  };
  readonly nn: {
    relu(x: JaxArray): JaxArray;
    softmax(x: JaxArray, axis: number): JaxArray;
    logSoftmax(x: JaxArray, axis: number): JaxArray;
    logsumexp(x: JaxArray, axis: number): JaxArray;
    standardize(x: JaxArray, axis: number, options: { epsilon: number }): JaxArray;
    /** Of q, k and v [batch, positions, heads, width of a head]. */
    dotProductAttention(q: JaxArray, k: JaxArray, v: JaxArray): JaxArray;
  };
  readonly tree: { ref<Tree>(arrays: Tree): Tree };
  jit<Compute>(compute: Compute): Compute;
  valueAndGrad<Rest extends unknown[]>(
    compute: (weights: Weights, ...rest: Rest) => JaxArray,
  ): (weights: Weights, ...rest: Rest) => [JaxArray, Weights];
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): void;
  blockUntilReady(arrays: unknown): Promise<unknown>;
}

interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

type Weights = Record<string, JaxArray>;

/** Node before version 22 lacks what its `einsum` asks of iterators. */
function completeIterators(): void {
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object;
  if ("map" in prototype) return;
  for (const name of ["map", "filter"] as const) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: Iterable<unknown>, change: (value: unknown) => unknown) {
        return [...this][name](change).values();
      },
    });
  }
  Object.defineProperty(prototype, "toArray", {
    configurable: true,
    writable: true,
    value(this: Iterable<unknown>) {
      return [...this];
    },
  });
}

/** @throws Error when the backend does not start */
async function start(threads: number): Promise<Jax> {
  completeIterators();
  // It reads the browser's name, and starts as many workers as there are cores, or none without `Worker`.
  const navigator = { userAgent: "Node.js", hardwareConcurrency: threads };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  if (threads > 1) {
    turnBlobsIntoFiles(WEB_WORKER_PROLOGUE);
    Object.assign(globalThis, { Worker: WebWorker });
  }
  const name: string = PACKAGE;
  const jax = (await import(name)) as Jax;
  const devices = await jax.init("wasm");
  if (!devices.includes("wasm")) throw new Error(`${PACKAGE}: its WebAssembly backend did not start`);
  jax.defaultDevice("wasm");
  return jax;
}

function layerNorm(jax: Jax, x: JaxArray, gain: JaxArray, bias: JaxArray): JaxArray {
  return jax.nn.standardize(x, -1, { epsilon: 1e-5 }).mul(gain).add(bias);
}

function computeLoss(jax: Jax, weights: Weights, x: JaxArray, targets: JaxArray): JaxArray {
  const { numpy, nn } = jax;
  const { lists, items, width, heads, layers } = CONFIGURATION;
  const linear = (name: string, input: JaxArray) =>
    numpy.matmul(input, weights[`${name}.weight`]).add(weights[`${name}.bias`]);
  const norm = (name: string, input: JaxArray) =>
    layerNorm(jax, input, weights[`${name}.gain`], weights[`${name}.bias`]);
  const attend = (layer: number, normed: JaxArray) => {
    const project = (name: string, input: JaxArray) =>
      linear(`${layer}.${name}`, input).reshape([lists, items, heads, width / heads]);
    const [q, k, v] = [project("query", normed.ref), project("key", normed.ref), project("value", normed)];
    return linear(`${layer}.output`, nn.dotProductAttention(q, k, v).reshape([lists * items, width]));
  };
  let hidden = x;
  for (let layer = 0; layer < layers; layer++) {
    hidden = hidden.ref.add(attend(layer, norm(`${layer}.norm1`, hidden)));
    const up = nn.relu(linear(`${layer}.up`, norm(`${layer}.norm2`, hidden.ref)));
    hidden = hidden.add(linear(`${layer}.down`, up));
  }
  const logits = linear("head", hidden).reshape([lists, items]);
  return numpy.mean(numpy.sum(targets.mul(nn.logSoftmax(logits, -1)), -1).mul(-1));
}

/** Adam, which comes in another package of jax-js: beta 0.9 and 0.999, epsilon 1e-8. */
function createStep(jax: Jax) {
  const { square, sqrt } = jax.numpy;
  return (
    weights: Weights,
    means: Weights,
    squares: Weights,
    [meanCorrection, squareCorrection]: readonly [JaxArray, JaxArray],
    x: JaxArray,
    targets: JaxArray,
  ): [Weights, Weights, Weights, JaxArray] => {
    const differentiate = jax.valueAndGrad((weights: Weights, x: JaxArray, targets: JaxArray) =>
      computeLoss(jax, weights, x, targets),
    );
    const [loss, gradients] = differentiate(jax.tree.ref(weights), x, targets);
    const next: [Weights, Weights, Weights] = [{}, {}, {}];
    for (const [name, gradient] of Object.entries(gradients)) {
      const mean = means[name].mul(0.9).add(gradient.ref.mul(1 - 0.9));
      const meanSquare = squares[name].mul(0.999).add(square(gradient).mul(1 - 0.999));
      const spread = sqrt(meanSquare.ref.mul(squareCorrection.ref)).add(1e-8);
      const change = mean.ref.mul(meanCorrection.ref).div(spread).mul(LEARNING_RATE);
      next[0][name] = weights[name].sub(change);
      next[1][name] = mean;
      next[2][name] = meanSquare;
    }
    meanCorrection.dispose();
    squareCorrection.dispose();
    return [...next, loss];
  };
}

function prepareTraining(jax: Jax): () => Promise<number> {
  const { array, zeros } = jax.numpy;
  const { lists, items, width } = CONFIGURATION;
  const initial = [...initialWeights()];
  const make = (create: (initial: HostArray) => JaxArray): Weights =>
    Object.fromEntries(initial.map(([name, numbers]) => [name, create(numbers)]));
  let weights = make(({ data, shape }) => array(data).reshape(shape));
  let means = make(({ shape }) => zeros(shape));
  let squares = make(({ shape }) => zeros(shape));
  const batch = createBatch();
  const x = array(batch.x).reshape([lists * items, width]);
  const targets = array(batch.targets).reshape([lists, items]);
  const step = jax.jit(createStep(jax));
  let count = 0;
  return async () => {
    count++;
    const corrections = [array(1 / (1 - 0.9 ** count)), array(1 / (1 - 0.999 ** count))] as const;
    let loss: JaxArray;
    [weights, means, squares, loss] = step(weights, means, squares, corrections, x.ref, targets.ref);
    const [value] = await loss.data();
    await jax.blockUntilReady([weights, means, squares]);
    return value;
  };
}

export async function open(threads: number): Promise<Contender> {
  const jax = await start(threads);
  const { numpy, nn } = jax;
  const kernel =
    (compute: (...inputs: JaxArray[]) => JaxArray): PrepareKernel =>
    async (inputs: readonly HostArray[]) => {
      const arrays = inputs.map(({ data, shape }) => numpy.array(data).reshape(shape));
      await jax.blockUntilReady(arrays);
      const compiled = jax.jit(compute);
      const computeAgain = () => compiled(...arrays.map((array) => array.ref));
      return {
        async run() {
          // It is lazy: what nobody waits for is never computed.
          const result = computeAgain();
          await jax.blockUntilReady([result]);
          result.dispose();
        },
        read: () => computeAgain().data(),
      };
    };
  return {
    version: describePackage(PACKAGE),
    kernels: {
      matmul: kernel((a, b) => numpy.matmul(a, b)),
      "batched matmul": kernel((a, b) => numpy.matmul(a, b)),
      softmax: kernel((x) => nn.softmax(x, -1)),
      "log-sum-exp": kernel((x) => nn.logsumexp(x, -1)),
      "layer norm": kernel((x, gain, bias) => layerNorm(jax, x, gain, bias)),
    },
    prepareTraining: () => prepareTraining(jax),
  };
}
