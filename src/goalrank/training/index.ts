/** How every model is trained: options, the loop, checkpoints, and who follows it. */
export { evaluationBatches, TrainingBatches } from "./batches.ts";
export { type Checkpoint, CheckpointError, CheckpointFolder, type CheckpointStore } from "./checkpoint.ts";
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
