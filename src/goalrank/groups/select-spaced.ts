/**
 * Sub-selection that enforces gaps (appendix C): of a larger pool of lists, ranked by reward, those at uniformly spaced
 * ranks make the group, the best and the worst included.
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
