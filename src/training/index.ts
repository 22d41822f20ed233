/** How every model is trained: options, the loop, and who follows it. What writes files is not here: see `checkpoint.ts`. */
export { evaluationBatches, TrainingBatches } from "./batches.ts";
export type { Checkpoint, CheckpointStore } from "./checkpoint.ts";
export { CheckpointError } from "./checkpoint-error.ts";
export { combineListeners, SILENT, type StepMetrics, type TrainingListener } from "./listener.ts";
export { Optimisation, type Update } from "./optimisation.ts";
export {
  checkTraining,
  DEFAULT_TRAINING,
  type EarlyStoppingOptions,
  type TrainingOptions,
} from "./options.ts";
export {
  type BatchLoss,
  type TrainingContext,
  TrainingInterrupted,
  type TrainingTask,
  train,
  type ValidationProgress,
} from "./trainer.ts";
