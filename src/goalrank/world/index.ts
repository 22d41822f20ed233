export { drawLog, type LogOptions, policyScores, redrawLists, retrieverScores } from "./logging.ts";
export * from "./oracle.ts";
export * from "./scenarios.ts";
export * from "./world.ts";
