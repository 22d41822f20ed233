/**
 * What a run leaves behind, and goes on from:
 *
 *   config.json               what the run was started with
 *   metrics.jsonl             a line for every step and validation
 *   tensorboard/              the same for TensorBoard
 *   checkpoints/              the newest states of every model's training
 *   *.safetensors             the trained weights
 *   result.json               the results; it is written last, so a run that has it is finished
 *   lock                      the id of the process that writes the run, while there is one
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  CheckpointFolder,
  type CheckpointStore,
  combineListeners,
  type TrainingListener,
} from "../src/goalrank/training/index.ts";
import { TensorBoardWriter } from "../src/goalrank/training/tensorboard.ts";
import { encodeSafetensors, type StateDict } from "../src/nn/index.ts";
import { MetricsFile } from "./metrics-file.ts";
import { RunDirectoryError } from "./run-directory-error.ts";
import { RunLock } from "./run-lock.ts";

export { RunDirectoryError } from "./run-directory-error.ts";

/** What a run came to, as it is to be kept in JSON, and its models' weights, by the name of a file. */
export type RunResult = Readonly<Record<string, unknown>> & {
  readonly weights: ReadonlyMap<string, StateDict>;
};

export class RunDirectory {
  private readonly metrics: MetricsFile;
  private readonly tensorboard: TensorBoardWriter;
  /** Writes every step and validation, for people and for TensorBoard. */
  readonly listener: TrainingListener;

  private constructor(
    private readonly path: string,
    /** What the run was started with, as JSON holds it. */
    readonly configuration: Readonly<Record<string, unknown>>,
    private readonly lock: RunLock,
  ) {
    this.metrics = new MetricsFile(join(path, "metrics.jsonl"));
    this.tensorboard = new TensorBoardWriter(join(path, "tensorboard"));
    this.listener = combineListeners([this.metrics, this.tensorboard]);
  }

  /**
   * Starts a run: makes the folder `path` and writes `config.json`.
   * @throws RunDirectoryError when it cannot be made, or holds something already: a run never overwrites another
   */
  static create(path: string, configuration: object): RunDirectory {
    try {
      mkdirSync(path, { recursive: true });
    } catch (error) {
      throw new RunDirectoryError(`${path}: the folder cannot be made (${(error as Error).message})`);
    }
    if (readdirSync(path).length > 0) {
      throw new RunDirectoryError(
        `${path}: the folder is not empty; choose another with --out, or remove it`,
      );
    }
    const text = `${JSON.stringify(configuration, null, 2)}\n`;
    return withLock(path, (lock) => {
      writeWhole(join(path, "config.json"), text);
      return new RunDirectory(path, JSON.parse(text), lock);
    });
  }

  /**
   * Goes on with a run that was interrupted.
   * @throws RunDirectoryError when the folder holds no run, or one that is finished, or that another process writes
   */
  static open(path: string): RunDirectory {
    const configuration = readConfiguration(path);
    return withLock(path, (lock) => {
      if (existsSync(join(path, "result.json"))) {
        throw new RunDirectoryError(
          `${path}: the run is finished, its results are in ${join(path, "result.json")}; there is nothing to resume`,
        );
      }
      return new RunDirectory(path, configuration, lock);
    });
  }

  /**
   * The checkpoints of this run.
   * @param dataFingerprint changes with the data that is trained on: checkpoints of other data are an error
   * @param warn told of a checkpoint that is damaged and removed
   */
  checkpoints(dataFingerprint: string, warn?: (message: string) => void): CheckpointStore {
    const shaping = JSON.stringify([this.configuration, dataFingerprint]);
    const fingerprint = createHash("sha256").update(shaping).digest("hex");
    const folder = new CheckpointFolder(join(this.path, "checkpoints"), fingerprint, warn);
    return {
      load: (stage) => folder.load(stage),
      // A run that goes on from a checkpoint does not write the lines before it again.
      save: (stage, checkpoint) => {
        this.metrics.sync();
        return folder.save(stage, checkpoint);
      },
    };
  }

  /** Writes a safetensors file for each model, and at last `result.json`. */
  finish({ weights, ...result }: RunResult): void {
    for (const [name, state] of weights) {
      writeWhole(join(this.path, `${name}.safetensors`), encodeSafetensors(state));
    }
    this.metrics.sync();
    writeWhole(join(this.path, "result.json"), `${JSON.stringify(result, null, 2)}\n`);
  }

  /** Closes all files, and lets other processes write the run. */
  [Symbol.dispose](): void {
    this.metrics.close();
    this.tensorboard.close();
    this.lock.release();
  }
}

/** The lock is kept only by a run that could be opened. */
function withLock(path: string, open: (lock: RunLock) => RunDirectory): RunDirectory {
  const lock = RunLock.take(join(path, "lock"));
  try {
    return open(lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function readConfiguration(path: string): Record<string, unknown> {
  const file = join(path, "config.json");
  let configuration: unknown;
  try {
    configuration = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const problem =
      error instanceof SyntaxError
        ? `its config.json is not JSON (${error.message})`
        : "it has no config.json";
    throw new RunDirectoryError(`${path}: this is no folder of a run, ${problem}`);
  }
  if (typeof configuration !== "object" || configuration === null || Array.isArray(configuration)) {
    throw new RunDirectoryError(`${file}: expected a JSON object, as a run writes it`);
  }
  return configuration as Record<string, unknown>;
}

/** Writes to a temporary file, syncs it and renames it: the file is there whole or not at all. */
function writeWhole(file: string, content: string | Uint8Array): void {
  const temporary = `${file}.writing`;
  const descriptor = openSync(temporary, "w");
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}
