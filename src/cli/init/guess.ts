/** Everything that `goalrank init` makes of a log: of its first rows what they mean, and of many more what suits them. */
import { basename } from "node:path";
import { DataError } from "../../data/errors.ts";
import { isShown } from "../../data/exposures.ts";
import type { InteractionLog } from "../../data/interactions.ts";
import { type Head, readHead } from "../../data/readers/head.ts";
import type { DecimalMark } from "../../data/readers/numbers.ts";
import { type InteractionSource, readInteractions } from "../../data/readers/read-interactions.ts";
import { isQueryFormat } from "../../data/settings.ts";
import { columnFacts, decimalMarkOf } from "./column-facts.ts";
import { type GuessedColumns, guessColumns, NONE, type Question } from "./guess-columns.ts";
import { withLists } from "./guess-paths.ts";
import { guessSizes, type SizeGuess } from "./guess-sizes.ts";
import { guessThreshold, type ThresholdGuess, thresholdOfEvents } from "./guess-threshold.ts";
import { type KnownLog, knownLog } from "./known-logs.ts";

/** Rows in which the columns are looked for. */
const HEAD_ROWS = 10_000;
/** Rows of which sizes are guessed: what is read in a few seconds. */
const SAMPLE_ROWS = 1_500_000;

const SINGLE_ROWS =
  "most users have a single row: lists are learned from users who return, or from a column that says what was shown together";

export interface LogGuess extends GuessedColumns {
  readonly head: Head;
  readonly known: KnownLog | undefined;
  readonly decimal: DecimalMark;
  readonly threshold: ThresholdGuess;
  /** Undefined where the log cannot be read before something is corrected. */
  readonly sizes: SizeGuess | undefined;
  /** Rows that were read for the sizes, and whether they are all. */
  readonly sample: { readonly rows: number; readonly isWhole: boolean };
}

/** Where the format itself says it all. */
const KNOWN: GuessedColumns = { columns: {}, timestampFormat: undefined, feedbackValues: undefined, questions: [] };

/** @throws DataError for a file that cannot be read, or whose format is none that is known */
export async function guessLog(path: string): Promise<LogGuess> {
  const head = await readHead(path, HEAD_ROWS);
  const decimal = decimalMarkOf(head);
  const known = head.hasHeader ? undefined : knownLog(unpackedName(path), head.columns.length);
  // A column without a name numbers the rows.
  const facts = columnFacts(head, decimal).filter(({ name }) => name !== "");
  const found = guessColumns(facts, !head.hasHeader);
  const guessed = head.isKnown === true ? KNOWN : withKnown(withLists(found, head.columns, head.lists ?? []), known);
  const meaning = { head, known, decimal, ...guessed };
  const { log, problem } = await readSample(path, meaning);
  if (log === undefined) {
    const questions: Question[] = problem === undefined ? [] : [{ about: "format", text: problem }];
    const sample = { rows: 0, isWhole: false };
    return {
      ...meaning,
      threshold: guessThreshold([]),
      sizes: undefined,
      sample,
      questions: [...guessed.questions, ...questions],
    };
  }
  const threshold = thresholdOf(log, guessed);
  const { lacks = [] } = log;
  const sizes = guessSizes(log, { hasTimes: !lacks.includes("timestamp"), hasFeedback: !lacks.includes("feedback") });
  const asked: Question[] = [
    ...(threshold.question === undefined ? [] : [{ about: "positiveThreshold" as const, text: threshold.question }]),
    ...(log.listNumbers === undefined && sizes.median < 2 ? [{ about: "user" as const, text: SINGLE_ROWS }] : []),
  ];
  const sample = { rows: log.users.length, isWhole: log.users.length < SAMPLE_ROWS };
  return { ...meaning, threshold, sizes, sample, questions: [...guessed.questions, ...asked] };
}

/** A path's last part without the endings of packed files. */
function unpackedName(path: string): string {
  return basename(path.replace(/\.(gz|zst)$/i, ""));
}

/** What is known of a log for sure takes the place of guesses, and of the questions about them. */
function withKnown(guessed: GuessedColumns, known: KnownLog | undefined): GuessedColumns {
  if (known === undefined) return guessed;
  const { columns, question } = known;
  const isWords = columns.feedback === guessed.columns.feedback && guessed.feedbackValues !== undefined;
  const kept = guessed.questions.filter(({ about }) => isWords && about === "feedbackValues");
  return {
    columns,
    timestampFormat: columns.timestamp === guessed.columns.timestamp ? guessed.timestampFormat : undefined,
    feedbackValues: isWords ? guessed.feedbackValues : undefined,
    questions: question === undefined ? kept : [question, ...kept],
  };
}

/** How the guesses say that a log is read. */
export function sourceOf(
  path: string,
  { head, columns, ...guess }: Omit<LogGuess, "threshold" | "sizes" | "sample">,
): InteractionSource {
  const { format, delimiter, encoding, hasHeader } = head;
  if (isQueryFormat(format)) throw new RangeError(`${path}: queries are no interactions`);
  if (format === "movielens" || head.isKnown === true) return { file: path, format };
  const own = Object.entries(columns).map(([field, name]) => [field, hasHeader || name === NONE ? name : Number(name)]);
  return {
    file: path,
    format,
    columns: Object.fromEntries(own),
    encoding,
    decimal: guess.decimal,
    ...(format === "csv" && delimiter !== undefined && { delimiter }),
    ...(guess.timestampFormat !== undefined && { timestampFormat: guess.timestampFormat }),
    ...(guess.feedbackValues !== undefined && { feedbackValues: guess.feedbackValues }),
  };
}

/** The first rows as interactions, where they can be read; or what is wrong with them. */
async function readSample(
  path: string,
  guess: Omit<LogGuess, "threshold" | "sizes" | "sample">,
): Promise<{ readonly log?: InteractionLog; readonly problem?: string }> {
  const { format, isKnown } = guess.head;
  if (isQueryFormat(format)) return {};
  if (isKnown !== true && (guess.columns.user === undefined || guess.columns.item === undefined)) return {};
  try {
    return { log: await readInteractions(sourceOf(path, guess), SAMPLE_ROWS) };
  } catch (error) {
    if (error instanceof DataError) return { problem: error.message };
    throw error;
  }
}

function thresholdOf(log: InteractionLog, { feedbackValues }: GuessedColumns): ThresholdGuess {
  if (log.lacks?.includes("feedback") === true) return { threshold: 1, reason: "every row counts 1" };
  const values = log.feedback.filter((_, row) => isShown(log, row));
  return feedbackValues === undefined ? guessThreshold(values) : thresholdOfEvents(values);
}
