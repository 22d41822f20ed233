/** The best lists that a world allows, found with its true expected reward, to hold a ranker against. */
import { itemsOfList, type RequestColumns } from "../data/dataset.ts";
import type { GrowingList, World } from "./world.ts";

/** A list as positions within the request's candidates, [L], and its expected reward, in positives. */
export interface OracleList {
  readonly positions: Int32Array;
  readonly expectedReward: number;
}

/** Of the search for the best list. */
export interface BeamOptions {
  /** Positions of the list, L: the world's list length unless given. */
  readonly length?: number;
  /** Lists kept after each position: 100 unless given. */
  readonly width?: number;
}

/** Lists beyond which {@link enumerateBest} refuses: some seconds of work. */
const MAX_ENUMERATED_LISTS = 20_000_000;

/**
 * Searches the best list of distinct `candidates` for `user`, position by position, keeping the `width` prefixes of
 * the highest expected reward. What a prefix makes of later items depends on its set of items alone, so of prefixes
 * of the same items in another order only the best is kept. Ties go to the better parent, then the earlier candidate.
 * Exact when, for every t under L, `width` is at least the number of sets of t candidates.
 * @throws RangeError for a width under 1, a length outside 1 to N, or a user or item that is not in the world.
 */
export function beamSearch(
  world: World,
  user: number,
  candidates: ArrayLike<number>,
  { length = world.settings.listLength, width = 100 }: BeamOptions = {},
): OracleList {
  if (!Number.isInteger(width) || width < 1) {
    throw new RangeError(`oracle: the beam's width must be a positive integer, got ${width}`);
  }
  const prefix = new Prefix(world, user, candidates, length);
  const count = candidates.length;
  let beam: readonly Omit<RankedPrefix, "setHash">[] = [{ positions: new Int32Array(0), reward: 0 }];
  for (let t = 0; t < length; t++) {
    const next = new Beam(Math.min(width, beam.length * (count - t)));
    const extended = new Int32Array(t + 1);
    for (const { positions: chosen, reward } of beam) {
      for (const position of chosen) prefix.push(position);
      extended.set(chosen);
      for (let position = 0; position < count; position++) {
        if (prefix.has(position)) continue;
        extended[t] = position;
        next.offer(extended, reward + prefix.probability(position));
      }
      for (const _ of chosen) prefix.pop();
    }
    beam = next.prefixes;
  }
  const [best] = beam;
  return { positions: best.positions, expectedReward: best.reward };
}

/**
 * The best of all P(N, L) = N! / (N - L)! lists of distinct `candidates` for `user`; the first in lexicographic order
 * of positions among equals.
 * @throws RangeError for a length outside 1 to N, more than 20 million lists, or an unknown user or item.
 */
export function enumerateBest(
  world: World,
  user: number,
  candidates: ArrayLike<number>,
  { length = world.settings.listLength }: Pick<BeamOptions, "length"> = {},
): OracleList {
  const prefix = new Prefix(world, user, candidates, length);
  const lists = listCount(candidates.length, length);
  if (lists > MAX_ENUMERATED_LISTS) {
    throw new RangeError(
      `oracle: ${candidates.length} candidates make ${lists} lists of ${length}, over ${MAX_ENUMERATED_LISTS}; ` +
        "use beamSearch",
    );
  }
  const best = new Int32Array(length);
  let bestReward = Number.NEGATIVE_INFINITY;
  const visit = (t: number, reward: number): void => {
    if (t === length) {
      if (reward <= bestReward) return;
      bestReward = reward;
      best.set(prefix.positions);
      return;
    }
    for (let position = 0; position < candidates.length; position++) {
      if (prefix.has(position)) continue;
      const extended = reward + prefix.probability(position);
      prefix.push(position);
      visit(t + 1, extended);
      prefix.pop();
    }
  };
  visit(0, 0);
  return { positions: best, expectedReward: bestReward };
}

/** The best lists that beam search finds for each request: candidate positions [S, L]. */
export function bestLists(
  world: World,
  { size, users, candidates, candidateCount, listLength: length }: RequestColumns,
): Int32Array {
  const lists = new Int32Array(size * length);
  for (let row = 0; row < size; row++) {
    const own = candidates.subarray(row * candidateCount, (row + 1) * candidateCount);
    lists.set(beamSearch(world, users[row], own, { length }).positions, row * length);
  }
  return lists;
}

