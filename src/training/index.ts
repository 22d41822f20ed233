/** How every model is trained: options, the loop, and who follows it. What writes files is not here: see `checkpoint-folder.ts`. */
export { evaluationBatches, TrainingBatches } from "./batches.ts";
export * from "./checkpoint.ts";
export { combineListeners, SILENT, type StepMetrics, type TrainingListener } from "./listener.ts";
export { Optimisation, type Update } from "./optimisation.ts";
export type { EarlyStoppingOptions, StageOptions, TrainingOptions } from "./options.ts";
export { checkTraining, DEFAULT_TRAINING } from "./options.ts";
export * from "./trainer.ts";
