/**
 * Item-based nearest neighbours (Sarwar et al. 2001, Deshpande and Karypis 2004): whoever liked an item will like the
 * items that the same people liked. I items, K neighbours.
 */
import type { SafetensorsEntry } from "../../nn/index.ts";
import { bestItems } from "../best-items.ts";
import { gather } from "../dataset.ts";
import { type InteractionLog, positiveAt } from "../interactions.ts";
import { groupOffsets, rowsByGroup } from "../row-order.ts";
import type { Retriever, RetrieverQuery } from "./retriever.ts";
import { restoredTensor, tensorOf } from "./retriever-tensors.ts";

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
  if (!(shrinkage >= 0)) throw new RangeError(`item neighbours: shrinkage must be at least 0, got ${shrinkage}`);
  const itemCount = log.itemIds.length;
  const { offsets, items: liked } = likesOf(log, positiveThreshold);
  const likers: number[][] = Array.from({ length: itemCount }, () => []);
  for (let user = 0; user < log.userIds.length; user++) {
    for (let at = offsets[user]; at < offsets[user + 1]; at++) likers[liked[at]].push(user);
  }
  const items = new Int32Array(itemCount * neighbours).fill(-1);
  const similarities = new Float32Array(itemCount * neighbours);
  const together = new Int32Array(itemCount);
  const own = new Float32Array(itemCount);
  for (let item = 0; item < itemCount; item++) {
    together.fill(0);
    for (const user of likers[item]) {
      for (let at = offsets[user]; at < offsets[user + 1]; at++) together[liked[at]]++;
    }
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
 * What the most popular item scores by that alone: less than any neighbour adds, so that popularity orders only what no
 * neighbour tells apart (ours). For someone who likes nothing it orders everything.
 */
const POPULARITY = 1e-6;

/**
 * Scores an item for a user by the sum of its similarities to those of its neighbours that the user likes, in the log or
 * in a history, and, where that says nothing, by its popularity.
 */
export class ItemNeighbourRetriever implements Retriever {
  readonly name = "item-neighbours";

  /** POPULARITY for the item that most users like, for others in proportion: [I]. */
  private readonly popularity: Float64Array;

  private constructor(
    private readonly likes: GroupedItems,
    private readonly neighboured: NeighbouredItems,
  ) {
    this.popularity = new Float64Array(this.itemCount);
    for (const item of likes.items) this.popularity[item]++;
    const most = this.popularity.reduce((high, count) => Math.max(high, count), 1);
    for (let item = 0; item < this.itemCount; item++) this.popularity[item] *= POPULARITY / most;
  }

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
    return new ItemNeighbourRetriever(likesOf(log, options.positiveThreshold ?? 3), neighboured);
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

  knows(user: number): boolean {
    return this.likes.offsets[user + 1] > this.likes.offsets[user];
  }

  scoresFor({ user, history }: RetrieverQuery): (item: number) => number {
    const { offsets, items, similarities } = this.neighboured;
    const liked = new Set(history.filter((met) => met.liked).map((met) => met.item));
    if (user !== undefined) {
      const own = this.likes.items.subarray(this.likes.offsets[user], this.likes.offsets[user + 1]);
      for (const item of own) liked.add(item);
    }
    const scores = this.popularity.slice();
    for (const item of liked) {
      for (let at = offsets[item]; at < offsets[item + 1]; at++) scores[items[at]] += similarities[at];
    }
    return (item) => scores[item];
  }

  /** An item that nobody met is nobody's neighbour. */
  itemRows() {
    return { width: 0, data: new Float64Array(0) };
  }

  rowScoresFor(): () => number {
    return () => 0;
  }

  withItems(items: number): ItemNeighbourRetriever {
    const { offsets, ...neighboured } = this.neighboured;
    const last = offsets[offsets.length - 1];
    const more = new Int32Array(offsets.length + items).fill(last);
    more.set(offsets);
    return new ItemNeighbourRetriever(this.likes, { ...neighboured, offsets: more });
  }

  tensors(): Map<string, SafetensorsEntry> {
    const { likes, neighboured } = this;
    return new Map([
      ["like_offsets", tensorOf("I32", likes.offsets)],
      ["likes", tensorOf("I32", likes.items)],
      ["neighbour_offsets", tensorOf("I32", neighboured.offsets)],
      ["neighbours", tensorOf("I32", neighboured.items)],
      ["similarities", tensorOf("F32", neighboured.similarities)],
    ]);
  }
}

/** Items by what they belong to: those of number n are the items from `offsets[n]` to before `offsets[n + 1]`. */
interface GroupedItems {
  readonly offsets: Int32Array;
  readonly items: Int32Array;
}

/** The same pairs from the other side: of each item, in which items' neighbours it stands, and how similar these are. */
interface NeighbouredItems extends GroupedItems {
  readonly similarities: Float32Array;
}

function byNeighbour({ neighbours, items, similarities }: ItemNeighbours, itemCount: number): NeighbouredItems {
  const places = Int32Array.from(items.keys()).filter((place) => items[place] >= 0);
  const groups = gather(items, places);
  const offsets = groupOffsets(groups, itemCount);
  const ordered = gather(places, rowsByGroup(groups, offsets));
  return {
    offsets,
    items: ordered.map((place) => Math.floor(place / neighbours)),
    similarities: gather(similarities, ordered),
  };
}

/** The distinct items that each user likes, in the order in which the user met them. */
function likesOf(log: InteractionLog, positiveThreshold: number): GroupedItems {
  const isPositive = positiveAt(log, positiveThreshold);
  const offsets = new Int32Array(log.userIds.length + 1);
  const items: number[] = [];
  for (let user = 0; user < log.userIds.length; user++) {
    const liked = new Set<number>();
    for (let row = log.userOffsets[user]; row < log.userOffsets[user + 1]; row++) {
      if (isPositive(row)) liked.add(log.items[row]);
    }
    for (const item of liked) items.push(item);
    offsets[user + 1] = items.length;
  }
  return { offsets, items: Int32Array.from(items) };
}
