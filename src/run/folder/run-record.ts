/** What `run.json` says of a run: where, when, by what and on what it was made. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceFingerprint } from "../../data/prepared/fingerprint.ts";
import { RunFolderError } from "./run-folder-error.ts";

/** The file's name in the run's folder. */
export const RECORD = "run.json";

/** A process that worked on the run. */
export interface RunProcess {
  readonly command: string;
  readonly started: string;
  readonly device: string;
}

/** What a run was made from. */
export interface DataIdentity {
  /** Changes with the data. */
  readonly fingerprint: string;
  /** The input files, by name, size and checksum; none for an embedded world. */
  readonly files: SourceFingerprint["files"];
}

export interface RunRecord extends RunProcess {
  readonly goalrank: string;
  readonly node: string;
  readonly webgpu?: string;
  readonly platform: string;
  readonly driver?: string;
  readonly seed: number;
  readonly data: DataIdentity;
  /** Processes that went on with the run after the first. */
  readonly resumed: readonly RunProcess[];
  /** When the results were written; null until then. */
  readonly finished: string | null;
}

/** What a process computes on. */
export interface RunDevice {
  /** For people: the device and its adapter. */
  readonly description: string;
  /** What a GPU's adapter says of itself, its driver included. */
  readonly driver: string | undefined;
}

/** The record of a run that starts now; `versions` are those of the packages that it depends on. */
export function startRecord(
  run: Pick<RunRecord, "command" | "seed" | "data">,
  { description, driver }: RunDevice,
  { goalrank, webgpu }: { readonly goalrank: string; readonly webgpu: string | undefined },
): RunRecord {
  return {
    goalrank,
    node: process.version,
    ...(webgpu !== undefined && { webgpu }),
    platform: `${process.platform} ${process.arch}`,
    device: description,
    ...(driver !== undefined && { driver }),
    seed: run.seed,
    data: run.data,
    command: run.command,
    started: now(),
    resumed: [],
    finished: null,
  };
}

/** The record of a run that goes on now. */
export function resumeRecord(record: RunRecord, command: string, { description }: RunDevice): RunRecord {
  return { ...record, resumed: [...record.resumed, { command, started: now(), device: description }] };
}

export function finishRecord(record: RunRecord): RunRecord {
  return { ...record, finished: now() };
}

function now(): string {
  return new Date().toISOString();
}

/** @throws RunFolderError where there is none, or a damaged one */
export function readRunRecord(path: string): RunRecord {
  const file = join(path, RECORD);
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new RunFolderError(`${file}: cannot be read (${(error as Error).message})`);
  }
}
