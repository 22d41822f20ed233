/**
 * The training loop of every model: batches, updates, validation with early stopping, and checkpoints from which a run
 * goes on with the same bits.
 */
import type { Module, StateDict } from "../nn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import { TrainingBatches } from "./batches.ts";
import type { Checkpoint, CheckpointStore, ValidationProgress } from "./checkpoint.ts";
import { CheckpointError } from "./checkpoint.ts";
import { SILENT, type StepMetrics, type TrainingListener } from "./listener.ts";
import { Optimisation, prefixed, withoutPrefix } from "./optimisation.ts";
import { checkTraining, type EarlyStoppingOptions, type TrainingOptions } from "./options.ts";

/** The loss of a batch, and what else is to be logged of it once the update is made. */
export interface BatchLoss {
  /** A scalar. */
  readonly loss: Tensor;
  describe?(): Promise<StepMetrics>;
}

/** What is trained, on what. */
export interface TrainingTask {
  /** Names the model in reports and checkpoints, and keys the order of the rows. */
  readonly stage: string;
  readonly model: Module;
  /** Rows to learn from. */
  readonly size: number;
  /** Models besides the trained one whose weights change while it trains, by name. */
  readonly companions?: ReadonlyMap<string, Module>;
  /** @param batch counts batches from 0, to key random choices */
  computeLoss(rows: Int32Array, batch: number): BatchLoss | Promise<BatchLoss>;
  /** Judges the model on held-out data; it must leave no trace in the training. */
  validate?(): Promise<StepMetrics>;
}

/** What surrounds a training. */
export interface TrainingContext {
  readonly listener?: TrainingListener | undefined;
  /** Where checkpoints are kept, and looked for before the first step. */
  readonly checkpoints?: CheckpointStore | undefined;
  /**
   * How many updates a model gets, where that was found out before: it is then not validated.
   * @param earlyStopping what its options say of that
   */
  stepsOf?(stage: string, earlyStopping?: EarlyStoppingOptions): number | undefined;
  /** Once aborted, training saves a checkpoint after the current step and throws {@link TrainingInterrupted}. */
  readonly signal?: AbortSignal | undefined;
}

/** Training stopped because it was told to. */
export class TrainingInterrupted extends Error {
  override readonly name = "TrainingInterrupted";

  constructor(stage: string, step: number, totalSteps: number, saved: boolean) {
    super(
      `${stage}: interrupted after step ${step} of ${totalSteps}, ${saved ? "which is saved" : "nothing is saved"}`,
    );
  }
}

/**
 * Trains a model, or what is left to train of it after the newest checkpoint.
 * @throws NonFiniteError at the first step whose loss, gradients or updated parameters hold NaN or infinity
 * @throws TrainingInterrupted when the context's signal is aborted
 * @throws CheckpointError when the newest checkpoint is of another model
 * @throws RangeError for an option out of range
 */
export async function train(
  task: TrainingTask,
  options: TrainingOptions,
  { listener = SILENT, checkpoints, stepsOf, signal }: TrainingContext = {},
): Promise<void> {
  const { stage } = task;
  const steps = stepsOf?.(stage, options.earlyStopping);
  using run = steps === undefined ? new TrainingRun(task, options) : trainingOfSteps(steps, task, options);
  const saved = await checkpoints?.load(stage);
  if (saved !== undefined) run.restore(saved);
  else await run.optimisation.checkParameters();
  listener.begin(stage, run.totalSteps, run.step);
  while (!run.finished) {
    await nextTurn();
    if (signal?.aborted) {
      await checkpoints?.save(stage, await run.checkpoint());
      throw new TrainingInterrupted(stage, run.step, run.totalSteps, checkpoints !== undefined);
    }
    const metrics = await run.advance();
    listener.step(stage, run.step - 1, metrics);
    const judged = await run.validateIfDue();
    if (judged !== undefined) listener.validation?.(stage, run.step - 1, judged);
    if (!run.finished && run.step % options.checkpointEvery === 0) {
      await checkpoints?.save(stage, await run.checkpoint());
    }
  }
  if (saved?.finished !== true) {
    run.keepBest();
    await checkpoints?.save(stage, await run.checkpoint());
  }
  task.model.train(false);
  listener.end(stage);
}

/** A training of so many updates, which pass over the rows as often as it takes. */
function trainingOfSteps(steps: number, task: TrainingTask, options: TrainingOptions): TrainingRun {
  const { validate: _, ...unjudged } = task;
  const { validateEvery: __, earlyStopping: ___, ...others } = options;
  const perEpoch = Math.ceil(task.size / options.batchSize);
  const epochs = Math.max(1, Math.ceil((steps * options.accumulation) / perEpoch));
  return new TrainingRun(unjudged, { ...others, epochs }, steps);
}

/**
 * Gives signals, timers and sockets their turn: on the CPU device nothing that a step awaits takes time of its own, so
 * that without this a training would not hear a Ctrl-C before its end.
 */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve);
  });
}

/** A training between two of its steps. */
class TrainingRun {
  readonly totalSteps: number;
  private readonly batches: TrainingBatches;
  readonly optimisation: Optimisation;
  private readonly watch: BestWeights | undefined;
  private readonly validateEvery: number;
  private isStopped = false;

