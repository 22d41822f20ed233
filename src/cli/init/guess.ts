/** Everything that `goalrank init` makes of the first rows of a log. */
import { checkItemSupply } from "../../data/candidates.ts";
import { type CutLog, cutLog } from "../../data/cut-log.ts";
import { timeOfText } from "../../data/readers/dates.ts";
import { type Head, isNumber } from "../../data/readers/head.ts";
import { InteractionLogBuilder } from "../../data/readers/interaction-log-builder.ts";
import { doubtsOf, type GuessedColumns, guessColumns, otherFeedback, valuesOf } from "./guess-columns.ts";
import { guessThreshold, type ThresholdGuess } from "./guess-threshold.ts";

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
