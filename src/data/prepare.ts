/** From a file of interactions to the lists of an experiment, with every count that a report should show. */
import type { Catalogue } from "./dataset.ts";
import { isShown } from "./exposures.ts";
import type { InteractionLog } from "./interactions.ts";
import { kCore } from "./k-core.ts";
import { cutLists, type ExposedLists, type ListCounts, positiveAt, sampleLists } from "./lists.ts";
import type { ColumnOptions } from "./readers/columns.ts";
import { type CsvOptions, readCsv, readTsv } from "./readers/csv.ts";
import { readMovieLens } from "./readers/movielens.ts";
import { readParquet } from "./readers/parquet.ts";
import { countRepeatedRows } from "./repeated-rows.ts";
import { DEFAULT_LOG, type PrepareOptions } from "./settings.ts";

/** A file of interactions and how to read it. Text may be gzipped. */
export type InteractionSource =
  | { readonly format: "movielens"; readonly file: string }
  | ({ readonly format: "csv"; readonly file: string } & CsvOptions)
  | ({ readonly format: "tsv" | "parquet"; readonly file: string } & ColumnOptions);

/** The size of a log. */
export interface LogCounts {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  /** Interactions whose feedback reaches the positive threshold. */
  readonly positives: number;
  /** Of a log that carries lists: candidates that were not shown, which are no interactions. */
  readonly notShown?: number;
  /** Interactions that equal an earlier one in user, item, feedback and time, where there are any. */
  readonly repeated?: number;
}

/** What is left of a log at each stage of its preparation. */
export interface PreparationCounts {
  readonly core: number;
  readonly listLength: number;
  /** Before the core filter. */
  readonly read: LogCounts;
  /** After the core filter. */
  readonly kept: LogCounts;
  readonly lists: ListCounts;
  /** Training lists after the draw of `maxLists`. */
  readonly trainingListsDrawn: number;
}

/** A filtered log and its lists. */
export interface PreparedData {
  /** The interactions after the core filter, in which the lists lie. */
  readonly log: InteractionLog;
  readonly catalogue: Catalogue;
  readonly training: ExposedLists;
  readonly validation: ExposedLists;
  readonly test: ExposedLists;
  readonly counts: PreparationCounts;
}

/**
 * Reads a source as its format says.
 *
 * @throws DataError with file and line or row when the file cannot be read or understood.
 */
export function readInteractions(source: InteractionSource): Promise<InteractionLog> {
  switch (source.format) {
    case "movielens":
      return readMovieLens(source.file);
    case "csv":
      return readCsv(source.file, source);
    case "tsv":
      return readTsv(source.file, source);
    case "parquet":
      return readParquet(source.file, source);
  }
}

/**
 * Reads interactions, keeps the k-core, and cuts it into training, validation and test lists.
 *
 * @throws DataError when the file cannot be read or understood; RangeError when nothing is left of it, or for an
 * option out of range.
 *
 * @example
 * const data = await prepareInteractions({ format: "movielens", file: "ml-1m/ratings.dat" });
 * console.log(formatPreparation(data.counts));
 */
export async function prepareInteractions(
  source: InteractionSource,
  options: PrepareOptions = {},
): Promise<PreparedData> {
  return prepareLog(await readInteractions(source), options, source.file);
}

/**
 * The part of {@link prepareInteractions} that follows the reading, for a log from elsewhere. Errors call the log
 * `name`.
 *
 * @throws RangeError when nothing is left of it, or for an option out of range.
 */
export function prepareLog(
  read: InteractionLog,
  options: PrepareOptions = {},
  name = "the log",
): PreparedData {
  const { core = DEFAULT_LOG.core, maxLists = Number.MAX_SAFE_INTEGER, seed = 0 } = options;
  const log = kCore(read, core);
  const cut = cutLists(log, options);
  const training = sampleLists(cut.training, maxLists, seed);
  if (training.size === 0) {
    throw new RangeError(
      `${name}: no training list is left of ${read.users.length} interactions after the ${core}-core filter ` +
        `(${log.users.length} interactions, ${cut.counts.lists} lists, ${cut.counts.withPositive} with a positive); ` +
        "use a smaller core or a lower positive threshold",
    );
  }
  const { listLength, positiveThreshold } = training;
  return {
    log,
    catalogue: {
      userCount: log.userIds.length,
      itemCount: log.itemIds.length,
      userIds: log.userIds,
      itemIds: log.itemIds,
    },
    training,
    validation: cut.validation,
    test: cut.test,
    counts: {
      core,
      listLength,
      read: countLog(read, positiveThreshold),
      kept: countLog(log, positiveThreshold),
      lists: cut.counts,
      trainingListsDrawn: training.size,
    },
  };
}

function countLog(log: InteractionLog, positiveThreshold: number): LogCounts {
  const isPositive = positiveAt(log, positiveThreshold);
  let interactions = 0;
  let positives = 0;
  for (let row = 0; row < log.users.length; row++) {
    if (!isShown(log, row)) continue;
    interactions++;
    if (isPositive(row)) positives++;
  }
  const repeated = countRepeatedRows(log);
  return {
    users: log.userIds.length,
    items: log.itemIds.length,
    interactions,
    positives,
    ...(repeated > 0 && { repeated }),
    ...(log.listNumbers && { notShown: log.users.length - interactions }),
  };
}

/** The counts in a few lines for people; what did not occur (nothing left out, nothing drawn) is not mentioned. */
export function formatPreparation(counts: PreparationCounts): string {
  const { lists } = counts;
  const drawn =
    counts.trainingListsDrawn < lists.training ? ` (${number(counts.trainingListsDrawn)} of them drawn)` : "";
  const lines = [
    `read: ${formatLog(counts.read)}`,
    `${counts.core}-core: ${formatLog(counts.kept)}`,
    `lists of ${counts.listLength}: ${number(lists.lists)}, of which ${number(lists.withPositive)} with a positive`,
    `training ${number(lists.training)}${drawn}, validation ${number(lists.validation)}, test ${number(lists.test)}`,
  ];
  if (lists.withRepeat > 0) lines.push(`left out: ${number(lists.withRepeat)} lists that hold an item twice`);
  const untested = [
    ...(lists.testUsersWithoutPositive > 0
      ? [`${number(lists.testUsersWithoutPositive)} whose list has no positive`]
      : []),
    ...(lists.testUsersWithRepeat > 0
      ? [`${number(lists.testUsersWithRepeat)} whose list holds an item twice`]
      : []),
  ];
  if (untested.length > 0) lines.push(`users without a test list: ${untested.join(", ")}`);
  return lines.join("\n");
}

function formatLog({ users, items, interactions, positives, notShown = 0, repeated = 0 }: LogCounts): string {
  const share = interactions === 0 ? 0 : (100 * positives) / interactions;
  const candidates = notShown === 0 ? "" : `, ${number(notShown)} candidates that were not shown`;
  const twice = repeated === 0 ? "" : `, ${number(repeated)} of them written before`;
  return (
    `${number(users)} users, ${number(items)} items, ${number(interactions)} interactions${twice}, ` +
    `${share.toFixed(1)}% positive${candidates}`
  );
}

/** 1234567 as 1,234,567, whatever the machine's language. */
function number(value: number): string {
  return value.toLocaleString("en-US");
}
