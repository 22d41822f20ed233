/** How a log is to be filtered and cut: what suits the interactions that it has, each setting with its reason. */
import { checkItemSupply } from "../../data/candidate-supply.ts";
import { isShown, listsOfUser } from "../../data/exposures.ts";
import type { InteractionLog } from "../../data/interactions.ts";
import { kCore } from "../../data/k-core.ts";
import type { CandidateProtocol, SplitProtocol } from "../../data/protocols.ts";
import { countRepeatedRows, dedupe } from "../../data/repeats.ts";
import { DEFAULT_LOG } from "../../data/settings.ts";
import { percent } from "./guess-threshold.ts";

/** A setting and why it is what it is, for the configuration's comment. */
export interface Reasoned<Value> {
  readonly value: Value;
  readonly reason: string;
}

/** Settings that follow from the interactions. */
export interface SizeGuess {
  readonly dedupe: Reasoned<"first"> | undefined;
  readonly core: Reasoned<number>;
  readonly listLength: Reasoned<number>;
  readonly protocol: Reasoned<CandidateProtocol>;
  readonly candidateCount: Reasoned<number>;
  readonly split: Reasoned<SplitProtocol>;
  readonly repeats: Reasoned<true> | undefined;
  /** Interactions of a user in the median. */
  readonly median: number;
  /** Whether there are so many lists that some are enough. */
  readonly isLarge: boolean;
}

/** What is known of the log besides its rows. */
export interface LogKind {
  readonly hasTimes: boolean;
  /** Whether rows have feedback of their own. */
  readonly hasFeedback: boolean;
}

/** The largest core is taken that keeps so many of the interactions. */
const CORES = [20, 10, 5, 3, 2];
const KEPT_SHARE = 0.7;
/** Rows that are written twice, from which on one of each is kept. */
const DEDUPE_SHARE = 0.01;
/** Interactions with an item met before, from which on such items stay candidates. */
const REPEATS_SHARE = 0.1;
/** Lists that a user must have for one to train on, one to validate on and one to test on. */
const LISTS_OF_A_USER = 3;
/** Users to test on after one time for all: a verdict warns of fewer, and not all of them have a positive there. */
const TEST_USERS = 500;
const LEAST_LENGTH = 2;
const CANDIDATES = [50, 30, 20, 12];
const MOST_SHOWN = 20;
const MOST_CANDIDATES = 200;
/** Lists to train on, from which on some are drawn. */
export const DRAWN_LISTS = 10_000;

/** What suits a log of which these interactions were read. */
export function guessSizes(read: InteractionLog, kind: LogKind): SizeGuess {
  // The order of the rows tells no repeat.
  const repeated = kind.hasTimes ? countRepeatedRows(read) / read.users.length : 0;
  const log = repeated >= DEDUPE_SHARE ? dedupe(read, "first") : read;
  const core = guessCore(log);
  const kept = core.log;
  const own = Array.from(kept.userIds, (_, user) => kept.userOffsets[user + 1] - kept.userOffsets[user]);
  const median = quantile(own, 0.5);
  const { listLength, candidateCount, protocol } =
    log.listNumbers === undefined ? ofInteractions(kept, median, kind) : ofLists(log, log.listNumbers);
  const lists = listCounts(kept, listLength.value);
  return {
    dedupe:
      repeated < DEDUPE_SHARE
        ? undefined
        : { value: "first", reason: `${percent(repeated)} of the rows repeat an earlier one's user, item and time` },
    core,
    listLength,
    protocol,
    candidateCount: candidateCount ?? supplied(kept, listLength.value, protocol.value),
    split: guessSplit(kept, listLength.value, lists, kind),
    repeats: guessRepeats(log),
    median,
    isLarge: DEFAULT_LOG.trainingFraction * lists.reduce((sum, count) => sum + count, 0) > DRAWN_LISTS,
  };
}

function guessCore(log: InteractionLog): Reasoned<number> & { readonly log: InteractionLog } {
  const all = shownRows(log);
  for (const value of CORES) {
    const core = kCore(log, value);
    const share = shownRows(core) / all;
    if (share >= KEPT_SHARE) return { value, reason: `${percent(share)} of the interactions are left`, log: core };
  }
  return { value: 1, reason: `a core of 2 would keep less than ${percent(KEPT_SHARE)} of the interactions`, log };
}

function shownRows(log: InteractionLog): number {
  let count = 0;
  for (let row = 0; row < log.users.length; row++) if (isShown(log, row)) count++;
  return count;
}

type ListSizes = Pick<SizeGuess, "listLength" | "protocol"> & { readonly candidateCount?: Reasoned<number> };

/** Lists are cut out of each user's interactions: short ones where there are few, or the same items again and again. */
function ofInteractions(log: InteractionLog, median: number, { hasFeedback }: LogKind): ListSizes {
  const most = Math.max(LEAST_LENGTH, Math.min(DEFAULT_LOG.listLength, Math.floor(median / LISTS_OF_A_USER)));
  let length = most;
  while (length > LEAST_LENGTH && distinctShare(log, length) < KEPT_SHARE) length--;
  const users = `a user has ${median} interactions in the median`;
  const distinct = `; ${percent(distinctShare(log, length))} of such lists hold no item twice`;
  return {
    listLength: { value: length, reason: length < most ? `${users}${distinct}` : users },
    protocol: {
      value: "retrieved",
      reason: hasFeedback
        ? "what a server ranks that is given none; docs/quickstart.md says which is yours"
        : "every row is a positive, so others must come from the retriever",
    },
  };
}

