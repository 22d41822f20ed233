/** Everything that `goalrank init` makes of the first rows of a log. */
import { checkItemSupply } from "../../data/candidate-supply.ts";
import { type CutLog, cutLog } from "../../data/cut-log.ts";
import { timeOfText } from "../../data/readers/dates.ts";
import type { Head } from "../../data/readers/head.ts";
import { InteractionLogBuilder } from "../../data/readers/interaction-log-builder.ts";
import { isNumber } from "../../data/readers/numbers.ts";
import { doubtsOf, type GuessedColumns, guessColumns, otherFeedback, valuesOf } from "./guess-columns.ts";

/** Rows of a log that are looked at. */
export const HEAD_ROWS = 10_000;

export interface LogGuess {
  readonly head: Head;
  readonly columns: GuessedColumns;
  readonly threshold: ThresholdGuess;
  /** Whether the log has candidates that were not shown. */
  readonly hasCandidates: boolean;
  /** Columns that could be the feedback too. */
  readonly otherFeedback: readonly string[];
  /** What cannot be read as it is. */
  readonly doubts: readonly string[];
  /** What suits a log that was seen whole; undefined for a longer one. */
  readonly small: SmallLog | undefined;
}

/** From which feedback on an interaction counts as liked. */
export interface ThresholdGuess {
  readonly threshold: number;
  /** Why, for the configuration's comment. */
  readonly reason: string;
}

/** Settings with which a small log gives lists to learn from. */
export interface SmallLog {
  readonly core: number;
  readonly candidateCount: number;
}

export function guessLog(head: Head): LogGuess {
  const columns = guessColumns(head);
  const doubts = doubtsOf(head, columns);
  const { feedback, list, position } = columns;
  const values = feedback === undefined ? [] : valuesOf(head, feedback).filter(isNumber).map(Number);
  const threshold = guessThreshold(values);
  const isHidden = (place: string) => place === "" || Number(place) < 0;
  return {
    head,
    columns,
    threshold,
    hasCandidates: position !== undefined && valuesOf(head, position).some(isHidden),
    otherFeedback: otherFeedback(head, columns),
    doubts,
    small:
      head.isWhole && doubts.length === 0 && list === undefined
        ? suitSmallLog(head, columns, threshold.threshold)
        : undefined,
  };
}

/** @param values feedback of the first rows, all finite */
export function guessThreshold(values: readonly number[]): ThresholdGuess {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return { threshold: 3, reason: "the default; there is nothing to guess from" };
  const [lowest, highest] = [sorted[0], sorted[sorted.length - 1]];
  const isWhole = sorted.every(Number.isInteger);
  if (isWhole && lowest >= -1 && highest <= 1) {
    return { threshold: 1, reason: lowest < 0 ? "of -1, 0 and 1" : "of 0 and 1" };
  }
  const isStars = lowest >= 0.5 && highest > 3 && highest <= 5 && sorted.every((value) => Number.isInteger(2 * value));
  if (isStars) {
    // What services ask for their stars is generous: 3 of 5 is rather "so-so".
    return { threshold: 4, reason: "of 5 stars; docs/experiments.md uses 3" };
  }
  const median = sorted[Math.floor(sorted.length / 2)];
  const threshold = median > lowest ? median : (sorted.find((value) => value > lowest) ?? lowest);
  return { threshold, reason: `of ${lowest} to ${highest}; about half of the first rows reach it` };
}

/** The largest core of these is taken that leaves at least half of the interactions. */
const CORES = [20, 10, 5, 2, 1];
const CANDIDATES = [50, 30, 20, 12, 6];

function suitSmallLog(head: Head, columns: GuessedColumns, positiveThreshold: number): SmallLog {
  const builder = new InteractionLogBuilder();
  const [users, items, feedback, times] = (["user", "item", "feedback", "timestamp"] as const).map((field) =>
    valuesOf(head, columns[field] ?? ""),
  );
  users.forEach((user, row) => {
    builder.add(user, items[row], Number(feedback[row]), timeOfText(times[row]));
  });
  const log = builder.build();
  const prepared = (core: number) => attempt(() => cutLog(log, { core, positiveThreshold }));
  const core = CORES.find((own) => (prepared(own)?.log.users.length ?? 0) >= log.users.length / 2) ?? 1;
  const candidateCount = CANDIDATES.find((count) => suffices(prepared(core), count)) ?? 6;
  return { core, candidateCount };
}

function suffices(prepared: CutLog | undefined, candidates: number): boolean {
  if (prepared === undefined) return false;
  const { log, test } = prepared;
  return attempt(() => checkItemSupply(log, test.listLength, candidates) ?? true) === true;
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
