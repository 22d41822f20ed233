/**
 * Sub-selection that enforces gaps. As in appendix C: of a larger pool of lists, ranked by reward, those at uniformly
 * spaced ranks make the group, the best and the worst included. By Eq. 3: of lists that are predicted to be worth nearly
 * the same only one is kept.
 */
import { rankByScore } from "../../evaluation/ranking-metrics.ts";
import type { Groups } from "./lists.ts";

/** Groups of G lists that were selected from a pool of P; their sources may differ from request to request. */
export interface SelectedGroups extends Omit<Groups, "sources"> {
  /** Places in the pool, by falling reward, repetitions last: [B, G]. */
  readonly places: Int32Array;
  /** [B, G] */
  readonly rewards: Float32Array;
}

/**
 * Keeps `groupSize` lists of each pool: spaced over the ranks of its distinct lists, best first. A pool with too few
 * distinct lists gives all of them and is filled up with repetitions, marked as such. Equal rewards rank in the pool's
 * order.
 *
 * @param rewards of the pool's lists: [B, P]
 * @throws RangeError unless the group size is from 1 to P
 */
export function selectSpaced(pool: Groups, rewards: ArrayLike<number>, groupSize: number): SelectedGroups {
  const { requests, groupSize: poolSize } = pool;
  if (!(Number.isInteger(groupSize) && groupSize >= 1 && groupSize <= poolSize)) {
    throw new RangeError(
      `groups: cannot select ${groupSize} lists from pools of ${poolSize}; expected 1 to ${poolSize}`,
    );
  }
  const length = pool.lists.length / (requests * poolSize);
  const places = new Int32Array(requests * groupSize);
  const lists = new Int32Array(requests * groupSize * length);
  for (let request = 0; request < requests; request++) {
    const first = request * poolSize;
    const own = Float64Array.from({ length: poolSize }, (_, place) => rewards[first + place]);
    const chosen = spacedPlaces(rankByScore(own), (place) => pool.distinct[first + place] === 1, groupSize);
    chosen.forEach((place, rank) => {
      const source = (first + place) * length;
      lists.set(pool.lists.subarray(source, source + length), (request * groupSize + rank) * length);
    });
    places.set(chosen, request * groupSize);
  }
  const inPool = (at: number) => Math.floor(at / groupSize) * poolSize + places[at];
  return {
    requests,
    groupSize,
    lists,
    places,
    distinct: places.map((_, at) => pool.distinct[inPool(at)]),
    rewards: Float32Array.from(places, (_, at) => rewards[inPool(at)]),
  };
}

/**
 * Eq. 3's threshold: of each group's distinct lists, from the best down, those that earn at least `gap` less than the one
 * that was kept before. No choice that holds the best list keeps more. The others are marked as repetitions are, so that
 * nothing is learned from them; a group of which one list is left has no spread, and is counted and skipped.
 *
 * @param rewards [B, G]
 * @returns 1 for what is kept: [B, G]
 */
export function keepGaps(
  { requests, groupSize, distinct }: Pick<Groups, "requests" | "groupSize" | "distinct">,
  rewards: ArrayLike<number>,
  gap: number,
): Int32Array {
  const kept = new Int32Array(requests * groupSize);
  for (let request = 0; request < requests; request++) {
    const first = request * groupSize;
    let last = Number.POSITIVE_INFINITY;
    for (const place of rankByScore(Float64Array.from({ length: groupSize }, (_, g) => rewards[first + g]))) {
      const reward = rewards[first + place];
      if (distinct[first + place] === 0 || last - reward < gap) continue;
      kept[first + place] = 1;
      last = reward;
    }
  }
  return kept;
}

/** Of the pool's places in the order of their rewards, those that stay. */
function spacedPlaces(ranked: Int32Array, isDistinct: (place: number) => boolean, groupSize: number): number[] {
  const distinct = [...ranked].filter(isDistinct);
  if (distinct.length <= groupSize) {
    const repetitions = [...ranked].filter((place) => !isDistinct(place));
    return [...distinct, ...repetitions].slice(0, groupSize);
  }
  // Ranks lie more than one apart before rounding, so none is taken twice.
  const step = groupSize === 1 ? 0 : (distinct.length - 1) / (groupSize - 1);
  return Array.from({ length: groupSize }, (_, i) => distinct[Math.round(i * step)]);
}