/** Share of the lists of a length that hold no item twice, and so are not left out. */
function distinctShare(log: InteractionLog, listLength: number): number {
  let lists = 0;
  let distinct = 0;
  for (let user = 0; user < log.userIds.length; user++) {
    for (const { start, length } of listsOfUser(log, user, listLength).lists) {
      lists++;
      if (new Set(log.items.subarray(start, start + length)).size === length) distinct++;
    }
  }
  return lists === 0 ? 1 : distinct / lists;
}

/** Lists, and what could have been shown in its place, are in the log. */
function ofLists(log: InteractionLog, listNumbers: Int32Array): ListSizes {
  const shown = new Map<number, number>();
  const items = new Map<number, Set<number>>();
  listNumbers.forEach((list, row) => {
    if (list < 0) return;
    if (isShown(log, row)) shown.set(list, (shown.get(list) ?? 0) + 1);
    const own = items.get(list) ?? new Set();
    items.set(list, own.add(log.items[row]));
  });
  const lengths = [...shown.values()];
  const counts = Array.from(items.values(), (own) => own.size);
  const length = Math.max(1, Math.min(MOST_SHOWN, quantile(lengths, 0.9)));
  const count = Math.max(length, Math.min(MOST_CANDIDATES, quantile(counts, 0.95)));
  return {
    listLength: { value: length, reason: `lists show ${spread(lengths)} items` },
    protocol: { value: "logged", reason: "the log carries lists" },
    candidateCount: { value: count, reason: `lists name ${spread(counts)} items` },
  };
}

/** `8`, or `3 to 12 (median 8)`. */
function spread(values: readonly number[]): string {
  const [least, median, most] = [0, 0.5, 1].map((share) => quantile(values, share));
  return least === most ? String(least) : `${least} to ${most} (median ${median})`;
}

/** Lists of each user: [U]. */
function listCounts(log: InteractionLog, listLength: number): number[] {
  return Array.from(log.userIds, (_, user) => {
    const [first, end] = [log.userOffsets[user], log.userOffsets[user + 1]];
    if (log.listNumbers === undefined) return Math.floor((end - first) / listLength);
    return new Set(log.listNumbers.subarray(first, end)).size;
  });
}

/**
 * One time for all, as it is in production, where enough users have a list after it and enough before; else each user's
 * last list, where most have a list each to learn from, to validate on and to be tested by.
 */
function guessSplit(
  log: InteractionLog,
  listLength: number,
  lists: readonly number[],
  { hasTimes }: LogKind,
): Reasoned<SplitProtocol> {
  const later = usersAfterCut(log, listLength);
  if (hasTimes && later >= TEST_USERS) {
    return { value: "global-time", reason: `as in production; ${later} users have a list after the cut` };
  }
  const enough = lists.filter((count) => count >= LISTS_OF_A_USER).length / lists.length;
  const reason = `${percent(enough)} of the users have ${LISTS_OF_A_USER} lists or more, ${later} users one after the cut`;
  return { value: enough >= 0.5 ? "last-list" : "global-time", reason };
}

/** Users with the items of a list after the time before which the part to learn from lies. */
function usersAfterCut(log: InteractionLog, listLength: number): number {
  const times = log.timestamps.toSorted();
  const cut = times[Math.floor(DEFAULT_LOG.trainingFraction * times.length)];
  let users = 0;
  for (let user = 0; user < log.userIds.length; user++) {
    const own = log.timestamps.subarray(log.userOffsets[user], log.userOffsets[user + 1]);
    if (own.filter((time) => time >= cut).length >= listLength) users++;
  }
  return users;
}

/** As many candidates as the log has items for. */
function supplied(log: InteractionLog, listLength: number, protocol: CandidateProtocol): Reasoned<number> {
  const needed = protocol === "injected" ? listLength : 0;
  const isEnough = (count: number) =>
    count >= listLength && attempt(() => checkItemSupply(log, needed, count) ?? true) === true;
  const value = CANDIDATES.find(isEnough) ?? Math.max(listLength, 6);
  return { value, reason: `of ${log.itemIds.length} items` };
}

function guessRepeats(log: InteractionLog): Reasoned<true> | undefined {
  let repeats = 0;
  let all = 0;
  for (let user = 0; user < log.userIds.length; user++) {
    const met = new Set<number>();
    for (let row = log.userOffsets[user]; row < log.userOffsets[user + 1]; row++) {
      if (!isShown(log, row)) continue;
      all++;
      if (met.has(log.items[row])) repeats++;
      met.add(log.items[row]);
    }
  }
  const share = all === 0 ? 0 : repeats / all;
  if (share < REPEATS_SHARE) return undefined;
  return { value: true, reason: `${percent(share)} of the interactions are with an item that the user had met before` };
}

/** Nearest rank. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** What the library refuses, by a RangeError, as undefined. */
function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
