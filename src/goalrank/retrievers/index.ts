/** Retrievers: what scores all items for a user, to choose candidates from. */
export * from "./item-neighbours.ts";
export * from "./learn.ts";
export * from "./matrix-factorization.ts";
export * from "./matrix-retriever.ts";
export * from "./popularity.ts";
export * from "./recall.ts";
export * from "./restore.ts";
export * from "./retriever.ts";
export { ridgeRegression } from "./ridge-regression.ts";
