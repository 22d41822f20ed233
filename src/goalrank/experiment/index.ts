/** Whole experiments: their data, their settings, the models they train, and the comparison of all methods. */
export * from "./anatomy.ts";
export * from "./data.ts";
export * from "./evaluation.ts";
export {
  type ExperimentModels,
  type JudgeModels,
  modelWeights,
  restoreModels,
  trainGenerator,
  trainJudge,
  trainModels,
} from "./models.ts";
export { type OffPolicyReport, offPolicyReport } from "./off-policy-report.ts";
export * from "./options.ts";
export * from "./run.ts";
