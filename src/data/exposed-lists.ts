/** Cuts a log into exposed lists, and splits these into training, validation and test by a protocol. */
import { Random } from "../kernels/index.ts";
import { completeSettings } from "../settings/check-settings.ts";
import { gather } from "./dataset.ts";
import { isShown, type ListSpan, listsOfUser, shownBefore } from "./exposures.ts";
import { type InteractionLog, positiveAt, selectInteractions } from "./interactions.ts";
import { eachSplit, type SplitName } from "./protocols.ts";
import type { ListCounts } from "./report/data-report-schema.ts";
import { type CutOptions, cutSchema } from "./settings.ts";
import { createSplitter, type Split } from "./splitter.ts";

/**
 * S exposed lists of a log, each user's in time order: list s is the L rows of the log from `starts[s]` on, or the first
 * `lengths[s]` of them.
 */
export interface ExposedLists {
  readonly size: number;
  /** L, the most of any list. */
  readonly listLength: number;
  readonly positiveThreshold: number;
  /** User of each list: [S]. */
  readonly users: Int32Array;
  /** Row of the log at which each list starts: [S]. */
  readonly starts: Int32Array;
  /** Items of each list, where not all have L: [S]. */
  readonly lengths?: Int32Array;
}

/** Items of one of the lists. */
export function lengthOf({ lengths, listLength }: Pick<ExposedLists, "lengths" | "listLength">, list: number): number {
  return lengths?.[list] ?? listLength;
}

/** The lists of a log by what they are for, and what was left out. */
export interface ListCut extends Readonly<Record<SplitName, ExposedLists>> {
  readonly counts: ListCounts;
}

/**
 * Cuts a log into lists and splits them as the protocol says. Lists are those that the log carries, or else consecutive
 * runs of L interactions, aligned to the end of each user's sequence. Lists without a positive, and lists that hold an
 * item twice, are left out of all splits and counted. Where every list that the log carries is shorter than L, L is the
 * most that there is.
 *
 * A list's history is everything that its user met before the list starts, whatever its split. So under `global-time`
 * the history of a test list also holds interactions between the cut and the list: a ranker may read them, as it
 * could when the list was asked for, but nobody has learned from them.
 * @throws RangeError for a list length under 1, a training fraction outside (0, 1], or an unknown protocol.
 */
export function cutLists(log: InteractionLog, options: CutOptions = {}): ListCut {
  const settings = completeSettings("lists", cutSchema, options);
  const { listLength: most, positiveThreshold } = settings;
  const isPositive = positiveAt(log, positiveThreshold);
  const splitLists = createSplitter(log, settings);
  const kept: Record<Split, ListSpan[]> = { ...eachSplit(() => []), unused: [] };
  const counts = { lists: 0, withPositive: 0, withRepeat: 0, testUsersWithoutPositive: 0, testUsersWithRepeat: 0 };
  let nothingShown = 0;
  let longest = 0;
  for (let user = 0; user < log.userIds.length; user++) {
    const own = listsOfUser(log, user, most);
    const { splits } = splitLists(user, own.lists);
    nothingShown += own.nothingShown;
    counts.lists += own.lists.length;
    own.lists.forEach((span, list) => {
      const { start, length } = span;
      const split = splits[list];
      longest = Math.max(longest, length);
      const rows = Array.from({ length }, (_, place) => start + place);
      if (!rows.some(isPositive)) {
        if (split === "test") counts.testUsersWithoutPositive++;
        return;
      }
      counts.withPositive++;
      if (new Set(log.items.subarray(start, start + length)).size < length) {
        counts.withRepeat++;
        if (split === "test") counts.testUsersWithRepeat++;
        return;
      }
      kept[split].push(span);
    });
  }
  const listLength = longest === 0 ? most : longest;
  return {
    ...eachSplit((split) => ({
      size: kept[split].length,
      listLength,
      positiveThreshold,
      users: Int32Array.from(kept[split], ({ start }) => log.users[start]),
      starts: Int32Array.from(kept[split], ({ start }) => start),
      ...(kept[split].some(({ length }) => length < listLength) && {
        lengths: Int32Array.from(kept[split], ({ length }) => length),
      }),
    })),
    counts: {
      ...counts,
      ...eachSplit((split) => kept[split].length),
      ...(kept.unused.length > 0 && { unused: kept.unused.length }),
      ...(nothingShown > 0 && { nothingShown }),
    },
  };
}

/**
 * The interactions that a retriever may learn from. Users and items keep their numbers.
 *
 * - `last-list`: of each user, the first floor(trainingFraction * n) of n, and none of a validation or test list.
 * - `global-time`: those before the time at which validation begins.
 *
 * With a `retrieverFraction` they are those of them in this first part of the user's interactions, or of all time.
 * Candidates that were not shown are not among them.
 * @throws RangeError as {@link cutLists} does.
 */
export function trainingInteractions(log: InteractionLog, options: CutOptions = {}): InteractionLog {
  const settings = completeSettings("lists", cutSchema, options);
  const splitLists = createSplitter(log, settings);
  const rows = new Int32Array(log.items.length);
  let kept = 0;
  for (let user = 0; user < log.userIds.length; user++) {
    const { lists } = listsOfUser(log, user, settings.listLength);
    const { isTraining } = splitLists(user, lists);
    for (let row = log.userOffsets[user]; row < log.userOffsets[user + 1]; row++) {
      if (isTraining(row) && isShown(log, row)) rows[kept++] = row;
    }
  }
  return selectInteractions(log, rows.subarray(0, kept));
}

/** At most `maxLists` of `lists`, drawn uniformly with `seed` (stream "lists"), in their old order. */
export function sampleLists(lists: ExposedLists, maxLists: number, seed: number): ExposedLists {
  if (!Number.isInteger(maxLists) || maxLists < 1) {
    throw new RangeError(`lists: maxLists must be a positive integer, got ${maxLists}`);
  }
  if (lists.size <= maxLists) return lists;
  const order = new Random({ seed, stream: "lists", step: 0 }).permutation(lists.size);
  return selectLists(lists, order.subarray(0, maxLists).sort());
}

/**
 * The lists that start after what was learned of their user, which is the beginning of what the user was shown.
 * @throws RangeError when there is none
 */
export function listsAfter(lists: ExposedLists, log: InteractionLog, learned: InteractionLog): ExposedLists {
  const isLater = (list: number) => {
    const user = lists.users[list];
    const known = learned.userOffsets[user + 1] - learned.userOffsets[user];
    return shownBefore(log, lists.starts[list]) >= known;
  };
  const later = selectLists(lists, Int32Array.from(lists.starts.keys()).filter(isLater));
  if (later.size === 0) {
    throw new RangeError("lists: no training list lies after the retriever's part; use a smaller retrieverFraction");
  }
  return later;
}

/** Those of `lists` that `chosen` numbers, in that order. */
export function selectLists(lists: ExposedLists, chosen: Int32Array): ExposedLists {
  return {
    ...lists,
    size: chosen.length,
    users: chosen.map((list) => lists.users[list]),
    starts: chosen.map((list) => lists.starts[list]),
    ...(lists.lengths && { lengths: gather(lists.lengths, chosen) }),
  };
}
