/** How a model is trained: everything that a run may set. */
import { SCHEDULES, type ScheduleName } from "../nn/index.ts";

/** How a model is trained. */
export interface TrainingOptions {
  readonly epochs: number;
  /** Requests in a batch: B. */
  readonly batchSize: number;
  /** Batches whose gradients are averaged for one update. */
  readonly accumulation: number;
  /** Of AdamW, at the end of warm-up. */
  readonly learningRate: number;
  /** How the learning rate falls after warm-up. */
  readonly schedule: ScheduleName;
  /** Share of the updates over which the learning rate grows to its peak. */
  readonly warmup: number;
  readonly weightDecay: number;
  /** Largest norm of all gradients together. */
  readonly clipNorm: number;
  readonly seed: number;
  /** Updates between two validations; undefined: only after the last. It needs a task that can validate. */
  readonly validateEvery?: number | undefined;
  /** When to stop early, and which weights to keep. */
  readonly earlyStopping?: EarlyStoppingOptions | undefined;
  /** Updates between two checkpoints, where the run keeps any. */
  readonly checkpointEvery: number;
}

/** When training ends before its last epoch. */
export interface EarlyStoppingOptions {
  /** Name of a validation metric; the weights of its best value are kept. */
  readonly metric: string;
  readonly better: "higher" | "lower";
  /** Validations without improvement after which training ends. */
  readonly patience: number;
}

/** What {@link TrainingOptions} are unless given. */
export const DEFAULT_TRAINING: TrainingOptions = {
  epochs: 1,
  batchSize: 128,
  accumulation: 1,
  learningRate: 2e-3,
  schedule: "cosine",
  warmup: 0.05,
  weightDecay: 1e-4,
  clipNorm: 5,
  seed: 1,
  checkpointEvery: 200,
};

/** @throws RangeError for a number out of range, before anything is trained */
export function checkTraining(options: TrainingOptions): void {
  const { epochs, batchSize, accumulation, checkpointEvery, validateEvery = 1, earlyStopping } = options;
  const counts = { epochs, batchSize, accumulation, checkpointEvery, validateEvery };
  for (const [name, value] of Object.entries({ ...counts, patience: earlyStopping?.patience ?? 1 })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`training: ${name} must be a positive integer, got ${value}`);
    }
  }
  const { learningRate, clipNorm, warmup, weightDecay } = options;
  for (const [name, value] of Object.entries({ learningRate, clipNorm })) {
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`training: ${name} must be a positive number, got ${value}`);
    }
  }
  if (!(warmup >= 0 && warmup <= 1)) {
    throw new RangeError(`training: warmup is a share of the updates from 0 to 1, got ${warmup}`);
  }
  if (!(weightDecay >= 0))
    throw new RangeError(`training: weightDecay must not be negative, got ${weightDecay}`);
  if (!SCHEDULES.includes(options.schedule)) {
    throw new RangeError(
      `training: no schedule "${options.schedule}"; expected one of ${SCHEDULES.join(", ")}`,
    );
  }
}
