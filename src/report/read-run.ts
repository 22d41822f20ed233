/** Reads the folder of a run, whatever of it is there. */
import { readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { z } from "zod";
import { dataReportSchema } from "../data/report/data-report-schema.ts";
import { anatomySchema } from "../run/anatomy-schema.ts";
import { resultSchema } from "../run/result-schema.ts";
import type { Series } from "./curves.ts";
import { configurationSchema, metricsLineSchema, type ReportInput, runSchema, type StageCurves } from "./run-input.ts";

/** A folder that is none of a run, or a file in it that is damaged. */
export class ReportError extends Error {
  override readonly name = "ReportError";
}

/**
 * The files of a run. All but `config.json` may be missing, as they are while it goes on.
 * @throws ReportError that names the file that is missing or damaged
 */
export function readRun(folder: string): ReportInput {
  const configuration = readJson(folder, "config.json", configurationSchema);
  if (configuration === undefined) {
    throw new ReportError(`${folder}: this is no folder of a run, it has no config.json`);
  }
  return {
    name: basename(resolve(folder)),
    configuration,
    run: readJson(folder, "run.json", runSchema),
    dataReport: readJson(folder, "data-report.json", dataReportSchema),
    stages: readMetrics(join(folder, "metrics.jsonl")),
    result: readJson(folder, "result.json", resultSchema),
    anatomy: readJson(folder, "anatomy.json", anatomySchema),
  };
}

/** What a file holds; undefined where there is none. */
function readJson<Schema extends z.ZodType>(folder: string, name: string, schema: Schema): z.infer<Schema> | undefined {
  const path = join(folder, name);
  const bytes = readIfThere(path);
  if (bytes === undefined) return undefined;
  const parsed = schema.safeParse(parseJson(bytes, path));
  if (parsed.success) return parsed.data;
  const [{ path: at, message }] = parsed.error.issues;
  throw new ReportError(`${path}: not of the form that a run writes, at ${at.join(".") || "the top"}: ${message}`);
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new ReportError(`${path}: cannot be read (${message})`);
  }
}

function parseJson(bytes: Buffer, place: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    const [line] = (error as Error).message.split("\n");
    throw new ReportError(`${place}: not JSON (${line})`);
  }
}

const NEWLINE = 0x0a;

/** Every stage's series, in the order of the file. Half a line at its end is still being written, and left out. */
function readMetrics(path: string): StageCurves[] {
  const bytes = readIfThere(path);
  if (bytes === undefined) return [];
  const stages = new Map<string, { training: Columns; validation: Columns }>();
  let start = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end === -1) break;
    const entry = parseJson(bytes.subarray(start, end), `${path}:${line}`);
    const parsed = metricsLineSchema.safeParse(entry);
    if (!parsed.success) throw new ReportError(`${path}:${line}: expected a JSON object with stage and step`);
    const { stage, step, validation, ...metrics } = parsed.data;
    const columns = stages.get(stage) ?? { training: new Map(), validation: new Map() };
    stages.set(stage, columns);
    if (validation === undefined) record(columns.training, step, metrics);
    else record(columns.validation, step, validation);
    start = end + 1;
  }
  return [...stages].map(([stage, { training, validation }]) => ({
    stage,
    training: seriesOf(training),
    validation: seriesOf(validation),
  }));
}

/** Series by name, as they grow. */
type Columns = Map<string, { readonly steps: number[]; readonly values: number[] }>;

/** What is no finite number is left out. */
function record(columns: Columns, step: number, metrics: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value !== "number" || !Number.isFinite(value)) continue;
    const column = columns.get(name) ?? { steps: [], values: [] };
    columns.set(name, column);
    column.steps.push(step);
    column.values.push(value);
  }
}

function seriesOf(columns: Columns): Series[] {
  return [...columns].map(([name, own]) => ({ name, ...own }));
}
