/**
 * Checkpoints: all that a training needs to go on with the same bits. A checkpoint is a safetensors file whose metadata
 * holds the progress, the run's fingerprint, and a checksum of everything else in the file.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { decodeSafetensors, encodeSafetensors, SafetensorsError, type StateDict } from "../../nn/index.ts";
import type { ValidationProgress } from "./trainer.ts";

/** A training between two steps, or at its end. */
export interface Checkpoint {
  /** Updates made. */
  readonly step: number;
  /** Whether nothing is left to train: the model holds its final weights. */
  readonly finished: boolean;
  /** Early stopping's, where there is any. */
  readonly validation: ValidationProgress | undefined;
  readonly tensors: StateDict;
}

/** Where a run's checkpoints are kept, by stage. */
export interface CheckpointStore {
  /** The newest checkpoint of `stage` that is whole. */
  load(stage: string): Promise<Checkpoint | undefined>;
  save(stage: string, checkpoint: Checkpoint): Promise<void>;
}

/** A checkpoint that cannot be used. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}

/** Checkpoints of a stage that are kept: if the newest is damaged, the one before it still is there. */
const KEPT = 2;
const VERSION = "1";

/** Checkpoints as files of a folder, `STAGE-STEP.safetensors`. */
export class CheckpointFolder implements CheckpointStore {
  /**
   * @param path the folder, made when it is missing
   * @param fingerprint of what shapes the training besides its own state, such as a digest of the configuration: a
   *   checkpoint of another is an error
   * @param warn told of a checkpoint that is damaged and removed
   */
  constructor(
    private readonly path: string,
    private readonly fingerprint: string,
    private readonly warn: (message: string) => void = () => {},
  ) {
    mkdirSync(path, { recursive: true });
  }

  /** @throws CheckpointError when the newest whole checkpoint is of another run or version */
  async load(stage: string): Promise<Checkpoint | undefined> {
    for (const { name } of this.saved(stage).reverse()) {
      const file = join(this.path, name);
      try {
        return decodeCheckpoint(readFileSync(file), file, this.fingerprint);
      } catch (error) {
        if (!(error instanceof SafetensorsError || error instanceof DamagedError)) throw error;
        this.warn(`${file} is damaged and removed (${error.message})`);
        // It must not count among those that are kept.
        rmSync(file);
      }
    }
    return undefined;
  }

  /**
   * Writes to a temporary file, syncs it and renames it, so that a checkpoint is there whole or not at all; then removes
   * what is older than the newest two.
   */
  async save(stage: string, checkpoint: Checkpoint): Promise<void> {
    const file = join(this.path, fileName(stage, checkpoint.step));
    const temporary = `${file}.writing`;
    const descriptor = openSync(temporary, "w");
    try {
      const bytes = encodeCheckpoint(checkpoint, this.fingerprint);
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    syncFolder(this.path);
    for (const { name } of this.saved(stage).slice(0, -KEPT)) rmSync(join(this.path, name));
  }

  /** The stage's files, oldest first. */
  private saved(stage: string): { name: string; step: number }[] {
    const pattern = new RegExp(`^${fileStem(stage)}-(\\d+)\\.safetensors$`);
    return readdirSync(this.path)
      .flatMap((name) => {
        const match = pattern.exec(name);
        return match === null ? [] : [{ name, step: Number(match[1]) }];
      })
      .sort((a, b) => a.step - b.step);
  }
}

/** "reward model" as `reward-model`. */
function fileStem(stage: string): string {
  return stage.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}

function fileName(stage: string, step: number): string {
  return `${fileStem(stage)}-${String(step).padStart(8, "0")}.safetensors`;
}

/** A rename is on disk only when its folder is; systems that cannot sync a folder do not need it. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A file that was not written whole, or changed since. */
class DamagedError extends Error {}

function encodeCheckpoint({ tensors, ...progress }: Checkpoint, fingerprint: string): Uint8Array {
  const metadata = { version: VERSION, fingerprint, progress: JSON.stringify(progress) };
  // The checksum is of the file as it would be without it: equal content always gives equal bytes.
  const checksum = digest(encodeSafetensors(tensors, metadata));
  return encodeSafetensors(tensors, { ...metadata, checksum });
}

function decodeCheckpoint(bytes: Uint8Array, file: string, fingerprint: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { checksum, ...rest } = metadata;
  if (digest(encodeSafetensors(tensors, rest)) !== checksum) throw new DamagedError("its checksum is wrong");
  if (rest.version !== VERSION) {
    throw new CheckpointError(`${file}: version ${rest.version} of the format; expected ${VERSION}`);
  }
  if (rest.fingerprint !== fingerprint) {
    throw new CheckpointError(
      `${file}: written by a run with another configuration or other data; start a new run in another folder`,
    );
  }
  return { ...(JSON.parse(rest.progress) as Omit<Checkpoint, "tensors">), tensors };
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
