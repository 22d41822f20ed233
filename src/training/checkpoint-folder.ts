/**
 * Checkpoints as files: all that a training needs to go on with the same bits, as a safetensors file whose metadata
 * holds the progress, the run's fingerprint, and a checksum of everything else in the file.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { writeWhole } from "../files/write-whole.ts";
import { decodeSafetensors, encodeSafetensors, SafetensorsError } from "../nn/index.ts";
import { excerpt, oneLine } from "../text/excerpt.ts";
import { type Checkpoint, CheckpointError, type CheckpointStore } from "./checkpoint.ts";

/** Checkpoints of a stage that are kept: if the newest is damaged, the one before it still is there. */
const KEPT = 2;
/** What the name of a file that is being written ends with. */
const UNFINISHED = ".writing";
const VERSION = "1";

/** Checkpoints as files of a folder, `STAGE-STEP.safetensors`. */
export class CheckpointFolder implements CheckpointStore {
  /**
   * @param path the folder, made when it is missing
   * @param fingerprint of what shapes the training besides its own state, such as a digest of the configuration: a
   *   checkpoint of another is an error
   * @param warn told of a checkpoint that is damaged and removed
   * @throws CheckpointError when the folder cannot be made
   */
  constructor(
    private readonly path: string,
    private readonly fingerprint: string,
    private readonly warn: (message: string) => void = () => {},
  ) {
    explained(path, () => mkdirSync(path, { recursive: true }));
  }

  /** @throws CheckpointError when the newest whole checkpoint is of another run or version, or cannot be read */
  async load(stage: string): Promise<Checkpoint | undefined> {
    for (const { name } of this.saved(stage).reverse()) {
      const file = join(this.path, name);
      try {
        const bytes = explained(file, () => readFileSync(file));
        return decodeCheckpoint(bytes, file, this.fingerprint);
      } catch (error) {
        if (!(error instanceof SafetensorsError || error instanceof DamagedError)) throw error;
        this.warn(`${file} is damaged and removed (${error.message})`);
        // It must not count among those that are kept.
        explained(file, () => rmSync(file));
      }
    }
    return undefined;
  }

  /**
   * Writes a checkpoint that is there whole or not at all; then removes what is older than the newest two, and what a
   * process was writing when it was killed: a folder has one writer.
   *
   * @throws CheckpointError when it cannot be written, as on a full disk; nothing of it is left then
   */
  async save(stage: string, checkpoint: Checkpoint): Promise<void> {
    const file = join(this.path, fileName(stage, checkpoint.step));
    const bytes = encodeCheckpoint(checkpoint, this.fingerprint);
    explained(file, () => {
      writeWhole(file, bytes);
      for (const { name } of this.saved(stage).slice(0, -KEPT)) rmSync(join(this.path, name));
      for (const name of readdirSync(this.path)) {
        if (name.endsWith(UNFINISHED)) rmSync(join(this.path, name));
      }
    });
  }

  /** The stage's files, oldest first. */
  private saved(stage: string): { name: string; step: number }[] {
    const pattern = new RegExp(`^${fileStem(stage)}-(\\d+)\\.safetensors$`);
    return explained(this.path, () => readdirSync(this.path))
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

/** Makes what the file system complains about an error of checkpoints. */
function explained<Result>(file: string, access: () => Result): Result {
  try {
    return access();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const message = error.message.startsWith(file) ? error.message : `${file}: ${error.message}`;
    throw new CheckpointError(oneLine(message), { cause: error });
  }
}

/** What a checkpoint's metadata says besides its tensors. */
const progressSchema = z.strictObject({
  step: z.int().min(0),
  finished: z.boolean(),
  validation: z.strictObject({ best: z.number(), since: z.int().min(0) }).optional(),
});

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
    throw new CheckpointError(
      `${file}: version ${excerpt(`${rest.version}`)} of the format; expected ${VERSION}`,
    );
  }
  if (rest.fingerprint !== fingerprint) {
    throw new CheckpointError(
      `${file}: written by a run with another configuration or other data; start a new run in another folder`,
    );
  }
  return { ...readProgress(rest.progress, file), tensors };
}

function readProgress(text: string | undefined, file: string): Omit<Checkpoint, "tensors"> {
  const progress = progressSchema.safeParse(parsedJson(text));
  if (progress.success) return { ...progress.data, validation: progress.data.validation };
  throw new CheckpointError(`${file}: its progress is not that of a training; remove it`);
}

/** The value of JSON text, undefined for anything else. */
function parsedJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