/**
 * The expected reward of one list for each request: [S]. `lists` holds positions within the candidates, [S, L].
 * @throws RangeError when `lists` is not S lists of one length, or a position, user or item does not exist.
 */
export function expectedRewards(world: World, requests: RequestColumns, lists: Int32Array): Float64Array {
  const { size, candidateCount, users } = requests;
  const length = lists.length / size;
  if (!Number.isInteger(length)) {
    throw new RangeError(`oracle: expected lists of one length for ${size} requests, got ${lists.length} positions`);
  }
  const wrong = lists.findIndex((position) => position < 0 || position >= candidateCount);
  if (wrong >= 0) {
    throw new RangeError(
      `oracle: a list holds position ${lists[wrong]}; expected positions from 0 to ${candidateCount - 1}`,
    );
  }
  return Float64Array.from(users, (user, row) => world.expectedReward(user, itemsOfList(requests, lists, row)));
}

/** The start of a list out of distinct candidates, and what each of the others would earn as its next item. */
class Prefix {
  /** Candidate positions, the first `length` of which are the prefix: [L] */
  readonly positions: Int32Array;
  private readonly list: GrowingList;
  /** 1 where a candidate is in the prefix: [N] */
  private readonly chosen: Uint8Array;
  private length = 0;

  constructor(world: World, user: number, candidates: ArrayLike<number>, listLength: number) {
    const count = candidates.length;
    if (!Number.isInteger(listLength) || listLength < 1 || listLength > count) {
      throw new RangeError(
        `oracle: the list's length must be an integer from 1 to the ${count} candidates, got ${listLength}`,
      );
    }
    world.checkNumbers(user, candidates);
    this.positions = new Int32Array(listLength);
    this.list = world.growList(user, candidates);
    this.chosen = new Uint8Array(count);
  }

  has(position: number): boolean {
    return this.chosen[position] === 1;
  }

  /** The probability of positive feedback on the candidate at `position`, were it the next item. */
  probability(position: number): number {
    return this.list.probability(position);
  }

  push(position: number): void {
    this.positions[this.length++] = position;
    this.chosen[position] = 1;
    this.list.push(position);
  }

  /** Takes the last item off again. */
  pop(): void {
    this.length--;
    const position = this.positions[this.length];
    this.chosen[position] = 0;
    this.list.pop(position);
  }
}

/** A prefix that a beam keeps. */
interface RankedPrefix {
  /** Candidate positions: [length] */
  readonly positions: Int32Array;
  readonly reward: number;
  /** A number for the set of its items, seldom that of another set. */
  readonly setHash: number;
}

/** The best prefixes of one length, best first, no two with the same items. */
class Beam {
  readonly prefixes: RankedPrefix[] = [];

  constructor(private readonly width: number) {}

  /** Takes in the prefix `positions`, [length], if it is among the best so far. */
  offer(positions: Int32Array, reward: number): void {
    const { prefixes, width } = this;
    if (prefixes.length === width && reward <= prefixes[width - 1].reward) return;
    const setHash = hashSet(positions);
    const rival = prefixes.findIndex(
      (kept) => kept.setHash === setHash && kept.positions.every((position) => positions.includes(position)),
    );
    if (rival >= 0 && reward <= prefixes[rival].reward) return;
    if (rival >= 0) prefixes.splice(rival, 1);
    else if (prefixes.length === width) prefixes.pop();
    let rank = prefixes.length;
    while (rank > 0 && prefixes[rank - 1].reward < reward) rank--;
    prefixes.splice(rank, 0, { positions: positions.slice(), reward, setHash });
  }
}

/** The sum of the positions' multiplicative hashes (Knuth, The Art of Computer Programming 3, section 6.4). */
function hashSet(positions: Int32Array): number {
  let sum = 0;
  for (let t = 0; t < positions.length; t++) sum += Math.imul(positions[t] + 1, 0x9e3779b1) >>> 0;
  return sum;
}

/** P(n, length) = n! / (n - length)!, the number of lists. */
export function listCount(n: number, length: number): number {
  let lists = 1;
  for (let t = 0; t < length; t++) lists *= n - t;
  return lists;
}
