/** When, where and by which command an experiment ran: `runs.jsonl` in its folder, a line for each time. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import type { GridReport } from "./job-grid.ts";

export interface RunRecord {
  readonly command: string;
  readonly started: string;
  readonly seconds: number;
  readonly jobs: number;
  /** Processor, cores and version of Node. */
  readonly machine: string;
  readonly dataset: string;
  readonly ran: number;
  readonly skipped: number;
  readonly failed: number;
}

export function describeMachine(): string {
  const [processor] = cpus();
  const cores = availableParallelism();
  const name = processor?.model.trim().replaceAll(/\s+/g, " ") || process.arch;
  return `${name}, ${cores} ${cores === 1 ? "core" : "cores"}, Node ${process.versions.node}`;
}

/** Notes a run that started at `started` (milliseconds since 1970) and ends now. */
export function recordRun(
  folder: string,
  { command, started, jobs, dataset }: Pick<RunRecord, "command" | "jobs" | "dataset"> & { started: number },
  { ran, skipped, failed }: GridReport,
): void {
  const record: RunRecord = {
    command,
    started: new Date(started).toISOString(),
    seconds: (Date.now() - started) / 1000,
    jobs,
    machine: describeMachine(),
    dataset,
    ran,
    skipped,
    failed: failed.length,
  };
  mkdirSync(folder, { recursive: true });
  appendFileSync(join(folder, FILE), `${JSON.stringify(record)}\n`);
}

/** The runs that did something, oldest first. */
export function readRuns(folder: string): readonly RunRecord[] {
  const file = join(folder, FILE);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as RunRecord).filter(({ ran }) => ran > 0);
}

const FILE = "runs.jsonl";
