/** Files that are there whole or not at all. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";

/** Bytes that are written at once, before others have their turn. */
const CHUNK_BYTES = 1 << 26;

/**
 * Writes a file, and the folders it lies in. It appears under its name once it is complete and on disk; until then, and
 * after any failure, what had that name before is left as it was. Several processes may write the same one.
 * @throws the file system's error, with the file's name before its message
 */
export function writeWhole(file: string, content: string | Uint8Array): void {
  using whole = new WholeFile(file);
  whole.write(content);
  whole.finish();
}

/** The same for a large file, part after part, between which the program goes on with other work. */
export async function writeWholeInParts(file: string, parts: Iterable<Uint8Array>): Promise<void> {
  using whole = new WholeFile(file);
  for (const part of parts) {
    for (let at = 0; at < part.length; at += CHUNK_BYTES) {
      whole.write(part.subarray(at, at + CHUNK_BYTES));
      await setImmediate();
    }
  }
  whole.finish();
}

/** A file in the making, beside the name that it takes in the end; disposed before, nothing of it is left. */
class WholeFile {
  private readonly temporary: string;
  private readonly descriptor: number;
  private isOpen = true;
  private isFinished = false;

  constructor(private readonly file: string) {
    this.temporary = `${file}.${process.pid}.writing`;
    this.descriptor = this.named(() => {
      mkdirSync(dirname(file), { recursive: true });
      return openSync(this.temporary, "w");
    });
  }

  write(content: string | Uint8Array): void {
    this.named(() => writeFileSync(this.descriptor, content));
  }

  finish(): void {
    this.named(() => {
      fsyncSync(this.descriptor);
      this.close();
      renameSync(this.temporary, this.file);
      this.isFinished = true;
      syncFolder(dirname(this.file));
    });
  }

  [Symbol.dispose](): void {
    if (this.isOpen) this.close();
    if (!this.isFinished) rmSync(this.temporary, { force: true });
  }

  private close(): void {
    this.isOpen = false;
    closeSync(this.descriptor);
  }

  /** A full disk, for one, does not say which file it was that had no room. */
  private named<Result>(access: () => Result): Result {
    try {
      return access();
    } catch (error) {
      if (error instanceof Error) error.message = `${this.file}: ${error.message}`;
      throw error;
    }
  }
}

/** Makes the new name last through a power cut, where the system lets folders be synchronised (Windows does not). */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A name for files, of letters, digits, dots and dashes. */
export function fileName(...parts: readonly string[]): string {
  return parts
    .filter((part) => part !== "")
    .map((part) =>
      part
        .toLowerCase()
        .replaceAll(/[^a-z0-9.]+/g, "-")
        .replaceAll(/^-|-$/g, ""),
    )
    .join("-");
}