  constructor(
    private readonly task: TrainingTask,
    private readonly options: TrainingOptions,
    mostSteps = Number.POSITIVE_INFINITY,
  ) {
    checkTraining(options);
    const { stage, model, size, validate } = task;
    const { earlyStopping, validateEvery } = options;
    if (validate === undefined && (earlyStopping ?? validateEvery) !== undefined) {
      throw new RangeError(`${stage}: there is nothing to validate on; leave out validateEvery and earlyStopping`);
    }
    this.batches = new TrainingBatches(stage, size, options);
    this.totalSteps = Math.min(mostSteps, Math.ceil(this.batches.count / options.accumulation));
    this.optimisation = new Optimisation(model, this.totalSteps, options, stage);
    this.watch = earlyStopping && new BestWeights(earlyStopping);
    this.validateEvery = validateEvery ?? this.totalSteps;
  }

  /** Updates made. */
  get step(): number {
    return this.optimisation.steps;
  }

  get finished(): boolean {
    return this.isStopped || this.step >= this.totalSteps;
  }

  /** One update, over as many batches as are accumulated (fewer at the end) -> what is logged of it. */
  async advance(): Promise<StepMetrics> {
    using _ = scope();
    const { accumulation } = this.options;
    const first = this.step * accumulation;
    const count = Math.min(accumulation, this.batches.count - first);
    const collected: StepMetrics[] = [];
    this.task.model.train();
    for (let batch = first; batch < first + count; batch++) {
      const { loss, describe } = await this.task.computeLoss(this.batches.rows(batch), batch);
      (count === 1 ? loss : loss.mul(1 / count)).backward();
      // The last batch's update comes before its description, so that nothing waits on the device in between.
      const used = batch === first + count - 1 ? await this.optimisation.update(loss).read() : undefined;
      collected.push({ loss: await loss.item(), ...(await describe?.()), ...used });
    }
    return averageMetrics(collected);
  }

  /** Validates after every so many updates and after the last; remembers the best weights and when to stop. */
  async validateIfDue(): Promise<StepMetrics | undefined> {
    const { validate, model } = this.task;
    if (validate === undefined || (!this.finished && this.step % this.validateEvery !== 0)) return undefined;
    model.train(false);
    const metrics = await validate();
    if (this.watch !== undefined) {
      await this.watch.observe(metrics, model);
      this.isStopped ||= this.watch.isExhausted;
    }
    return metrics;
  }

  /** Gives the model the best weights that validation saw. */
  keepBest(): void {
    if (this.watch?.weights !== undefined) this.task.model.loadStateDict(this.watch.weights);
  }

  async checkpoint(): Promise<Checkpoint> {
    const { step, finished, watch } = this;
    const parts = [await this.optimisation.stateDict()];
    for (const [name, model] of this.task.companions ?? []) {
      parts.push(prefixed(`companion.${name}.`, await model.stateDict()));
    }
    if (watch?.weights !== undefined && !finished) parts.push(prefixed("best.", watch.weights));
    const tensors = new Map(parts.flatMap((part) => [...part]));
    return { step, finished, validation: watch?.progress, tensors };
  }

  restore({ finished, validation, tensors }: Checkpoint): void {
    try {
      this.optimisation.loadStateDict(tensors);
      for (const [name, model] of this.task.companions ?? []) {
        model.loadStateDict(withoutPrefix(`companion.${name}.`, tensors));
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const problem = `the checkpoint of "${this.task.stage}" does not fit the model (${reason})`;
      throw new CheckpointError(`${problem}; start a new run`, { cause: error });
    }
    const best = withoutPrefix("best.", tensors);
    if (validation !== undefined) this.watch?.restore(validation, best.size > 0 ? best : undefined);
    this.isStopped = finished;
  }

  [Symbol.dispose](): void {
    this.optimisation[Symbol.dispose]();
  }
}

/** The weights of the best validation so far. */
class BestWeights {
  weights: StateDict | undefined;
  progress: ValidationProgress | undefined;

  constructor(private readonly options: EarlyStoppingOptions) {}

  get isExhausted(): boolean {
    return this.progress !== undefined && this.progress.since >= this.options.patience;
  }

  async observe(metrics: StepMetrics, model: Module): Promise<void> {
    const { metric, better } = this.options;
    const value = metrics[metric];
    if (!Number.isFinite(value)) {
      throw new RangeError(
        `early stopping: validation gives no finite "${metric}" (${value}); it gives ${Object.keys(metrics).join(", ")}`,
      );
    }
    const before = this.progress;
    const isBetter = before === undefined || (better === "higher" ? value > before.best : value < before.best);
    if (isBetter) this.weights = await model.stateDict();
    this.progress = isBetter ? { best: value, since: 0 } : { best: before.best, since: before.since + 1 };
  }

  restore(progress: ValidationProgress, weights: StateDict | undefined): void {
    this.progress = progress;
    this.weights = weights;
  }
}

/** Means by name, each over the batches that have it. */
function averageMetrics(batches: readonly StepMetrics[]): StepMetrics {
  const names = new Set(batches.flatMap((metrics) => Object.keys(metrics)));
  const average = (name: string) => {
    const values = batches.flatMap((metrics) => (name in metrics ? [metrics[name]] : []));
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return Object.fromEntries([...names].map((name) => [name, average(name)]));
}
