/**
 * Records that programs add one after another and must not lose: a line each, in files that are ended at a size and never
 * opened again for writing. What was written outlives the death of the process at once, and a power cut once it has been
 * forced to the disk, which is done for many lines together.
 */
import { mkdirSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";

export interface AppendLogOptions {
  readonly folder: string;
  /** Files are called `NAME-000001.jsonl`, `NAME-000002.jsonl`, ... */
  readonly name: string;
  /** A file that has grown to this is ended, and another begun. */
  readonly fileBytes: number;
  /** The longest that what was written waits to be forced to the disk. */
  readonly syncMilliseconds: number;
  /** Told of a failure to force what was written to the disk. */
  readonly onSyncError?: (error: Error) => void;
}

interface Waiting {
  readonly text: string;
  resolve(): void;
  reject(error: Error): void;
}

export class AppendLog {
  private file: { readonly path: string; readonly handle: FileHandle; bytes: number } | undefined;
  private waiting: Waiting[] = [];
  private writing: Promise<void> | undefined;
  private syncTimer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly options: AppendLogOptions,
    private lastNumber: number,
    /** Lines that were cut off when their writer ended, and that nobody was told were written. */
    readonly repaired: number,
  ) {}

  /**
   * The log of a folder, which no other process may add to meanwhile. What a writer that was killed left of a last line is
   * cut off.
   * @throws the file system's error, where the folder cannot be had
   */
  static open(options: AppendLogOptions): AppendLog {
    mkdirSync(options.folder, { recursive: true });
    const files = appendLogFiles(options.folder, options.name);
    const repaired = files.filter((file) => cutTornLine(file)).length;
    const lastNumber = Number(/(\d+)\.jsonl$/.exec(files.at(-1) ?? "")?.[1] ?? 0);
    return new AppendLog(options, lastNumber, repaired);
  }

  /** Resolves once the record is written. @throws the file system's error; then nothing of the record is there */
  append(record: object): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ text: `${JSON.stringify(record)}\n`, resolve, reject });
      this.writing ??= this.writeAll();
    });
  }

  /** Ends the log, with everything on the disk. */
  async close(): Promise<void> {
    await this.writing;
    await this.endFile();
  }

  /** Whatever waits goes out with one write, while the next gathers. */
  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const together = this.waiting;
      this.waiting = [];
      try {
        await this.write(Buffer.from(together.map(({ text }) => text).join("")));
        for (const { resolve } of together) resolve();
      } catch (error) {
        for (const { reject } of together) reject(error as Error);
      }
    }
    this.writing = undefined;
  }

  private async write(bytes: Buffer): Promise<void> {
    this.file ??= await this.beginFile();
    const { file } = this;
    const before = file.bytes;
    try {
      for (let at = 0; at < bytes.length; ) at += (await file.handle.write(bytes, at)).bytesWritten;
    } catch (error) {
      // The next record begins a file of its own: nothing is ever glued to what may be left of these.
      this.file = undefined;
      await file.handle.truncate(before).catch(() => {});
      await file.handle.close().catch(() => {});
      throw named(error, file.path);
    }
    file.bytes += bytes.length;
    if (file.bytes >= this.options.fileBytes) await this.endFile();
    else this.syncTimer ??= setTimeout(() => void this.sync(), this.options.syncMilliseconds).unref();
  }

  private async beginFile(): Promise<NonNullable<AppendLog["file"]>> {
    const { folder, name } = this.options;
    const path = join(folder, `${name}-${String(++this.lastNumber).padStart(6, "0")}.jsonl`);
    const handle = await open(path, "ax").catch((error: unknown) => {
      throw named(error, path);
    });
    return { path, handle, bytes: 0 };
  }

  private async sync(): Promise<void> {
    clearTimeout(this.syncTimer);
    this.syncTimer = undefined;
    const { file } = this;
    await file?.handle.datasync().catch((error: unknown) => this.options.onSyncError?.(named(error, file.path)));
  }

  private async endFile(): Promise<void> {
    await this.sync();
    const { file } = this;
    this.file = undefined;
    await file?.handle.close();
  }
}

/** The files of a log, oldest first. */
export function appendLogFiles(folder: string, name: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith(`${name}-`) && /^\d{6,}\.jsonl$/.test(file.slice(name.length + 1)))
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
    .map((file) => join(folder, file));
}

/** Cuts off what stands behind the last whole line; whether there was any. */
function cutTornLine(file: string): boolean {
  const bytes = readFileSync(file);
  const whole = bytes.lastIndexOf("\n".charCodeAt(0)) + 1;
  if (whole === bytes.length) return false;
  truncateSync(file, whole);
  return true;
}

/** A full disk, for one, does not say which file it was that had no room. */
function named(error: unknown, path: string): Error {
  const own = error instanceof Error ? error : new Error(String(error));
  if (!own.message.startsWith(path)) own.message = `${path}: ${own.message}`;
  return own;
}
