/** The retrievers by name. */
export const RETRIEVERS = ["matrix-factorization", "popularity", "item-neighbours"] as const;
/** One of {@link RETRIEVERS}. */
export type RetrieverName = (typeof RETRIEVERS)[number];
