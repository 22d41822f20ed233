/** Temporary. */
export * from "./goalrank/generator.ts";
export * from "./methods/dnn.ts";
export * from "./nn/index.ts";
export { loadRanker } from "./ranker/fetch-ranker.ts";
export * from "./ranker/index.ts";
export * from "./tensor/index.ts";
