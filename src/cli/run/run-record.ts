/** What `run.json` says of a run: where, when, by what and on what it was made. */
import type { SourceFingerprint } from "../../data/prepared/fingerprint.ts";
import type { UsedDevice } from "../choose-device.ts";
import { packageVersions, programVersion } from "../versions.ts";

/** A process that worked on the run. */
export interface RunProcess {
  readonly command: string;
  readonly started: string;
  readonly device: string;
}

/** What a run was made from. */
export interface RunData {
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
  readonly data: RunData;
  /** Processes that went on with the run after the first. */
  readonly resumed: readonly RunProcess[];
  /** When the results were written; null until then. */
  readonly finished: string | null;
}

/** The record of a run that starts now. */
export function startRecord(
  command: string,
  seed: number,
  data: RunData,
  { description, driver }: UsedDevice,
): RunRecord {
  const { webgpu } = packageVersions();
  return {
    goalrank: programVersion(),
    node: process.version,
    ...(webgpu !== undefined && { webgpu }),
    platform: `${process.platform} ${process.arch}`,
    device: description,
    ...(driver !== undefined && { driver }),
    seed,
    data,
    command,
    started: now(),
    resumed: [],
    finished: null,
  };
}

/** The record of a run that goes on now. */
export function resumeRecord(record: RunRecord, command: string, { description }: UsedDevice): RunRecord {
  return { ...record, resumed: [...record.resumed, { command, started: now(), device: description }] };
}

export function finishRecord(record: RunRecord): RunRecord {
  return { ...record, finished: now() };
}

function now(): string {
  return new Date().toISOString();
}
