/**
 * What a run leaves behind, and goes on from:
 *
 *   config.json               what the run was started with: a configuration file, from which it can be run again
 *   run.json                  versions, device, fingerprint of the data, command line, times
 *   data-report.json          what is known of the log
 *   metrics.jsonl             a line for every step and validation
 *   tensorboard/              the same for TensorBoard
 *   checkpoints/              the newest states of every model's training
 *   *.safetensors             the trained weights
 *   rankers/*.safetensors     a ranker of every method
 *   ranker.safetensors        the one that is deployed, which `loadRanker` reads; missing where the verdict deploys none
 *   anatomy.json              a few groups of lists in detail
 *   result.json               the results; it is written last, so a run that has it is finished
 *   final.json                in place of results, of which run this is a training on all data
 *   lock                      the id of the process that writes the run, while there is one
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../files/sha256.ts";
import { writeWhole } from "../../files/write-whole.ts";
import { encodeSafetensors, type StateDict } from "../../nn/index.ts";
import { isRecord } from "../../settings/json-schema.ts";
import { parsedJson } from "../../text/parsed-json.ts";
import type { CheckpointStore } from "../../training/checkpoint.ts";
import { CheckpointFolder } from "../../training/checkpoint-folder.ts";
import { combineListeners, type TrainingListener } from "../../training/listener.ts";
import { TensorBoardWriter } from "../../training/tensorboard.ts";
import { resultSchema, type StoredResult } from "../result-schema.ts";
import { refuseFinal } from "./final-record.ts";
import { MetricsFile } from "./metrics-file.ts";
import { changePaths } from "./path-settings.ts";
import { RunFolderError } from "./run-folder-error.ts";
import { RunLock } from "./run-lock.ts";

const CHECKPOINTS = "checkpoints";

export class RunFolder {
  private isClosed = false;
  private readonly metrics: MetricsFile;
  private readonly tensorboard: TensorBoardWriter;
  /** Writes every step and validation, for people and for TensorBoard. */
  readonly listener: TrainingListener;

  private constructor(
    readonly path: string,
    /** What the run was started with, as JSON holds it. */
    readonly configuration: Readonly<Record<string, unknown>>,
    private readonly lock: RunLock,
    /** Whether this process made the run. */
    private readonly isNew: boolean,
  ) {
    this.metrics = new MetricsFile(join(path, "metrics.jsonl"));
    this.tensorboard = new TensorBoardWriter(join(path, "tensorboard"));
    this.listener = combineListeners([this.metrics, this.tensorboard]);
  }

  /**
   * Starts a run: makes the folder `path` and writes `config.json`.
   * @throws RunFolderError when it cannot be made, or holds something already: a run never overwrites another
   */
  static create(path: string, configuration: object): RunFolder {
    try {
      mkdirSync(path, { recursive: true });
    } catch (error) {
      throw new RunFolderError(`${path}: the folder cannot be made (${(error as Error).message})`);
    }
    if (readdirSync(path).length > 0) {
      throw new RunFolderError(
        `${path}: the folder is not empty; choose another with --out, remove it, or go on with its run: --resume ${path}`,
      );
    }
    const text = `${JSON.stringify(configuration, null, 2)}\n`;
    return withLock(path, (lock) => {
      writeWhole(join(path, "config.json"), text);
      return new RunFolder(path, JSON.parse(text), lock, true);
    });
  }

  /**
   * Goes on with a run that was interrupted.
   * @throws RunFolderError when the folder holds no run, or one that is finished, or that another process writes
   */
  static open(path: string): RunFolder {
    const configuration = readConfiguration(path);
    refuseFinal(path, "resume");
    return withLock(path, (lock) => {
      if (existsSync(join(path, "result.json"))) {
        throw new RunFolderError(
          `${path}: the run is finished, its results are in ${join(path, "result.json")}; there is nothing to resume`,
        );
      }
      return new RunFolder(path, configuration, lock, false);
    });
  }

  /**
   * The checkpoints of this run.
   * @param dataFingerprint changes with the data that is trained on: checkpoints of other data are an error
   * @param warn told of a checkpoint that is damaged and removed
   */
  checkpoints(dataFingerprint: string, warn?: (message: string) => void): CheckpointStore {
    const folder = checkpointFolder(this.path, this.configuration, dataFingerprint, warn);
    return {
      load: (stage) => folder.load(stage),
      // A run that goes on from a checkpoint does not write the lines before it again.
      save: (stage, checkpoint) => {
        this.metrics.sync();
        return folder.save(stage, checkpoint);
      },
    };
  }

  /** Writes a safetensors file for each model, by the name of the file. */
  writeWeights(weights: ReadonlyMap<string, StateDict>): void {
    for (const [name, state] of weights) this.write(`${name}.safetensors`, encodeSafetensors(state));
  }

  writeJson(name: string, value: unknown): void {
    this.write(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** Writes a file, whole or not at all. */
  write(name: string, content: string | Uint8Array): void {
    writeWhole(join(this.path, name), content);
  }

  /** Removes a file that an earlier process may have left. */
  remove(name: string): void {
    rmSync(join(this.path, name), { force: true });
  }

  /** Writes `result.json`: the run is finished. */
  finish(result: object): void {
    this.metrics.sync();
    this.writeJson("result.json", result);
  }

  /**
   * Closes the run, and removes it if it was made by this process and nothing was learned in it yet, so that its folder
   * can be used again.
   * @returns whether the run is still there
   */
  close(): boolean {
    const checkpoints = join(this.path, CHECKPOINTS);
    const hasCheckpoints = existsSync(checkpoints) && readdirSync(checkpoints).length > 0;
    const isEmpty = this.isNew && this.metrics.isEmpty && !hasCheckpoints;
    this[Symbol.dispose]();
    if (isEmpty) rmSync(this.path, { recursive: true, force: true });
    return !isEmpty;
  }

  /** Closes all files, and lets other processes write the run. */
  [Symbol.dispose](): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.metrics.close();
    this.tensorboard.close();
    this.lock.release();
  }
}

