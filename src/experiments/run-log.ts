/** When, where and by which command an experiment ran: `runs.jsonl` in its folder, a line for each time. */
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import type { GridReport } from "./job-grid.ts";
import { JsonLines } from "./json-lines.ts";

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
  const time = { started: new Date(started).toISOString(), seconds: (Date.now() - started) / 1000 };
  const place = { jobs, machine: describeMachine(), dataset };
  linesOf(folder).append([{ command, ...time, ...place, ran, skipped, failed: failed.length }]);
}

/** The runs that did something, oldest first. */
export function readRuns(folder: string): readonly RunRecord[] {
  return linesOf(folder)
    .read()
    .filter(({ ran }) => ran > 0);
}

function linesOf(folder: string): JsonLines<RunRecord> {
  return new JsonLines(join(folder, "runs.jsonl"));
}
