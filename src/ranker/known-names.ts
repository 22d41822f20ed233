/** What a ranker knows of names, features and sizes, and the most that it may be asked. */
import { type ObservedTables, observedTables } from "../data/features/encode-features.ts";
import type { FeatureScale } from "../data/features/feature-scale.ts";
import { ItemGuess } from "../data/retrievers/item-guess.ts";
import type { Retriever } from "../data/retrievers/retriever.ts";
import type { UserPasts } from "../data/user-pasts.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import type { RankerContent } from "./ranker-file.ts";

/** The most that a request may ask. */
export interface RankerLimits {
  readonly candidates: number;
  /** Entries of a history; the generator reads the last ones, as many as it was trained with. */
  readonly history: number;
}

/** What a ranker allows unless it is told otherwise. */
export const DEFAULT_LIMITS: RankerLimits = { candidates: 1000, history: 1000 };

export interface Names extends Pick<ModelShape, "listLength" | "candidateCount"> {
  readonly userNumbers: ReadonlyMap<string, number>;
  readonly itemIds: readonly string[];
  readonly itemNumbers: ReadonlyMap<string, number>;
  /** What is observed of users and items. */
  readonly users: ObservedTables;
  readonly items: ObservedTables;
  /** How the numbers that come with a request are scaled, where there are any. */
  readonly queryScale: FeatureScale | undefined;
  readonly candidateScale: FeatureScale | undefined;
  /** Whether each candidate must have a score. */
  readonly areScored: boolean;
  readonly retriever: Retriever | undefined;
  readonly pasts: UserPasts | undefined;
  /** What the retriever would know of items that it never saw; made when it is first needed. */
  guess(): ItemGuess | undefined;
  readonly limits: RankerLimits;
}

export function knownNames(
  { catalogue, retriever, pasts, shape, learnedItems }: RankerContent,
  limits: Partial<RankerLimits>,
): Names {
  const itemIds = namesOf(catalogue.itemCount, catalogue.itemIds);
  const items = observedTables(catalogue, "item");
  let guess: ItemGuess | undefined;
  return {
    userNumbers: byName(namesOf(catalogue.userCount, catalogue.userIds)),
    itemIds,
    itemNumbers: byName(itemIds),
    users: observedTables(catalogue, "user"),
    items,
    queryScale: catalogue.queryScale,
    candidateScale: catalogue.candidateScale,
    areScored: catalogue.areScored ?? !(catalogue.queryScale || catalogue.candidateScale),
    retriever,
    pasts,
    guess() {
      guess ??= retriever && ItemGuess.fit(items, retriever, learnedItems);
      return guess;
    },
    listLength: shape.listLength,
    candidateCount: shape.candidateCount,
    limits: { ...DEFAULT_LIMITS, ...limits },
  };
}

/** What the log calls each of `count` users or items: its number where it has no name. */
export function namesOf(count: number, ids: readonly string[] | undefined): readonly string[] {
  return ids ?? Array.from({ length: count }, (_, number) => String(number));
}

function byName(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name, number) => [name, number]));
}
