/** GoalRank for TypeScript: the ranker, and the tensor engine and layers that it is made of. */
export * from "./goalrank/index.ts";
export * from "./nn/index.ts";
export * from "./tensor/index.ts";
