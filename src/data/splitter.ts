/**
 * Splits lists into training, validation and test as a protocol says. Whoever learns from a log may use what the
 * protocol calls training, and nothing else of it.
 */
import { isShown } from "./exposures.ts";
import { type InteractionLog, selectInteractions } from "./interactions.ts";
import { SPLITS, type SplitName } from "./protocols.ts";
import type { CutOptions } from "./settings.ts";

/** Share of the training interactions, the last by time, whose lists are for validation under `global-time`. */
const VALIDATION_SHARE = 0.1;

/** What becomes of a list; `straddling` and `later` ones, after the user's test list, are used for nothing. */
export type Split = SplitName | "straddling" | "later";

/** One user's part of the log, split. */
export interface UserSplit {
  /** What each of the user's lists is for, in their order. */
  readonly splits: readonly Split[];
  /** Whether an interaction of the user may be learned from, by its row. */
  readonly isTraining: (row: number) => boolean;
}

/** Splits the lists of `user`, given where they start. */
export type Splitter = (user: number, starts: readonly number[]) => UserSplit;

/** The splitter of a protocol for `log`, or that of its files. */
export function createSplitter(log: InteractionLog, options: Required<CutOptions>): Splitter {
  if (log.fileSplits !== undefined) return byFiles(log, log.fileSplits, options);
  return options.split === "global-time" ? globalTime(log, options) : lastList(log, options);
}

function lastList(log: InteractionLog, { trainingFraction, listLength }: Required<CutOptions>): Splitter {
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

function globalTime(log: InteractionLog, { trainingFraction, listLength }: Required<CutOptions>): Splitter {
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

/**
 * The times of `global-time` from which on interactions are for validation, and for the test: at most
 * floor(fraction * n) of the n interactions lie before `test`, and nine tenths of these before `validation`. Infinite
 * where nothing lies at or after them.
 */
function timeCuts(log: InteractionLog, trainingFraction: number) {
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

/**
 * As the files say. Of the training file a retriever learns from each user's first floor(trainingFraction * n)
 * interactions. Without a validation file the protocol splits the training file: what would be its test is for
 * validation, and what would be for validation is trained on.
 */
function byFiles(log: InteractionLog, fileSplits: Uint8Array, options: Required<CutOptions>): Splitter {
  const splitOf = (row: number) => SPLITS[fileSplits[row]];
  const rows = Int32Array.from(fileSplits.keys()).filter((row) => splitOf(row) === "training");
  const { fileSplits: _, ...training } = selectInteractions(log, rows);
  const hasValidation = fileSplits.includes(SPLITS.indexOf("validation"));
  const splitTraining = hasValidation ? undefined : createSplitter(training, options);
  return (user, starts) => {
    // A user's training rows come first in both logs.
    const shift = training.userOffsets[user] - log.userOffsets[user];
    const learned = starts.filter((start) => splitOf(start) === "training");
    const own = splitTraining?.(
      user,
      learned.map((start) => start + shift),
    );
    const limit = trainingLimit(training, user, options.trainingFraction) - shift;
    return {
      splits: starts.map((start, list) => (own && list < learned.length ? movedUp(own.splits[list]) : splitOf(start))),
      isTraining: (row) =>
        splitOf(row) === "training" && (own === undefined ? row < limit : own.isTraining(row + shift)),
    };
  };
}

/** What a list of the training file is for, where the test is in a file of its own. */
function movedUp(split: Split): Split {
  if (split === "test") return "validation";
  return split === "validation" ? "training" : split;
}
