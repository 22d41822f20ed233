/**
 * Protocols that split lists into training, validation and test. Whoever learns from a log may use what the protocol
 * calls training, and nothing else of it.
 */
import { isShown } from "./exposures.ts";
import type { InteractionLog } from "./interactions.ts";

/**
 * How lists are split; a report of results names the one used.
 *
 * - `last-list`: each user's last list is the test. Training lists lie in the first part of the user's own sequence
 *   (0.8 of it), the others are for validation. Section 4.1.1 of the paper; one user's test may lie before another
 *   user's training.
 * - `global-time`: one cut for all users, at the time below which that part of all interactions lies. Training and
 *   validation lists end before the cut; a user's test is the first list that starts at the cut or later. Validation
 *   lists are those within the last tenth of the training interactions by time. A list on both sides of either limit
 *   is in none. What happens at the time of the cut itself belongs to the test.
 */
export type SplitProtocol = "last-list" | "global-time";

/** All split protocols. */
export const SPLIT_PROTOCOLS: readonly SplitProtocol[] = ["last-list", "global-time"];

/** Share of the training interactions, the last by time, whose lists are for validation under `global-time`. */
const VALIDATION_SHARE = 0.1;

/** What becomes of a list; `straddling` and `later` ones, after the user's test list, are used for nothing. */
export type Split = "training" | "validation" | "test" | "straddling" | "later";

/** One user's part of the log, split. */
export interface UserSplit {
  /** What each of the user's lists is for, in their order. */
  readonly splits: readonly Split[];
  /** Whether an interaction of the user may be learned from, by its row. */
  readonly isTraining: (row: number) => boolean;
}

/** Splits the lists of `user`, given where they start. */
export type Splitter = (user: number, starts: readonly number[]) => UserSplit;

export interface SplitOptions {
  readonly split: SplitProtocol;
  readonly trainingFraction: number;
  readonly listLength: number;
}

/** The splitter of a protocol for `log`. */
export function createSplitter(log: InteractionLog, options: SplitOptions): Splitter {
  return options.split === "global-time" ? globalTime(log, options) : lastList(log, options);
}

function lastList(log: InteractionLog, { trainingFraction, listLength }: SplitOptions): Splitter {
  return (user, starts) => {
    const limit = trainingLimit(log, user, trainingFraction);
    const splits = starts.map((start, list): Split => {
      if (list === starts.length - 1) return "test";
      return start + listLength <= limit ? "training" : "validation";
    });
    const heldOut = splits.findIndex((split) => split !== "training");
    const end = heldOut < 0 ? limit : Math.min(limit, starts[heldOut]);
    return { splits, isTraining: (row) => row < end };
  };
}

/** The row after the first floor(fraction * n) of a user's n interactions. */
function trainingLimit(log: InteractionLog, user: number, fraction: number): number {
  const first = log.userOffsets[user];
  const end = log.userOffsets[user + 1];
  if (log.positions === undefined) return first + shareOf(end - first, fraction);
  const shown: number[] = [];
  for (let row = first; row < end; row++) if (isShown(log, row)) shown.push(row);
  const count = shareOf(shown.length, fraction);
  return count === 0 ? first : shown[count - 1] + 1;
}

function globalTime(log: InteractionLog, { trainingFraction, listLength }: SplitOptions): Splitter {
  const { validation, test } = timeCuts(log, trainingFraction);
  return (_, starts) => {
    let isTested = false;
    const splits = starts.map((start): Split => {
      if (isTested) return "later";
      const times = log.timestamps.subarray(start, start + listLength);
      if (times.every((time) => time >= test)) {
        isTested = true;
        return "test";
      }
      if (times.every((time) => time < validation)) return "training";
      return times.every((time) => time >= validation && time < test) ? "validation" : "straddling";
    });
    return { splits, isTraining: (row) => log.timestamps[row] < validation };
  };
}

/** Times from which on interactions are for validation, and for the test. */
export interface TimeCuts {
  readonly validation: number;
  readonly test: number;
}

/**
 * The cuts of `global-time`: fewer than or exactly floor(fraction * n) of the n interactions lie before `test`, and
 * nine tenths of these before `validation`. Infinite where nothing lies at or after them.
 */
export function timeCuts(log: InteractionLog, trainingFraction: number): TimeCuts {
  const times = log.timestamps.filter((_, row) => isShown(log, row)).sort();
  const training = shareOf(times.length, trainingFraction);
  const learned = shareOf(training, 1 - VALIDATION_SHARE);
  const timeAt = (place: number) => (place < times.length ? times[place] : Number.POSITIVE_INFINITY);
  return { validation: timeAt(learned), test: timeAt(training) };
}

/** The first floor(fraction * n) of n interactions; the margin undoes the rounding of, say, 0.29 * 100. */
function shareOf(length: number, fraction: number): number {
  return Math.floor(fraction * length + 1e-9);
}
