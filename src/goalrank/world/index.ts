/** The embedded world: a simulator with a known reward, its logs, and the best that can be had in it. */

export { collectFeedback, loggingLogProbabilities } from "./feedback.ts";
export { drawLog, type LogOptions, policyScores, redrawLists, retrieverScores } from "./logging.ts";
export * from "./oracle.ts";
export * from "./scenarios.ts";
export { OUTCOMES, type SessionOutcomes, simulateSessions, VIEW_SECONDS } from "./sessions.ts";
export * from "./world.ts";
