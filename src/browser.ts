/** GoalRank in a page: all of `index.ts` that needs no files, and a ranker that is loaded from an address. */
export * from "./goalrank/portable.ts";
export { loadRanker } from "./goalrank/ranker/fetch-ranker.ts";
export * from "./nn/index.ts";
export * from "./tensor/index.ts";
