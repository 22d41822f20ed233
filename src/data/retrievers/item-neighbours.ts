/**
 * Item-based nearest neighbours (Sarwar et al. 2001, Deshpande and Karypis 2004): whoever liked an item will like the
 * items that the same people liked. I items, K neighbours.
 */
import type { SafetensorsEntry } from "../../nn/index.ts";
import { bestItems } from "../best-items.ts";
import type { InteractionLog } from "../interactions.ts";
import { positiveAt } from "../lists.ts";
import { restoredTensor } from "./restored-tensors.ts";
import type { Retriever, RetrieverQuery } from "./retriever.ts";

/** Of item neighbours. */
export interface ItemNeighbourOptions {
  /** Feedback of at least this much is a positive: 3 unless given. */
  readonly positiveThreshold?: number;
  /** Most similar items that are kept of each item, K: 100 unless given. */
  readonly neighbours?: number;
  /** Added to the cosine's denominator, so that few common users make no strong tie: 10 unless given. */
  readonly shrinkage?: number;
}

/** The K items most similar to each item, the most similar first, ties by item number. */
export interface ItemNeighbours {
  readonly neighbours: number;
  /** Item numbers, -1 where there are fewer similar ones: [I, K]. */
  readonly items: Int32Array;
  /** Similarities, over 0: [I, K]. */
  readonly similarities: Float32Array;
}

/**
 * The most similar items of each item. Where n_i users like item i and n_ij both i and j, the similarity is
 * n_ij / (sqrt(n_i n_j) + shrinkage). Takes time in proportion to the sum over users of the squared number of items
 * that they like.
 *
 * @param log the interactions to learn from, such as `trainingInteractions` gives
 * @throws RangeError unless `neighbours` is a positive integer and `shrinkage` at least 0
 */
export function findItemNeighbours(log: InteractionLog, options: ItemNeighbourOptions = {}): ItemNeighbours {
  const { positiveThreshold = 3, neighbours = 100, shrinkage = 10 } = options;
  if (!Number.isInteger(neighbours) || neighbours < 1) {
    throw new RangeError(`item neighbours: neighbours must be a positive integer, got ${neighbours}`);
  }
  if (!(shrinkage >= 0))
    throw new RangeError(`item neighbours: shrinkage must be at least 0, got ${shrinkage}`);
  const itemCount = log.itemIds.length;
  const likedBy = likedItems(log, positiveThreshold);
  const likers: number[][] = Array.from({ length: itemCount }, () => []);
  likedBy.forEach((items, user) => {
    for (const item of items) likers[item].push(user);
  });
  const items = new Int32Array(itemCount * neighbours).fill(-1);
  const similarities = new Float32Array(itemCount * neighbours);
  const together = new Int32Array(itemCount);
  const own = new Float32Array(itemCount);
  for (let item = 0; item < itemCount; item++) {
    together.fill(0);
    for (const user of likers[item]) for (const other of likedBy[user]) together[other]++;
    for (let other = 0; other < itemCount; other++) {
      const scale = Math.sqrt(likers[item].length * likers[other].length) + shrinkage;
      own[other] = other !== item && together[other] > 0 ? together[other] / scale : Number.NEGATIVE_INFINITY;
    }
    bestItems(own, neighbours).forEach((other, place) => {
      items[item * neighbours + place] = other;
      similarities[item * neighbours + place] = own[other];
    });
  }
  return { neighbours, items, similarities };
}

/**
 * Scores an item for a user by the sum of its similarities to those of its neighbours that the user likes, in the log or
 * in a history. A user who likes nothing scores every item 0.
 */
export class ItemNeighbourRetriever implements Retriever {
  readonly name = "item-neighbours";

  private constructor(
    private readonly likes: Likes,
    private readonly neighboured: NeighbouredItems,
  ) {}

  get userCount(): number {
    return this.likes.offsets.length - 1;
  }

  get itemCount(): number {
    return this.neighboured.offsets.length - 1;
  }

  /**
   * @param log the interactions to learn from, such as `trainingInteractions` gives
   * @throws RangeError as {@link findItemNeighbours} does
   */
  static learn(log: InteractionLog, options: ItemNeighbourOptions = {}): ItemNeighbourRetriever {
    const neighboured = byNeighbour(findItemNeighbours(log, options), log.itemIds.length);
    return new ItemNeighbourRetriever(
      joinLikes(likedItems(log, options.positiveThreshold ?? 3)),
      neighboured,
    );
  }

