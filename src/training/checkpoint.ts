/** What a checkpoint is, and where a training finds and leaves it; as files of a folder, see checkpoint-folder.ts. */
import type { StateDict } from "../nn/index.ts";

/** How early stopping stands. */
export interface ValidationProgress {
  /** The best value of the metric so far. */
  readonly best: number;
  /** Validations since then. */
  readonly since: number;
}

/** A training between two steps, or at its end. */
export interface Checkpoint {
  /** Updates made. */
  readonly step: number;
  /** Whether nothing is left to train: the model holds its final weights. */
  readonly finished: boolean;
  /** Early stopping's, where there is any. */
  readonly validation: ValidationProgress | undefined;
  readonly tensors: StateDict;
}

/** Where a run's checkpoints are kept, by stage. */
export interface CheckpointStore {
  /** The newest checkpoint of `stage` that is whole. */
  load(stage: string): Promise<Checkpoint | undefined>;
  save(stage: string, checkpoint: Checkpoint): Promise<void>;
}

/** A checkpoint that cannot be used, or cannot be written. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}
