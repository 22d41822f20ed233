/** What `run.json` says of a run: where, when, by what and on what it was made. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceFingerprint } from "../../data/prepared/fingerprint.ts";
import type { RunFolder } from "./run-folder.ts";
import { RunFolderError } from "./run-folder-error.ts";

/** The file's name in the run's folder. */
const RECORD = "run.json";

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
  readonly webgpu: string | undefined;
  readonly platform: string;
  readonly driver: string | undefined;
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

/**
 * Notes that this process works on a run: that it starts it, or goes on with what another one left.
 * @param origin what the run is made of, and by which versions
 */
export function recordProcess(
  run: RunFolder,
  { description: device, driver }: RunDevice,
  origin: Pick<RunRecord, "goalrank" | "webgpu" | "seed" | "data" | "command">,
): void {
  const { goalrank, webgpu, seed, data, command } = origin;
  const started = now();
  if (existsSync(join(run.path, RECORD))) {
    const record = readRunRecord(run.path);
    run.writeJson(RECORD, { ...record, resumed: [...record.resumed, { command, started, device }] });
    return;
  }
  const platform = `${process.platform} ${process.arch}`;
  const versions = { goalrank, node: process.version, webgpu, platform };
  const made = { device, driver, seed, data, command, started };
  const record: RunRecord = { ...versions, ...made, resumed: [], finished: null };
  run.writeJson(RECORD, record);
}

/** Notes that a run has its results. */
export function finishRecord(run: RunFolder): void {
  run.writeJson(RECORD, { ...readRunRecord(run.path), finished: now() });
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
