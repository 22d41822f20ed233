/** GoalRank (arXiv 2509.22046): what is ranked, learned and measured. */
export * from "./data/index.ts";
export * from "./experiment/index.ts";
export * from "./portable.ts";
export { loadRanker, RANKER_FILE } from "./ranker/load-ranker.ts";
export { CheckpointFolder } from "./training/checkpoint.ts";