  /** @throws RangeError for tensors that are not those of {@link tensors} */
  static restore(tensors: ReadonlyMap<string, SafetensorsEntry>): ItemNeighbourRetriever {
    const integers = (name: string) => restoredTensor(tensors, name, Int32Array, 1).data;
    return new ItemNeighbourRetriever(
      { offsets: integers("like_offsets"), items: integers("likes") },
      {
        offsets: integers("neighbour_offsets"),
        items: integers("neighbours"),
        similarities: restoredTensor(tensors, "similarities", Float32Array, 1).data,
      },
    );
  }

  scoresFor({ user, history }: RetrieverQuery): (item: number) => number {
    const { offsets, items, similarities } = this.neighboured;
    const liked = new Set(history.filter((met) => met.liked).map((met) => met.item));
    if (user !== undefined) {
      const own = this.likes.items.subarray(this.likes.offsets[user], this.likes.offsets[user + 1]);
      for (const item of own) liked.add(item);
    }
    const scores = new Float64Array(this.itemCount);
    for (const item of liked) {
      for (let at = offsets[item]; at < offsets[item + 1]; at++) scores[items[at]] += similarities[at];
    }
    return (item) => scores[item];
  }

  tensors(): Map<string, SafetensorsEntry> {
    const { likes, neighboured } = this;
    const integers = (data: Int32Array): SafetensorsEntry => ({ dtype: "I32", shape: [data.length], data });
    const { similarities } = neighboured;
    return new Map<string, SafetensorsEntry>([
      ["like_offsets", integers(likes.offsets)],
      ["likes", integers(likes.items)],
      ["neighbour_offsets", integers(neighboured.offsets)],
      ["neighbours", integers(neighboured.items)],
      ["similarities", { dtype: "F32", shape: [similarities.length], data: similarities }],
    ]);
  }
}

/** The same pairs from the other side: of each item, in which items' neighbours it stands. */
interface NeighbouredItems {
  /** The pairs of item j are those from `offsets[j]` to before `offsets[j + 1]`: [I + 1]. */
  readonly offsets: Int32Array;
  readonly items: Int32Array;
  readonly similarities: Float32Array;
}

function byNeighbour(
  { neighbours, items, similarities }: ItemNeighbours,
  itemCount: number,
): NeighbouredItems {
  const offsets = new Int32Array(itemCount + 1);
  for (const neighbour of items) if (neighbour >= 0) offsets[neighbour + 1]++;
  for (let item = 0; item < itemCount; item++) offsets[item + 1] += offsets[item];
  const next = offsets.slice();
  const pairs = {
    items: new Int32Array(offsets[itemCount]),
    similarities: new Float32Array(offsets[itemCount]),
  };
  items.forEach((neighbour, at) => {
    if (neighbour < 0) return;
    const place = next[neighbour]++;
    pairs.items[place] = Math.floor(at / neighbours);
    pairs.similarities[place] = similarities[at];
  });
  return { offsets, ...pairs };
}

/** The items that user u likes are those from `offsets[u]` to before `offsets[u + 1]`: [U + 1]. */
interface Likes {
  readonly offsets: Int32Array;
  readonly items: Int32Array;
}

function joinLikes(likedBy: readonly Int32Array[]): Likes {
  const offsets = new Int32Array(likedBy.length + 1);
  likedBy.forEach((items, user) => {
    offsets[user + 1] = offsets[user] + items.length;
  });
  const items = new Int32Array(offsets[likedBy.length]);
  likedBy.forEach((own, user) => {
    items.set(own, offsets[user]);
  });
  return { offsets, items };
}

/** The distinct items that each user likes. */
function likedItems(log: InteractionLog, positiveThreshold: number): readonly Int32Array[] {
  const isPositive = positiveAt(log, positiveThreshold);
  return log.userIds.map((_, user) => {
    const liked = new Set<number>();
    for (let row = log.userOffsets[user]; row < log.userOffsets[user + 1]; row++) {
      if (isPositive(row)) liked.add(log.items[row]);
    }
    return Int32Array.from(liked);
  });
}
