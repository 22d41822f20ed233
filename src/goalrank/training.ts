/** What every model's training shares: batches in random order, the update of a step, and what is reported of it. */
import { AdamW, clipScale, type Module, NonFiniteScan, warmupCosine } from "../nn/index.ts";
import { Random, scope, type Tensor } from "../tensor/index.ts";

export interface TrainingOptions {
  readonly epochs: number;
  /** Requests in a batch: B. */
  readonly batchSize: number;
  /** Of AdamW, at the end of warm-up. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Largest norm of all gradients together. */
  readonly clipNorm: number;
  /** Share of the steps over which the learning rate grows to its peak. */
  readonly warmup: number;
  readonly seed: number;
}

export const DEFAULT_TRAINING: TrainingOptions = {
  epochs: 1,
  batchSize: 128,
  learningRate: 2e-3,
  weightDecay: 1e-4,
  clipNorm: 5,
  warmup: 0.05,
  seed: 1,
};

/** What is logged of a step: the quantities that were used, by name. */
export type StepMetrics = Readonly<Record<string, number>>;

/** Follows training. */
export interface TrainingListener {
  /** A model starts to train for `totalSteps` steps. */
  begin(stage: string, totalSteps: number): void;
  step(stage: string, step: number, metrics: StepMetrics): void;
  end(stage: string): void;
}

export const SILENT: TrainingListener = { begin() {}, step() {}, end() {} };

/**
 * Steps that `epochs` over `size` rows take; the last batch of an epoch may be smaller.
 * @throws RangeError unless epochs and batch size are positive integers
 */
export function countSteps(size: number, { epochs, batchSize }: TrainingOptions): number {
  for (const [name, value] of Object.entries({ epochs, batchSize })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`training: ${name} must be a positive integer, got ${value}`);
    }
  }
  return epochs * Math.ceil(size / batchSize);
}

/** Rows of each step: every epoch in a new order, keyed by the seed, the stage and the epoch. */
export function* trainingBatches(
  stage: string,
  size: number,
  options: TrainingOptions,
): Generator<Int32Array> {
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const order = new Random({ seed: options.seed, stream: `${stage} order`, step: epoch }).permutation(size);
    for (let start = 0; start < size; start += options.batchSize) {
      yield order.subarray(start, Math.min(start + options.batchSize, size));
    }
  }
}

/** Rows 0 to `size` - 1 in order, in batches: for evaluation. */
export function* evaluationBatches(size: number, batchSize = 128): Generator<Int32Array> {
  for (let start = 0; start < size; start += batchSize) {
    yield Int32Array.from({ length: Math.min(batchSize, size - start) }, (_, i) => start + i);
  }
}

/** An update that was made; what it used is on the device until it is read. */
export interface Update {
  /**
   * Waits for the learning rate and the norm of all gradients together, before clipping.
   * @throws NonFiniteError when the loss, a gradient, or an updated parameter holds NaN or infinity
   */
  read(): Promise<{ readonly learningRate: number; readonly gradientNorm: number }>;
}

/** AdamW with clipping, warm-up and cosine decay over a known number of steps. */
export class Optimisation {
  private readonly optimiser: AdamW;
  private readonly parameters: ReadonlyMap<string, Tensor>;
  private done = 0;

  /** @param stage names the model in errors */
  constructor(
    model: Module,
    private readonly totalSteps: number,
    private readonly options: TrainingOptions,
    private readonly stage = "training",
  ) {
    this.parameters = model.namedParameters();
    this.optimiser = new AdamW([...this.parameters.values()], options);
  }

  /** @throws NonFiniteError when a parameter holds NaN or infinity: no training would mend it */
  async checkParameters(): Promise<void> {
    using _ = scope();
    await new NonFiniteScan(this.parameters).check(`${this.stage}, before the first step`);
  }

  /** Differentiates `loss`, updates the model, and clears its gradients. */
  update(loss: Tensor): Update {
    const { learningRate: peak, warmup, clipNorm } = this.options;
    const schedule = { peak, warmupSteps: Math.ceil(warmup * this.totalSteps), totalSteps: this.totalSteps };
    const learningRate = warmupCosine(this.done++, schedule);
    loss.backward();
    const { norm, scale } = clipScale(this.optimiser.parameters, clipNorm);
    this.optimiser.step({ learningRate, gradientScale: scale });
    const scan = new NonFiniteScan(this.watched(loss));
    this.optimiser.zeroGrad();
    const when = `${this.stage}, step ${this.done} of ${this.totalSteps}`;
    return {
      async read() {
        const [gradientNorm] = await Promise.all([norm.item(), scan.check(when)]);
        return { learningRate, gradientNorm };
      },
    };
  }

  /** Gradients first: they are what breaks the parameters. */
  private watched(loss: Tensor): Map<string, Tensor> {
    const tensors = new Map<string, Tensor>();
    for (const [name, { grad }] of this.parameters) {
      if (grad !== undefined) tensors.set(`the gradient of ${name}`, grad);
    }
    for (const [name, parameter] of this.parameters) tensors.set(name, parameter);
    return tensors.set("the loss", loss);
  }

  [Symbol.dispose](): void {
    this.optimiser.dispose();
  }
}

/**
 * Trains `model` on the rows of `size`: one update of `computeLoss` for each batch.
 *
 * @param stage names the model in what is reported, and keys the order of the rows
 * @throws NonFiniteError at the first step whose loss, gradients or updated parameters hold NaN or infinity
 */
export async function trainModel(
  stage: string,
  model: Module,
  size: number,
  options: TrainingOptions,
  computeLoss: (rows: Int32Array, step: number) => Tensor,
  listener: TrainingListener = SILENT,
): Promise<void> {
  const totalSteps = countSteps(size, options);
  using optimisation = new Optimisation(model, totalSteps, options, stage);
  await optimisation.checkParameters();
  listener.begin(stage, totalSteps);
  model.train();
  let step = 0;
  for (const rows of trainingBatches(stage, size, options)) {
    using _ = scope();
    const loss = computeLoss(rows, step);
    const used = await optimisation.update(loss).read();
    listener.step(stage, step++, { loss: await loss.item(), ...used });
  }
  model.train(false);
  listener.end(stage);
}
