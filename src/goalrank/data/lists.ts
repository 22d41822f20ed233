/**
 * Cuts each user's interactions into exposed lists and splits these by time (section 4.1.1, appendix D.1 of
 * arXiv 2509.22046). The reading of the paper that gives its own count of lists: lists are consecutive and aligned
 * to the end of the user's sequence, so that a remainder at the start serves as history only; a list without a
 * positive is left out.
 */
import { Random } from "../../kernels/philox.ts";
import { type InteractionLog, selectInteractions } from "./interactions.ts";

export interface CutOptions {
  /** Interactions in a list, L: 6 unless given. */
  readonly listLength?: number;
  /** Feedback of at least this much is a positive, label 1: 3 unless given (ratings from 1 to 5). */
  readonly positiveThreshold?: number;
  /** Training lists lie in this first part of a user's sequence: 0.8 unless given. */
  readonly trainingFraction?: number;
}

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

/** How many lists there are and what became of them: training + validation + test = withPositive - withRepeat. */
export interface ListCounts {
  /** Lists cut, whatever they hold. */
  readonly lists: number;
  /** Those with at least one positive. */
  readonly withPositive: number;
  /** Those with a positive that hold an item twice, which no ranker could have shown: left out. */
  readonly withRepeat: number;
  readonly training: number;
  readonly validation: number;
  /** At most one list per user, the last. */
  readonly test: number;
  /** Users left out of the test because their last list has no positive. */
  readonly testUsersWithoutPositive: number;
  /** Users left out of the test because their last list has a positive, but an item twice. */
  readonly testUsersWithRepeat: number;
}

export interface ListCut {
  readonly training: ExposedLists;
  readonly validation: ExposedLists;
  readonly test: ExposedLists;
  readonly counts: ListCounts;
}

type Split = "training" | "validation" | "test";

/**
 * Cuts a log into lists. Of a user's n interactions, a list is for training if it ends within the first
 * floor(trainingFraction * n), for the test if it is the user's last, and for validation otherwise. Lists without a
 * positive, and lists that hold an item twice, are left out of all three and counted.
 *
 * @throws RangeError for a list length under 1, or a training fraction outside (0, 1].
 */
export function cutLists(log: InteractionLog, options: CutOptions = {}): ListCut {
  const { listLength, positiveThreshold, trainingFraction } = withDefaults(options);
  const isPositive = positiveAt(log, positiveThreshold);
  const splits = {
    training: new ListCollector(),
    validation: new ListCollector(),
    test: new ListCollector(),
  };
  const counts = {
    lists: 0,
    withPositive: 0,
    withRepeat: 0,
    testUsersWithoutPositive: 0,
    testUsersWithRepeat: 0,
  };
  for (let user = 0; user < log.userIds.length; user++) {
    const sequenceStart = log.userOffsets[user];
    const sequenceEnd = log.userOffsets[user + 1];
    const length = sequenceEnd - sequenceStart;
    const trainingEnd = sequenceStart + trainingLength(length, trainingFraction);
    for (let start = sequenceStart + (length % listLength); start < sequenceEnd; start += listLength) {
      const end = start + listLength;
      const split: Split = end === sequenceEnd ? "test" : end <= trainingEnd ? "training" : "validation";
      counts.lists++;
      if (!hasPositive(isPositive, start, end)) {
        if (split === "test") counts.testUsersWithoutPositive++;
        continue;
      }
      counts.withPositive++;
      if (new Set(log.items.subarray(start, end)).size < listLength) {
        counts.withRepeat++;
        if (split === "test") counts.testUsersWithRepeat++;
        continue;
      }
      splits[split].add(user, start);
    }
  }
  const training = splits.training.build(listLength, positiveThreshold);
  const validation = splits.validation.build(listLength, positiveThreshold);
  const test = splits.test.build(listLength, positiveThreshold);
  return {
    training,
    validation,
    test,
    counts: { ...counts, training: training.size, validation: validation.size, test: test.size },
  };
}

/**
 * The interactions that a retriever may learn from: of each user, those before the first list that is not for
 * training, and never more than the first floor(trainingFraction * n). Users and items keep their numbers.
 *
 * @throws RangeError as {@link cutLists} does.
 */
export function trainingInteractions(log: InteractionLog, options: CutOptions = {}): InteractionLog {
  const { listLength, trainingFraction } = withDefaults(options);
  const rows: number[] = [];
  for (let user = 0; user < log.userIds.length; user++) {
    const sequenceStart = log.userOffsets[user];
    const length = log.userOffsets[user + 1] - sequenceStart;
    const limit = trainingLength(length, trainingFraction);
    const remainder = length % listLength;
    // Whole lists within the limit, of which the last of all is the test's.
    const listCount = Math.min(
      Math.floor((limit - remainder) / listLength),
      (length - remainder) / listLength - 1,
    );
    const kept = Math.min(limit, remainder + Math.max(listCount, 0) * listLength);
    for (let row = sequenceStart; row < sequenceStart + kept; row++) rows.push(row);
  }
  return selectInteractions(log, Int32Array.from(rows));
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

/** The first floor(fraction * n) of n interactions; the margin undoes the rounding of, say, 0.29 * 100. */
function trainingLength(length: number, trainingFraction: number): number {
  return Math.floor(trainingFraction * length + 1e-9);
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

function withDefaults(options: CutOptions): Required<CutOptions> {
  const { listLength = 6, positiveThreshold = 3, trainingFraction = 0.8 } = options;
  if (!Number.isInteger(listLength) || listLength < 1) {
    throw new RangeError(`lists: listLength must be a positive integer, got ${listLength}`);
  }
  if (!(trainingFraction > 0 && trainingFraction <= 1)) {
    throw new RangeError(`lists: trainingFraction must be over 0 and at most 1, got ${trainingFraction}`);
  }
  return { listLength, positiveThreshold, trainingFraction };
}
