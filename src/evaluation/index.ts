/** How good rankings are: metrics, statistics and tests, off-policy estimates, A/B arithmetic. Numbers in, numbers out. */
export * from "./ab-test.ts";
export * from "./graded-metrics.ts";
export * from "./judged-rankings.ts";
export * from "./off-policy.ts";
export * from "./ranking-metrics.ts";
export * from "./reward-report.ts";
export * from "./statistics.ts";
