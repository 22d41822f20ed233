/** Reads or draws the data of a run, and says on stderr what it is. */
import { existsSync } from "node:fs";
import {
  type ColumnNames,
  DataError,
  type ExperimentData,
  fingerprintOf,
  formatDataReport,
  type InteractionSource,
  type LogData,
  type LogDataOptions,
  logData,
  preparedLogData,
  reusePreparedDataset,
  type SourceFingerprint,
  type TrainingContext,
  worldData,
  writePreparedDataset,
} from "../src/index.ts";
import type { Arguments } from "./arguments.ts";
import type { DataSettings } from "./settings.ts";

/** The data, and what changes with it. */
export interface LoadedData {
  readonly data: ExperimentData;
  readonly fingerprint: string;
}

/** @throws DataError with file and line for a log that cannot be read; RangeError for options out of range */
export async function loadData(
  options: Arguments,
  settings: DataSettings,
  context: TrainingContext,
): Promise<LoadedData> {
  if (options.data === undefined) return { data: drawWorld(options), fingerprint: "embedded world" };
  const data = await loadLog(options.data, options, settings, context);
  return { data, fingerprint: JSON.stringify(data.source) };
}

function drawWorld({ scenario, seed, maxLists }: Arguments): ExperimentData {
  const data = worldData({ scenario, seed, ...(maxLists !== undefined && { trainingLists: maxLists }) });
  const { training, test } = data;
  console.error(
    `embedded world "${scenario}": ${training.size} logged lists of ${training.listLength} out of ` +
      `${training.candidateCount} candidates to learn from, ${test.size} requests to be judged by`,
  );
  return data;
}

async function loadLog(
  file: string,
  options: Arguments,
  settings: DataSettings,
  context: TrainingContext,
): Promise<LogData> {
  const source = sourceOf(file, options, settings);
  const logOptions = logOptionsOf(options, settings);
  const { prepared } = options;
  const data =
    prepared !== undefined && existsSync(prepared)
      ? await readPrepared(prepared, await fingerprintOf(source, logOptions))
      : await prepareLog(source, logOptions, prepared, context);
  if (options.protocol === "injected") {
    console.error(
      "injected candidates: the figures below mostly tell how well a method separates the exposed items from the " +
        "retrieved ones; --protocol retrieved injects nothing",
    );
  }
  return data;
}

/** What `file` holds, if it was prepared from the log that `fingerprint` is of. */
async function readPrepared(file: string, fingerprint: SourceFingerprint): Promise<LogData> {
  const existing = await reusePreparedDataset(file, fingerprint);
  if (existing === undefined) {
    throw new DataError(
      file,
      undefined,
      "prepared from another log or with other options; remove it or name another",
    );
  }
  await existing.close();
  console.error(`${file}: prepared before`);
  return preparedLogData(file);
}

/** Prepares a log, reports on it, and keeps the result in `file` where there is a name for it. */
async function prepareLog(
  source: InteractionSource,
  options: LogDataOptions,
  file: string | undefined,
  context: TrainingContext,
): Promise<LogData> {
  const data = await logData(source, options, context);
  console.error(formatDataReport(data.report));
  if (file !== undefined) await writePreparedDataset(file, data);
  return data;
}

function sourceOf(file: string, options: Arguments, settings: DataSettings): InteractionSource {
  const { format } = options;
  if (format === "movielens") return { format, file };
  const columns: Partial<ColumnNames> | undefined = options.columns ?? settings.columns;
  const mapped = { file, ...(columns && { columns }) };
  if (format !== "csv") return { format, ...mapped };
  return {
    format,
    ...mapped,
    ...(options.delimiter && { delimiter: options.delimiter.replace("\\t", "\t") }),
  };
}

function logOptionsOf(options: Arguments, settings: DataSettings): LogDataOptions {
  const { core, maxLists, maxTestLists, positive, protocol, seed, split } = options;
  const { columns: _, ...shaping } = settings;
  return {
    ...shaping,
    seed,
    protocol,
    split,
    ...(maxLists !== undefined && { maxLists }),
    ...(maxTestLists !== undefined && { maxTestLists }),
    ...(core !== undefined && { core }),
    ...(positive !== undefined && { positiveThreshold: positive }),
  };
}