/** The checkpoints of the run in the folder `path`; see {@link RunFolder.checkpoints}. */
export function checkpointFolder(
  path: string,
  configuration: Readonly<Record<string, unknown>>,
  dataFingerprint: string,
  warn?: (message: string) => void,
): CheckpointFolder {
  const fingerprint = checkpointFingerprint(configuration, dataFingerprint);
  return new CheckpointFolder(join(path, CHECKPOINTS), fingerprint, warn);
}

/**
 * Changes with whatever changes a run's numbers: the data, and the configuration without the device, the server, and
 * where files lie.
 */
function checkpointFingerprint(configuration: Readonly<Record<string, unknown>>, dataFingerprint: string): string {
  const { device: _, serve: __, ...shaping } = configuration;
  return sha256(JSON.stringify([changePaths(shaping, () => undefined), dataFingerprint]));
}

/** The lock is kept only by a run that could be opened. */
function withLock(path: string, open: (lock: RunLock) => RunFolder): RunFolder {
  const lock = RunLock.take(join(path, "lock"));
  try {
    return open(lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The results of the run in the folder `path`. @throws RunFolderError where it has none, or a damaged file */
export function readResult(path: string): StoredResult {
  const file = join(path, "result.json");
  if (!existsSync(file)) {
    throw new RunFolderError(
      `${path}: the run is not finished, it has no result.json; \`goalrank train all --resume ${path}\` goes on with it`,
    );
  }
  const result = resultSchema.safeParse(parsedJson(readFileSync(file, "utf8")));
  if (result.success) return result.data;
  throw new RunFolderError(`${file}: not of the form that a run writes`);
}

/** What `config.json` of the run in the folder `path` holds. @throws RunFolderError where it is none */
export function readConfiguration(path: string): Record<string, unknown> {
  const file = join(path, "config.json");
  let configuration: unknown;
  try {
    configuration = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const problem =
      error instanceof SyntaxError ? `its config.json is not JSON (${error.message})` : "it has no config.json";
    throw new RunFolderError(`${path}: this is no folder of a run, ${problem}`);
  }
  if (isRecord(configuration)) return configuration;
  throw new RunFolderError(`${file}: expected a JSON object, as a run writes it`);
}
