/** How good rankings are: metrics, statistics and tests, off-policy estimates, A/B arithmetic. Numbers in, numbers out. */
export * from "./ab-test.ts";
export * from "./off-policy.ts";
export {
  type AverageMetrics,
  areaUnderCurve,
  averageMetrics,
  type RankingInput,
  type RankingMetrics,
  rankByScore,
  rankingMetrics,
  type UserInput,
  type UserMetrics,
  userMetrics,
} from "./ranking-metrics.ts";
export { type CalibrationBin, type OrderAccuracy, type RewardReport, rewardReport } from "./reward-report.ts";
export {
  averageRanks,
  type ConfidenceInterval,
  holm,
  mean,
  meanConfidenceInterval,
  meanHalfWidth,
  pearsonCorrelation,
  randomisationTest,
  spearmanCorrelation,
  standardDeviation,
  studentTQuantile,
} from "./statistics.ts";
