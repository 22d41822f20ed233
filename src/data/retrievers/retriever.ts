/**
 * What a retriever is: it scores any item for any user, one of the log that it learned from or another of whom only a
 * history is known. Datasets ask it for candidates, and a ranker for the scores of the candidates of a request.
 */
import type { SafetensorsEntry } from "../../nn/index.ts";
import type { MetItems, ScoreItems } from "../retrieval.ts";

/** The retrievers by name. */
export const RETRIEVERS = ["matrix-factorization", "popularity", "item-neighbours"] as const;
/** One of {@link RETRIEVERS}. */
export type RetrieverName = (typeof RETRIEVERS)[number];

/** Who is asked for. */
export interface RetrieverQuery {
  /** Number of a user of the log; undefined for another. */
  readonly user: number | undefined;
  /** Numbers of the items met, oldest first, and whether each was liked. A retriever may know enough without them. */
  readonly history: MetItems;
}

/** What scores items for a user, to choose candidates from. */
export interface Retriever {
  readonly name: RetrieverName;
  readonly userCount: number;
  readonly itemCount: number;
  /** Whether it learned something of a user of the log; of one of whom it did not, the history says everything. */
  knows(user: number): boolean;
  /** How much the user wants an item, by its number: the higher, the more. */
  scoresFor(query: RetrieverQuery): (item: number) => number;
  /** What it knows of each item, T numbers that scores are linear in; T = 0 where it knows items by each other: [I, T]. */
  itemRows(): { readonly width: number; readonly data: Float64Array };
  /** As `scoresFor`, of an item whose row of T numbers is given. */
  rowScoresFor(query: RetrieverQuery): (row: ArrayLike<number>) => number;
  /** The same retriever with further items, which have these rows: [items, T], of which there may be none. */
  withItems(items: number, rows: Float64Array): Retriever;
  /** All that it knows, as a file holds it. */
  tensors(): ReadonlyMap<string, SafetensorsEntry>;
}

/**
 * Scores all items for users of the log, as the building of datasets asks for. Throws a RangeError for a user that is
 * not known, or room for another number of items.
 */
export function itemScorer(retriever: Retriever): ScoreItems {
  const { userCount, itemCount } = retriever;
  const score = (user: number, out: Float32Array, history: MetItems = []) => {
    if (!Number.isInteger(user) || user < 0 || user >= userCount) {
      throw new RangeError(`retriever: user ${user} is unknown; expected an integer from 0 to ${userCount - 1}`);
    }
    if (out.length !== itemCount) {
      throw new RangeError(`retriever: room for ${out.length} scores was given; expected ${itemCount}, one per item`);
    }
    const scoreOf = retriever.scoresFor({ user, history });
    for (let item = 0; item < itemCount; item++) out[item] = scoreOf(item);
  };
  return Object.assign(score, { knows: (user: number) => retriever.knows(user) });
}
