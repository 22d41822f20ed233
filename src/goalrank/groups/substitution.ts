/** Method 6 of appendix C, heuristic substitution: lists of the group so far with up to two items replaced. */
import { Random } from "../../tensor/index.ts";
import { countLists, type DrawOptions, drawUnused, pickList, type SourceLists } from "./lists.ts";

/**
 * Copies of random lists of the group so far, with one or two positions (one in a list of one) given to candidates
 * that are not in the list: [B, count, L]. Where a list holds every candidate, two of them change places (ours).
 * @throws RangeError when there is no list to start from
 */
export function substitutedLists(
  existing: readonly SourceLists[],
  requests: number,
  count: number,
  { candidates, length, key }: DrawOptions,
): SourceLists {
  const random = new Random(key);
  const lists = new Int32Array(requests * count * length);
  const total = countLists(existing);
  if (total === 0 && count > 0) {
    throw new RangeError("groups: substitution needs at least one list to start from; add another source");
  }
  for (let request = 0; request < requests; request++) {
    for (let copy = 0; copy < count; copy++) {
      const start = (request * count + copy) * length;
      lists.set(pickList(existing, request, random.integer(total), length), start);
      if (candidates === length && length > 1) {
        swapTwo(lists.subarray(start, start + length), random);
        continue;
      }
      const changes = Math.min(1 + random.integer(2), length, candidates - length);
      let changed = -1;
      for (let change = 0; change < changes; change++) {
        // Another position than the first change's, which could otherwise be taken back.
        let position = random.integer(length);
        while (position === changed) position = random.integer(length);
        lists[start + position] = drawUnused(random, candidates, lists, start, start + length);
        changed = position;
      }
    }
  }
  return { source: "substitution", count, lists };
}

function swapTwo(list: Int32Array, random: Random): void {
  const [one, other] = random.permutation(list.length);
  [list[one], list[other]] = [list[other], list[one]];
}
