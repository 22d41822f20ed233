/** How models are trained, one by itself or a whole run of them, and how a run compares what came out. */
export * from "../training/index.ts";
export { type Advantage, compareMethods, type FinishedRun, type RunResult, run } from "./compare.ts";
export { comparisonTable, formatComparison } from "./comparison-text.ts";
export { type RunData, type WorldDataOptions, worldData } from "./data.ts";
export type { MethodResult } from "./evaluate-lists.ts";
export { type LearningRecord, LearningRecords } from "./learning-records.ts";
export { generatorOf, type TrainedMethod } from "./methods.ts";
export type { Choice, Gate, Verdict } from "./result-schema.ts";
export type { Rival } from "./rival.ts";
export { DEFAULT_RUN, LOG_RUN, type RunSettings } from "./settings.ts";
export type { TrainedRanker, TrainingProgress, TrainRankerContext, TrainRankerOptions } from "./train-ranker.ts";
export { formatVerdict } from "./verdict/verdict.ts";
