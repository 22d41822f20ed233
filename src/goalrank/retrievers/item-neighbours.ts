/**
 * Item-based nearest neighbours (Sarwar et al. 2001, Deshpande and Karypis 2004): whoever liked an item will like the
 * items that the same people liked. I items, K neighbours.
 */
import { bestItems, type InteractionLog, positiveAt, type ScoreItems } from "../data/index.ts";
import { checkScoreRequest } from "./score-request.ts";

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
 * Scores an item for a user by the sum of its similarities to those of its neighbours that the user likes in `log`.
 * A user who likes nothing there scores every item 0.
 *
 * @throws RangeError as {@link findItemNeighbours} does
 */
export function itemNeighbourScorer(log: InteractionLog, options: ItemNeighbourOptions = {}): ScoreItems {
  const likedBy = likedItems(log, options.positiveThreshold ?? 3);
  const itemCount = log.itemIds.length;
  const { offsets, items, similarities } = byNeighbour(findItemNeighbours(log, options), itemCount);
  const scores = new Float64Array(itemCount);
  return (user, out) => {
    checkScoreRequest(user, likedBy.length, out, itemCount);
    scores.fill(0);
    for (const liked of likedBy[user]) {
      for (let at = offsets[liked]; at < offsets[liked + 1]; at++) scores[items[at]] += similarities[at];
    }
    out.set(scores);
  };
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
