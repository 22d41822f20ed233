/** What of GoalRank runs anywhere, in browsers too: models, training, ranking, the embedded world; no files. */
export * from "./ab-test.ts";
export { PointwiseRanker } from "./baselines/dnn.ts";
export * from "./baselines/index.ts";
export { PersonalisedReranker, type PrmOptions, prmTask } from "./baselines/prm.ts";
export { candidateBatch, listBatch, type RequestBatch } from "./batch.ts";
export { CandidateEncoder } from "./candidate-encoder.ts";
export { CandidateMemory, type CandidateMemoryOptions } from "./candidate-memory.ts";
export * from "./dataset.ts";
export * from "./decoding/index.ts";
export * from "./feedback.ts";
export {
  type DecodingState,
  Generator,
  type GeneratorMemory,
  type GeneratorOptions,
} from "./generator.ts";
export * from "./groups/index.ts";
export * from "./list-judge.ts";
export * from "./metrics.ts";
export * from "./objectives/index.ts";
export * from "./off-policy.ts";
export * from "./ranker/index.ts";
export * from "./rankers.ts";
export * from "./retrievers/index.ts";
export * from "./reward-model.ts";
export * from "./reward-report.ts";
export * from "./statistics.ts";
export * from "./tasks/index.ts";
export * from "./theorem/index.ts";
export * from "./training/index.ts";
export * from "./world/index.ts";
