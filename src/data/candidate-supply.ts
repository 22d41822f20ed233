/** How many candidates lists can have, before any is chosen. */
import { type ExposedLists, lengthOf, selectLists } from "./exposed-lists.ts";
import { rowsOfList, shownItems } from "./exposures.ts";
import type { InteractionLog } from "./interactions.ts";
import type { LogOptions } from "./settings.ts";

/** What decides how many candidates there are. */
export type SupplyOptions = Required<Pick<LogOptions, "candidateCount" | "protocol" | "repeats">>;

/**
 * The rows of the log whose items the retriever leaves out of a list's candidates: what the user had met before the list,
 * or, where shown items are injected, meets anywhere. What is met again and again stays a candidate; what is about to be
 * met is none by the retriever's choice.
 */
export function leftOutRows(
  log: InteractionLog,
  user: number,
  start: number,
  { protocol, repeats }: Pick<SupplyOptions, "protocol" | "repeats">,
): [from: number, until: number] {
  const until = protocol === "injected" ? log.userOffsets[user + 1] : start;
  return [repeats ? start : log.userOffsets[user], until];
}

/**
 * The distinct items that the log names as candidates of the list at row `start`, shown or not.
 * @throws RangeError when the log carries no lists
 */
export function loggedCandidates(log: InteractionLog, start: number): Set<number> {
  return new Set(log.items.subarray(...rowsOfList(log, start)));
}

/** The candidates of each list: `candidateCount`, or as many as there are: [S]. */
export function countCandidates(log: InteractionLog, lists: ExposedLists, options: SupplyOptions): Int32Array {
  return lists.starts.map((start, list) =>
    Math.min(options.candidateCount, supplyOf(log, lists.users[list], start, lengthOf(lists, list), options)),
  );
}

function supplyOf(log: InteractionLog, user: number, start: number, length: number, options: SupplyOptions): number {
  if (options.protocol === "logged") return loggedCandidates(log, start).size;
  const [from, until] = leftOutRows(log, user, start, options);
  const injected = options.protocol === "injected" ? length : 0;
  const all = log.itemIds.length + injected;
  // Who has met few items has met few distinct ones.
  const isEnough = all - (until - from) >= options.candidateCount;
  return all - (isEnough ? until - from : shownItems(log, from, until).size);
}

/** Those of `lists` that have at least two candidates, of as many as `counts` says each has. */
export function withChoice(lists: ExposedLists, counts: Int32Array): ExposedLists {
  if (counts.every((count) => count > 1)) return lists;
  return selectLists(
    lists,
    Int32Array.from(lists.starts.keys()).filter((list) => counts[list] > 1),
  );
}

/**
 * Throws a RangeError when a user has met so much that fewer than N candidates are left: what a guess of N is tried with.
 */
export function checkItemSupply(log: InteractionLog, listLength: number, candidateCount = 50): void {
  for (let user = 0; user < log.userIds.length; user++) {
    const met = shownItems(log, log.userOffsets[user], log.userOffsets[user + 1]).size;
    if (log.itemIds.length - met < candidateCount - listLength) {
      throw new RangeError(
        `candidates: user "${log.userIds[user]}" has met ${met} of ${log.itemIds.length} items, which leaves too few ` +
          `for ${candidateCount} candidates; use a log with more items`,
      );
    }
  }
}
