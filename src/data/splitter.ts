/**
 * Splits lists into training, validation and test as a protocol says. Whoever learns from a log may use what the
 * protocol calls training, and nothing else of it.
 */
import { isShown, type ListSpan } from "./exposures.ts";
import { type InteractionLog, selectInteractions } from "./interactions.ts";
import { SPLITS, type SplitName } from "./protocols.ts";
import type { CutOptions } from "./settings.ts";

/** What becomes of a list; `unused` ones lie between two splits, or after their user's list of a held-out one. */
export type Split = SplitName | "unused";

/** One user's part of the log, split. */
export interface UserSplit {
  /** What each of the user's lists is for, in their order. */
  readonly splits: readonly Split[];
  /** Whether the retriever may learn from an interaction of the user, by its row. */
  readonly isTraining: (row: number) => boolean;
}

/** Splits the lists of `user`, given where they lie. */
export type Splitter = (user: number, lists: readonly ListSpan[]) => UserSplit;

/** What a splitter reads; the retriever's part is the training part unless given. */
export type SplitterOptions = Required<Omit<CutOptions, "retrieverFraction">> & Pick<CutOptions, "retrieverFraction">;

/** The splitter of a protocol for `log`, or that of its files. */
export function createSplitter(log: InteractionLog, options: SplitterOptions): Splitter {
  if (log.fileSplits !== undefined) return byFiles(log, log.fileSplits, options);
  return byProtocol(log, options, ["validation", "test"]);
}

/** Holds out one list of a user for each of `heldOut`, in this order after those for training. */
function byProtocol(log: InteractionLog, options: SplitterOptions, heldOut: readonly SplitName[]): Splitter {
  return options.split === "global-time" ? globalTime(log, options, heldOut) : lastList(log, options, heldOut);
}

function lastList(log: InteractionLog, options: SplitterOptions, heldOut: readonly SplitName[]): Splitter {
  const { trainingFraction, retrieverFraction = trainingFraction } = options;
  return (user, lists) => {
    const limit = partEnd(log, user, trainingFraction);
    const splits = lists.map(({ start, length }, list): Split => {
      const isWithin = start + length <= limit;
      const left = lists.length - list;
      // A user's only list before the last is better learned from, where it may be.
      const isHeldOut = left <= heldOut.length && (left === 1 || list > 0 || !isWithin);
      if (isHeldOut) return heldOut[heldOut.length - left];
      return isWithin ? "training" : "unused";
    });
    const known = Math.min(limit, partEnd(log, user, retrieverFraction));
    // A list that the retriever's part would cut in two is not in it, and may be learned from after it.
    const after = lists.find(({ start, length }, list) => splits[list] !== "training" || start + length > known);
    const end = Math.min(known, after?.start ?? known);
    return { splits, isTraining: (row) => row < end };
  };
}

/** The row after the first floor(fraction * n) of a user's n interactions. */
function partEnd(log: InteractionLog, user: number, fraction: number): number {
  const first = log.userOffsets[user];
  const end = log.userOffsets[user + 1];
  if (log.positions === undefined) return first + shareOf(end - first, fraction);
  const shown: number[] = [];
  for (let row = first; row < end; row++) if (isShown(log, row)) shown.push(row);
  const count = shareOf(shown.length, fraction);
  return count === 0 ? first : shown[count - 1] + 1;
}

function globalTime(log: InteractionLog, options: SplitterOptions, heldOut: readonly SplitName[]): Splitter {
  const { trainingFraction, retrieverFraction = 1 } = options;
  const times = log.timestamps.filter((_, row) => isShown(log, row)).sort();
  const timeAt = (place: number) => (place < times.length ? times[place] : Number.POSITIVE_INFINITY);
  // What is held out stands to everything before it in the same way: 0.8 of all interactions lies before the last cut,
  // 0.8 of these before the one before it.
  const places = heldOut.reduce((later) => [shareOf(later[0], trainingFraction), ...later], [times.length]);
  const cuts = places.map(timeAt);
  const learned = Math.min(cuts[0], timeAt(shareOf(times.length, retrieverFraction)));
  return (_, lists) => {
    const taken = new Set<Split>();
    const splits = lists.map(({ start, length }): Split => {
      const own = log.timestamps.subarray(start, start + length);
      if (own.every((time) => time < cuts[0])) return "training";
      const part = heldOut.find((_, cut) => own.every((time) => time >= cuts[cut] && time < cuts[cut + 1]));
      if (part === undefined || taken.has(part)) return "unused";
      taken.add(part);
      return part;
    });
    return { splits, isTraining: (row) => log.timestamps[row] < learned };
  };
}

/** The first floor(fraction * n) of n interactions; the margin undoes the rounding of, say, 0.29 * 100. */
function shareOf(length: number, fraction: number): number {
  return Math.floor(fraction * length + 1e-9);
}

/**
 * As the files say: of the training file a retriever learns from all, or from the first `retrieverFraction` of each
 * user's interactions. Without a validation file the protocol holds validation lists of the training file out, where
 * `last-list` trains on everything before them.
 */
function byFiles(log: InteractionLog, fileSplits: Uint8Array, options: SplitterOptions): Splitter {
  const splitOf = (row: number) => SPLITS[fileSplits[row]];
  const rows = Int32Array.from(fileSplits.keys()).filter((row) => splitOf(row) === "training");
  const { fileSplits: _, ...training } = selectInteractions(log, rows);
  const heldOut = fileSplits.includes(SPLITS.indexOf("validation")) ? [] : (["validation"] as const);
  const whole = options.split === "last-list" ? { ...options, trainingFraction: 1 } : options;
  const splitTraining = byProtocol(training, whole, heldOut);
  return (user, lists) => {
    // A user's training rows come first in both logs.
    const shift = training.userOffsets[user] - log.userOffsets[user];
    const learned = lists.filter(({ start }) => splitOf(start) === "training");
    const own = splitTraining(
      user,
      learned.map(({ start, length }) => ({ start: start + shift, length })),
    );
    return {
      splits: lists.map(({ start }, list) => own.splits[list] ?? splitOf(start)),
      isTraining: (row) => splitOf(row) === "training" && own.isTraining(row + shift),
    };
  };
}
