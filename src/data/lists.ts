/** Cuts a log into exposed lists, and splits these into training, validation and test by a protocol. */
import { Random } from "../kernels/philox.ts";
import { completeSettings } from "../settings/check-settings.ts";
import { isShown, listsOfUser } from "./exposures.ts";
import { type InteractionLog, selectInteractions } from "./interactions.ts";
import { type CutOptions, cutSchema } from "./settings.ts";
import { createSplitter } from "./splitter.ts";

/** S exposed lists of a log, each user's in time order: list s is the L rows of the log from `starts[s]` on. */
export interface ExposedLists {
  readonly size: number;
  readonly listLength: number;
  readonly positiveThreshold: number;
  /** User of each list: [S]. */
  readonly users: Int32Array;
  /** Row of the log at which each list starts: [S]. */
  readonly starts: Int32Array;
}

/**
 * How many lists there are and what became of them: training + validation + test (+ straddling + later) =
 * withPositive - withRepeat.
 */
export interface ListCounts {
  /** Lists of L items, whatever they hold. */
  readonly lists: number;
  /** Those with at least one positive. */
  readonly withPositive: number;
  /** Those with a positive that hold an item twice, which no ranker could have shown: left out. */
  readonly withRepeat: number;
  readonly training: number;
  readonly validation: number;
  /** At most one list per user. */
  readonly test: number;
  /** Users left out of the test because their test list has no positive. */
  readonly testUsersWithoutPositive: number;
  /** Users left out of the test because their test list has a positive, but an item twice. */
  readonly testUsersWithRepeat: number;
  /** Under `global-time` only: lists on both sides of the cut, or of where validation begins. */
  readonly straddling?: number;
  /** Under `global-time` only: lists after their user's test list. */
  readonly later?: number;
  /** Of a log that carries lists only: those with fewer than L shown items, which are not among `lists`. */
  readonly tooShort?: number;
}

/** The lists of a log by what they are for, and what was left out. */
export interface ListCut {
  readonly training: ExposedLists;
  readonly validation: ExposedLists;
  readonly test: ExposedLists;
  readonly counts: ListCounts;
}

/**
 * Cuts a log into lists and splits them as the protocol says. Lists are those that the log carries, or else consecutive
 * runs of L interactions, aligned to the end of each user's sequence. Lists without a positive, and lists that hold an
 * item twice, are left out of all splits and counted.
 *
 * A list's history is everything that its user met before the list starts, whatever its split. So under `global-time`
 * the history of a test list also holds interactions between the cut and the list: a ranker may read them, as it
 * could when the list was asked for, but nobody has learned from them.
 *
 * @throws RangeError for a list length under 1, a training fraction outside (0, 1], or an unknown protocol.
 */
export function cutLists(log: InteractionLog, options: CutOptions = {}): ListCut {
  const settings = completeSettings("lists", cutSchema, options);
  const { listLength, positiveThreshold, split: protocol } = settings;
  const isPositive = positiveAt(log, positiveThreshold);
  const splitLists = createSplitter(log, settings);
  const collected = {
    training: new ListCollector(),
    validation: new ListCollector(),
    test: new ListCollector(),
    straddling: new ListCollector(),
    later: new ListCollector(),
  };
  const counts = {
    lists: 0,
    withPositive: 0,
    withRepeat: 0,
    testUsersWithoutPositive: 0,
    testUsersWithRepeat: 0,
  };
  let tooShort = 0;
  for (let user = 0; user < log.userIds.length; user++) {
    const own = listsOfUser(log, user, listLength);
    const { splits } = splitLists(user, own.starts);
    tooShort += own.tooShort;
    counts.lists += own.starts.length;
    own.starts.forEach((start, list) => {
      const split = splits[list];
      if (!hasPositive(isPositive, start, start + listLength)) {
        if (split === "test") counts.testUsersWithoutPositive++;
        return;
      }
      counts.withPositive++;
      if (new Set(log.items.subarray(start, start + listLength)).size < listLength) {
        counts.withRepeat++;
        if (split === "test") counts.testUsersWithRepeat++;
        return;
      }
      collected[split].add(user, start);
    });
  }
  const { training, validation, test, straddling, later } = collected;
  return {
    training: training.build(listLength, positiveThreshold),
    validation: validation.build(listLength, positiveThreshold),
    test: test.build(listLength, positiveThreshold),
    counts: {
      ...counts,
      training: training.size,
      validation: validation.size,
      test: test.size,
      ...(protocol === "global-time" && { straddling: straddling.size, later: later.size }),
      ...(log.listNumbers !== undefined && { tooShort }),
    },
  };
}

/**
 * The interactions that a retriever may learn from. Users and items keep their numbers.
 *
 * - `last-list`: of each user, those before the first list that is not for training, and never more than the first
 *   floor(trainingFraction * n) of n.
 * - `global-time`: those before the time at which validation begins.
 *
 * Candidates that were not shown are not among them.
 *
 * @throws RangeError as {@link cutLists} does.
 */
export function trainingInteractions(log: InteractionLog, options: CutOptions = {}): InteractionLog {
  const settings = completeSettings("lists", cutSchema, options);
  const splitLists = createSplitter(log, settings);
  const rows = new Int32Array(log.items.length);
  let kept = 0;
  for (let user = 0; user < log.userIds.length; user++) {
    const { starts } = listsOfUser(log, user, settings.listLength);
    const { isTraining } = splitLists(user, starts);
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
  const rows = order.subarray(0, maxLists).sort();
  return {
    ...lists,
    size: maxLists,
    users: rows.map((row) => lists.users[row]),
    starts: rows.map((row) => lists.starts[row]),
  };
}

/** Which rows of a log are positives. Thresholds meet feedback in f32, in which the log holds it. */
export function positiveAt(log: InteractionLog, positiveThreshold: number): (row: number) => boolean {
  const threshold = Math.fround(positiveThreshold);
  return (row) => log.feedback[row] >= threshold;
}

function hasPositive(isPositive: (row: number) => boolean, start: number, end: number): boolean {
  for (let row = start; row < end; row++) if (isPositive(row)) return true;
  return false;
}

/** Gathers the lists of one split. */
class ListCollector {
  private readonly users: number[] = [];
  private readonly starts: number[] = [];

  add(user: number, start: number): void {
    this.users.push(user);
    this.starts.push(start);
  }

  get size(): number {
    return this.users.length;
  }

  build(listLength: number, positiveThreshold: number): ExposedLists {
    return {
      size: this.users.length,
      listLength,
      positiveThreshold,
      users: Int32Array.from(this.users),
      starts: Int32Array.from(this.starts),
    };
  }
}
