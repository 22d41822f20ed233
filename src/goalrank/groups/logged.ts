/** The list that was shown as a member of its group (ours; the paper has it not). */
import { countLists, pickList, type SourceLists } from "./lists.ts";

/**
 * One list for each request, the one that was shown. Where an item of it is not among the candidates (position -1, as
 * when nothing was injected) it cannot be scored: a repetition of the group's first list stands in its place, which
 * merging marks as such.
 *
 * @param logged candidate positions of what was shown: [B, L]
 * @throws RangeError for lists of another size, or for a list with a missing item when the group holds no other list
 */
export function loggedLists(
  logged: Int32Array,
  existing: readonly SourceLists[],
  requests: number,
  length: number,
): SourceLists {
  if (logged.length !== requests * length) {
    throw new RangeError(
      `groups: the logged lists hold ${logged.length} positions, expected ${requests} requests x ${length}`,
    );
  }
  const lists = logged.slice();
  for (let request = 0; request < requests; request++) {
    const own = lists.subarray(request * length, (request + 1) * length);
    if (!own.includes(-1)) continue;
    if (countLists(existing) === 0) {
      throw new RangeError(
        `groups: the logged list of request ${request} holds an item that is not among the candidates; ` +
          "add another source to its group",
      );
    }
    own.set(pickList(existing, request, 0, length));
  }
  return { source: "logged", count: 1, lists };
}
