/**
 * Checkpoints as files: all that a training needs to go on with the same bits, as a safetensors file whose metadata
 * holds the progress, the run's fingerprint, and a checksum of everything else in the file.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { sha256 } from "../files/sha256.ts";
import { writeWhole } from "../files/write-whole.ts";
import { decodeSafetensors, encodeSafetensors, SafetensorsError } from "../nn/index.ts";
import { excerpt, oneLine } from "../text/excerpt.ts";
import { parsedJson } from "../text/parsed-json.ts";
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
    for (const name of this.saved(stage).reverse()) {
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
   * @throws CheckpointError when it cannot be written, as on a full disk; nothing of it is left then
   */
  async save(stage: string, checkpoint: Checkpoint): Promise<void> {
    const step = String(checkpoint.step).padStart(8, "0");
    const file = join(this.path, `${fileStem(stage)}-${step}.safetensors`);
    const bytes = encodeCheckpoint(checkpoint, this.fingerprint);
    explained(file, () => {
      writeWhole(file, bytes);
      for (const name of this.saved(stage).slice(0, -KEPT)) rmSync(join(this.path, name));
      for (const name of readdirSync(this.path)) {
        if (name.endsWith(UNFINISHED)) rmSync(join(this.path, name));
      }
    });
  }

  /** The stage's files, oldest first. */
  private saved(stage: string): string[] {
    const pattern = new RegExp(`^${fileStem(stage)}-(\\d+)\\.safetensors$`);
    const names = explained(this.path, () => readdirSync(this.path)).filter((name) => pattern.test(name));
    const stepOf = (name: string) => Number(pattern.exec(name)?.[1]);
    return names.sort((a, b) => stepOf(a) - stepOf(b));
  }
}

/** "reward model" as `reward-model`. */
function fileStem(stage: string): string {
  return stage.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
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
  const checksum = sha256(encodeSafetensors(tensors, metadata));
  return encodeSafetensors(tensors, { ...metadata, checksum });
}

function decodeCheckpoint(bytes: Uint8Array, file: string, fingerprint: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { checksum, ...rest } = metadata;
  if (sha256(encodeSafetensors(tensors, rest)) !== checksum) throw new DamagedError("its checksum is wrong");
  const wrong = (problem: string) => new CheckpointError(`${file}: ${problem}`);
  if (rest.version !== VERSION) throw wrong(`version ${excerpt(`${rest.version}`)} of the format; expected ${VERSION}`);
  if (rest.fingerprint !== fingerprint) {
    const other = "written by a run with another configuration or other data";
    throw wrong(`${other}; start a new run in another folder`);
  }
  const { success, data: progress } = progressSchema.safeParse(parsedJson(rest.progress ?? ""));
  if (!success) throw wrong("its progress is not that of a training; remove it");
  return { ...progress, validation: progress.validation, tensors };
}
