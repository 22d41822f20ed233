/** Reads or draws the data of a run, and says on stderr what it is. */
import { existsSync } from "node:fs";
import { DataError } from "../data/errors.ts";
import { fingerprintLog, isQuerySource, prepare } from "../data/prepare.ts";
import type { PrepareOptions } from "../data/prepare-requests.ts";
import { differencesOf, isSameSource, type SourceFingerprint } from "../data/prepared/fingerprint.ts";
import { readPreparedDataset, writePreparedDataset } from "../data/prepared/prepared-dataset.ts";
import { formatQueryReport } from "../data/queries/query-report.ts";
import type { QuerySource } from "../data/queries/read-queries.ts";
import type { LogSource } from "../data/readers/read-log.ts";
import { formatDataReport } from "../data/report/format-data-report.ts";
import { sha256 } from "../files/sha256.ts";
import { type LogData, logData, type RunData, worldData } from "../run/data.ts";
import type { DataIdentity } from "../run/folder/run-record.ts";
import { readRival } from "../run/rival.ts";
import type { TrainingContext } from "../training/trainer.ts";
import type { Configuration } from "./configuration/configuration-schema.ts";
import { prepareOptions, sourceOf } from "./configuration/library-options.ts";
import type { Work } from "./interruptible-work.ts";
import { say } from "./terminal/say.ts";
import { UsageError } from "./usage-error.ts";

/** What a run learns from, with what is known of a log. */
export type LoadedData = RunData & Partial<Pick<LogData, "report" | "queries" | "protocols">>;

/** What a run's data comes from: known before it is loaded. */
export interface DataSource {
  readonly identity: DataIdentity;
  load(context: TrainingContext): Promise<LoadedData>;
}

/** @throws UsageError where the configuration names no data; DataError for a file that cannot be read */
export async function findData(configuration: Configuration, work: Work): Promise<DataSource> {
  const { file, scenario } = configuration.data;
  if (file !== undefined) {
    const log = await openLog(file, configuration);
    return { identity: log.identity, load: (context) => loadLog(log, configuration, { ...work, context }) };
  }
  if (scenario === undefined) {
    throw new UsageError(
      "there is no data: name a log with --data FILE, or an embedded world with --scenario default; " +
        "`goalrank init LOG` writes a configuration for a log",
    );
  }
  const { seed, data } = configuration;
  const world = { scenario, seed, ...("maxLists" in data && { maxLists: data.maxLists }) };
  return {
    identity: { fingerprint: sha256(JSON.stringify(["embedded world", world])), files: [] },
    load: async () => drawWorld(configuration),
  };
}

function drawWorld({ seed, data: { scenario = "default", maxLists } }: Configuration): RunData {
  const data = worldData({ scenario, seed, ...(maxLists !== undefined && { trainingLists: maxLists }) });
  const { training, test } = data;
  say(
    `embedded world "${scenario}": ${training.size} logged lists of ${training.listLength} out of ` +
      `${training.candidateCount} candidates to learn from, ${test.size} requests to be judged by`,
  );
  return data;
}

/** A log and what identifies it. */
interface OpenedLog {
  readonly file: string;
  /** How it is read, and how it is cut. */
  readonly ways: readonly [LogSource | QuerySource, PrepareOptions];
  readonly source: SourceFingerprint;
  readonly identity: DataIdentity;
}

/** Reads every byte of the log and of its tables, to know it again. */
export async function openLog(file: string, configuration: Configuration): Promise<OpenedLog> {
  const ways = [sourceOf(file, configuration), prepareOptions(file, configuration)] as const;
  const source = await fingerprintLog(...ways);
  // The same for the same content, whatever its files are called.
  const fingerprint = sha256(JSON.stringify([source.files.map((own) => own.sha256), source.options]));
  return { file, ways, source, identity: { fingerprint, files: source.files } };
}

async function loadLog(
  log: OpenedLog,
  configuration: Configuration,
  work: Pick<Work, "interruption" | "context">,
): Promise<LogData> {
  const { prepared, protocol } = configuration.data;
  const existing = prepared === undefined ? undefined : await readPrepared(prepared, log);
  const data = existing ?? (await prepareLog(log, configuration, work));
  if (existing === undefined) for (const line of describeData(data)) say(line);
  if (data.queries === undefined && protocol === "injected") {
    say(
      "injected candidates: the figures below mostly tell how well a method separates the exposed items from the " +
        "retrieved ones; --protocol retrieved injects nothing",
    );
  }
  return withRival(log, configuration, data);
}

/** With the rankings of another ranker, where the settings name its scores. */
async function withRival({ ways: [source, options] }: OpenedLog, { experiment }: Configuration, data: LogData) {
  const { rival } = experiment;
  if (rival === undefined || !isQuerySource(source)) return data;
  return { ...data, rival: await readRival(rival, source, options, data) };
}

/** The report on data of either kind, for people: a text, or none. */
export function describeData({ report, queries }: Partial<Pick<LogData, "report" | "queries">>): string[] {
  return [...(report ? [formatDataReport(report)] : []), ...(queries ? [formatQueryReport(queries)] : [])];
}

/** What the prepared file holds, if there is one. @throws DataError when it was made from another log, or otherwise */
export async function readPrepared(file: string, { source }: OpenedLog): Promise<LogData | undefined> {
  if (!existsSync(file)) return undefined;
  const data = logData(await readPreparedDataset(file));
  if (!isSameSource(data.source, source)) {
    const differences = differencesOf(data.source, source).join(", ");
    throw new DataError(
      file,
      `prepared from another log or with other options: ${differences}; name another file with --prepared, or remove it`,
    );
  }
  say(`${file}: prepared before`);
  return data;
}

/** Prepares a log, and keeps the result where the configuration names a file for it. */
export async function prepareLog(
  { file, ways, source }: OpenedLog,
  configuration: Configuration,
  { interruption, context }: Pick<Work, "interruption" | "context">,
): Promise<LogData> {
  if (process.stderr.isTTY) say(`reading ${file}`);
  const data = logData(await prepare(...ways, context));
  if (!isSameSource(data.source, source)) {
    throw new DataError(file, "the file changed while it was read; run the command again");
  }
  const { prepared } = configuration.data;
  if (prepared !== undefined) await interruption.complete(() => writePreparedDataset(prepared, data));
  return data;
}
