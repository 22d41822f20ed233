/** Retrievers: what scores all items for a user, to choose candidates from. */
export * from "./item-neighbours.ts";
export * from "./matrix-factorization.ts";
export * from "./popularity.ts";
export * from "./recall.ts";
