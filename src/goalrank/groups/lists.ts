/**
 * What the group methods share. Each method is a small pure function of scores and a random key that gives `count`
 * lists for each request; lists hold candidate positions.
 */
import type { Random, RandomKey } from "../../tensor/index.ts";
import type { ListSizes } from "../decoding/constraints.ts";
import type { GroupSource } from "./group-set.ts";

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
export interface DrawOptions extends Pick<ListSizes, "candidates" | "length"> {
  readonly key: RandomKey;
}

/** Lists that each request has from all the sources together. */
export function countLists(sources: readonly SourceLists[]): number {
  return sources.reduce((sum, { count }) => sum + count, 0);
}

/** List `index` of a request, counted through the sources. */
export function pickList(sources: readonly SourceLists[], request: number, index: number, length: number): Int32Array {
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
export function drawUnused(random: Random, candidates: number, lists: Int32Array, start: number, end: number): number {
  for (;;) {
    const candidate = random.integer(candidates);
    let used = false;
    for (let at = start; at < end && !used; at++) used = lists[at] === candidate;
    if (!used) return candidate;
  }
}

/** @throws RangeError unless `value` is a positive number */
export function checkTemperature(source: GroupSource, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`groups: the temperature of ${source} must be positive, got ${value}`);
  }
}
