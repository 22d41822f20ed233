/**
 * Splits lists into training, validation and test as a protocol says. Whoever learns from a log may use what the
 * protocol calls training, and nothing else of it.
 */
import { isShown } from "./exposures.ts";
import type { InteractionLog } from "./interactions.ts";
import type { SplitName } from "./protocols.ts";
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

/** Splits the lists of `user`, given where they start. */
export type Splitter = (user: number, starts: readonly number[]) => UserSplit;

/** What a splitter reads; the retriever's part is the training part unless given. */
export type SplitterOptions = Required<Omit<CutOptions, "retrieverFraction">> & Pick<CutOptions, "retrieverFraction">;

/** The splitter of a protocol for `log`. */
export function createSplitter(log: InteractionLog, options: SplitterOptions): Splitter {
  return options.split === "global-time" ? globalTime(log, options) : lastList(log, options);
}

function lastList(log: InteractionLog, options: SplitterOptions): Splitter {
  const { trainingFraction, retrieverFraction = trainingFraction, listLength } = options;
  return (user, starts) => {
    const limit = partEnd(log, user, trainingFraction);
    const isWithin = (start: number) => start + listLength <= limit;
    const test = starts.length - 1;
    // A user's only list before the test list is better learned from, where it may be.
    const validation = test > 1 || (test === 1 && !isWithin(starts[0])) ? test - 1 : undefined;
    const splits = starts.map((start, list): Split => {
      if (list === test) return "test";
      if (list === validation) return "validation";
      return isWithin(start) ? "training" : "unused";
    });
    const known = Math.min(limit, partEnd(log, user, retrieverFraction));
    // A list that lies in the retriever's part by half is none of it, and may be learned from after it.
    const firstAfter = starts.findIndex((start, list) => start + listLength > known || list === (validation ?? test));
    const end = firstAfter < 0 ? known : Math.min(known, starts[firstAfter]);
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

function globalTime(log: InteractionLog, { listLength, ...fractions }: SplitterOptions): Splitter {
  const cuts = timeCuts(log, fractions);
  const held = [
    { split: "validation", from: cuts.validation, until: cuts.test },
    { split: "test", from: cuts.test, until: Number.POSITIVE_INFINITY },
  ] as const;
  return (_, starts) => {
    const taken = new Set<Split>();
    const splits = starts.map((start): Split => {
      const times = log.timestamps.subarray(start, start + listLength);
      if (times.every((time) => time < cuts.validation)) return "training";
      const part = held.find(({ from, until }) => times.every((time) => time >= from && !(time >= until)));
      if (part === undefined || taken.has(part.split)) return "unused";
      taken.add(part.split);
      return part.split;
    });
    return { splits, isTraining: (row) => log.timestamps[row] < cuts.retriever };
  };
}

/**
 * The times of `global-time` from which on interactions are for validation, for the test, and no more for the
 * retriever: at most floor(fraction * n) of the n interactions lie before `test`, and that part of these before
 * `validation`, so that validation stands to the training as the test stands to both. Infinite where nothing lies at or
 * after them.
 */
function timeCuts(
  log: InteractionLog,
  { trainingFraction, retrieverFraction = 1 }: Pick<SplitterOptions, "trainingFraction" | "retrieverFraction">,
) {
  const times = log.timestamps.filter((_, row) => isShown(log, row)).sort();
  const before = shareOf(times.length, trainingFraction);
  const timeAt = (place: number) => (place < times.length ? times[place] : Number.POSITIVE_INFINITY);
  const validation = timeAt(shareOf(before, trainingFraction));
  const retriever = Math.min(validation, timeAt(shareOf(times.length, retrieverFraction)));
  return { validation, test: timeAt(before), retriever };
}

/** The first floor(fraction * n) of n interactions; the margin undoes the rounding of, say, 0.29 * 100. */
function shareOf(length: number, fraction: number): number {
  return Math.floor(fraction * length + 1e-9);
}
