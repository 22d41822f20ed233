/** From a file of interactions to requests ready for training. */
import type { TrainingContext } from "../training/trainer.ts";
import type { EventColumns, InteractionEvent } from "./events.ts";
import { readCatalogue } from "./features/features.ts";
import type { PreparedRequests, PrepareOptions } from "./prepare-requests.ts";
import { prepareEvents, prepareRequests } from "./prepare-requests.ts";
import { fingerprintSource, type Json, type SourceFingerprint } from "./prepared/fingerprint.ts";

import { type PreparedQueries, prepareQueries, type QueryOptions } from "./queries/prepare-queries.ts";
import { type QuerySource, queryFilesOf, readQueries } from "./queries/read-queries.ts";

import { inputFiles } from "./readers/input-files.ts";

import { filesOf, type LogSource, readLog } from "./readers/read-log.ts";
import { isQueryFormat } from "./settings.ts";

/** Requests ready for training, with what they were made from. */
export interface PreparedLog extends PreparedRequests {
  readonly source: SourceFingerprint;
}

/** The same of files of queries. */
export interface PreparedQueryFiles extends PreparedQueries {
  readonly source: SourceFingerprint;
}

/** Interactions in memory; see `prepareEvents`. */
export function prepare(
  events: readonly InteractionEvent[] | EventColumns,
  options: PrepareOptions,
  context?: TrainingContext,
): Promise<PreparedRequests>;
/**
 * Reads a log, keeps its core, cuts it into lists and splits these, trains the retriever on its part of the log, and
 * gives each list candidates; see `prepareRequests`.
 * @throws DataError with file and line for a file that cannot be read or understood; RangeError when nothing is left of
 * a log, it has too few items, or for an option out of range
 * @example
 * const data = await prepare({ format: "movielens", file: "ml-1m/ratings.dat" }, { seed: 1, maxLists: 10_000 });
 * console.log(formatDataReport(data.report));
 */
export function prepare(source: LogSource, options: PrepareOptions, context?: TrainingContext): Promise<PreparedLog>;
/**
 * Reads queries whose candidates carry features and grades, splits them, and scales their features as training says; see
 * `prepareQueries`.
 * @throws DataError with file and line for a file that cannot be read or understood; RangeError where nothing is left of
 * one of the splits
 */
export function prepare(source: QuerySource, options: QueryOptions): Promise<PreparedQueryFiles>;
/** What the format of the source says. */
export function prepare(
  source: LogSource | QuerySource,
  options: PrepareOptions,
  context?: TrainingContext,
): Promise<PreparedLog | PreparedQueryFiles>;
export async function prepare(
  source: LogSource | QuerySource | readonly InteractionEvent[] | EventColumns,
  options: PrepareOptions,
  context?: TrainingContext,
): Promise<PreparedRequests | PreparedLog | PreparedQueryFiles> {
  if (!("file" in source)) return prepareEvents(source, options, context);
  if (isQuerySource(source)) return prepareQueryFiles(source, options);
  const log = await readLog(source);
  const catalogueOf = (core: typeof log) => readCatalogue(core, options);
  // Where every interaction counts 1, every one is a positive.
  const own = log.lacks?.includes("feedback") ? { positiveThreshold: 1, ...options } : options;
  const requests = await prepareRequests(log, own, { name: source.file, catalogueOf }, context);
  return { ...requests, source: await fingerprintLog(source, options) };
}

async function prepareQueryFiles(source: QuerySource, options: QueryOptions): Promise<PreparedQueryFiles> {
  const { notes, ...tables } = await readQueries(source);
  return { ...prepareQueries(tables, options, notes), source: await fingerprintLog(source, options) };
}

export function isQuerySource(source: LogSource | QuerySource): source is QuerySource {
  return isQueryFormat(source.format);
}

/** What a log's data depends on: the bytes of its files, wherever they lie, and the options that shape it. */
export async function fingerprintLog(
  source: LogSource | QuerySource,
  options: PrepareOptions,
): Promise<SourceFingerprint> {
  const tables = [options.userFeatures, options.itemFeatures].flatMap((table) =>
    table === undefined ? [] : [table.file, table.vectors ?? []].flat(),
  );
  const isName = (key: string) => ["file", "validationFile", "testFile", "queryFile", "vectors"].includes(key);
  const shaping = JSON.stringify({ source, options }, (key, value) => (isName(key) ? undefined : value));
  const files = isQuerySource(source)
    ? queryFilesOf(source)
    : (await Promise.all(filesOf(source).map(({ file }) => inputFiles(file)))).flat();
  return fingerprintSource([...files, ...tables], JSON.parse(shaping) as Json);
}
