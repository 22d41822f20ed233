export { drawLog, type LogOptions, policyScores, retrieverScores } from "./logging.ts";
export * from "./oracle.ts";
export * from "./scenarios.ts";
export * from "./world.ts";
