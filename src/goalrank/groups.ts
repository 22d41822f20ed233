/**
 * Group construction (section 3.3, appendix C): for each request a group of distinct lists, from the policy itself and
 * from helpers. Sources are small pure functions of scores and a random key; lists hold candidate positions.
 */
import { Random, type RandomKey } from "../tensor/index.ts";

/** Where a list of a group came from. */
export const GROUP_SOURCES = ["policy", "pointwise", "random", "substitution", "logged"] as const;
export type GroupSource = (typeof GROUP_SOURCES)[number];

/** Lists of one source for each of B requests: [B, count, L], flat. */
export interface SourceLists {
  readonly source: GroupSource;
  readonly count: number;
  readonly lists: Int32Array;
}

/** Groups of G lists for each of B requests. */
export interface Groups {
  readonly requests: number;
  readonly groupSize: number;
  /** Candidate positions: [B, G, L]. */
  readonly lists: Int32Array;
  /** 1 where the list is the first of its kind in its group, 0 for a repetition: [B, G]. */
  readonly distinct: Int32Array;
  /** Source of each of the G places. */
  readonly sources: readonly GroupSource[];
}

/** What lists are drawn from, and by which random numbers. */
export interface DrawOptions {
  /** Candidates of a request: N. */
  readonly candidates: number;
  /** Positions of a list: L. */
  readonly length: number;
  readonly key: RandomKey;
}

/** Lists drawn uniformly from all of N candidates: [B, count, L]. */
export function randomLists(
  requests: number,
  count: number,
  { candidates, length, key }: DrawOptions,
): SourceLists {
  const random = new Random(key);
  const lists = new Int32Array(requests * count * length);
  for (let start = 0; start < lists.length; start += length) {
    for (let t = 0; t < length; t++)
      lists[start + t] = drawUnused(random, candidates, lists, start, start + t);
  }
  return { source: "random", count, lists };
}

/**
 * Heuristic substitution: copies of random lists of the group so far, with one or two positions (one in a list of one)
 * given to candidates that are not in the list: [B, count, L].
 */
export function substitutedLists(
  existing: readonly SourceLists[],
  requests: number,
  count: number,
  { candidates, length, key }: DrawOptions,
): SourceLists {
  const random = new Random(key);
  const lists = new Int32Array(requests * count * length);
  const total = existing.reduce((sum, source) => sum + source.count, 0);
  if (total === 0 && count > 0) {
    throw new RangeError("groups: substitution needs at least one list to start from; add another source");
  }
  for (let request = 0; request < requests; request++) {
    for (let copy = 0; copy < count; copy++) {
      const start = (request * count + copy) * length;
      lists.set(pickList(existing, request, random.integer(total), length), start);
      const changes = Math.min(1 + random.integer(2), length, candidates - length);
      for (let change = 0; change < changes; change++) {
        const at = start + random.integer(length);
        lists[at] = drawUnused(random, candidates, lists, start, start + length);
      }
    }
  }
  return { source: "substitution", count, lists };
}

/** List `index` of a request, counted through the sources. */
function pickList(
  sources: readonly SourceLists[],
  request: number,
  index: number,
  length: number,
): Int32Array {
  for (const { count, lists } of sources) {
    if (index < count) {
      const start = (request * count + index) * length;
      return lists.subarray(start, start + length);
    }
    index -= count;
  }
  throw new RangeError(`groups: no source holds list ${index} of request ${request}`);
}

/** A candidate that is not among lists[start, end). */
function drawUnused(
  random: Random,
  candidates: number,
  lists: Int32Array,
  start: number,
  end: number,
): number {
  for (;;) {
    const candidate = random.integer(candidates);
    let used = false;
    for (let at = start; at < end && !used; at++) used = lists[at] === candidate;
    if (!used) return candidate;
  }
}

/** Puts the sources' lists side by side in one group per request, and marks repetitions. */
export function mergeGroups(sources: readonly SourceLists[], requests: number, length: number): Groups {
  const groupSize = sources.reduce((sum, { count }) => sum + count, 0);
  const lists = new Int32Array(requests * groupSize * length);
  const distinct = new Int32Array(requests * groupSize);
  for (let request = 0; request < requests; request++) {
    const seen = new Set<string>();
    for (let place = 0; place < groupSize; place++) {
      const list = pickList(sources, request, place, length);
      const key = list.join();
      distinct[request * groupSize + place] = seen.has(key) ? 0 : 1;
      seen.add(key);
      lists.set(list, (request * groupSize + place) * length);
    }
  }
  const places = sources.flatMap(({ source, count }) => new Array<GroupSource>(count).fill(source));
  return { requests, groupSize, lists, distinct, sources: places };
}
