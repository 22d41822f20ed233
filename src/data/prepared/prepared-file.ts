/** The bytes of a prepared dataset, read from the header on, and then only those that are asked for. */
import { type FileHandle, open } from "node:fs/promises";
import { sha256 } from "../../files/sha256.ts";
import {
  ARRAY_TYPES,
  decodeSafetensorsLayout,
  type SafetensorsEntry,
  SafetensorsError,
  type SafetensorsLayout,
  type SafetensorsLocation,
  safetensorsDataStart,
} from "../../nn/index.ts";
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import { decodePreparedMetadata, type PreparedMetadata } from "./prepared-metadata.ts";

/** The bytes of a file that hold the length of its header. */
const LENGTH_BYTES = 8;

/** One call of read takes at most 2 GiB on some systems. */
const READ_BYTES = 1 << 30;

/** An open prepared dataset, of which the header is read and known to be one. */
export class PreparedFile {
  private constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
    private readonly layout: SafetensorsLayout,
    readonly metadata: PreparedMetadata,
  ) {}

  /** @throws DataError when the file is missing, or its header is not that of a prepared dataset of this version. */
  static async open(file: string): Promise<PreparedFile> {
    const handle = await openForReading(file);
    try {
      const layout = await readLayout(file, handle);
      const metadata = decodePreparedMetadata(layout.metadata);
      if (typeof metadata === "string") throw damaged(file, metadata);
      const prepared = new PreparedFile(file, handle, layout, metadata);
      prepared.checkNames();
      return prepared;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  /** Whether the file holds a tensor of that name. */
  has(name: string): boolean {
    return this.layout.tensors.has(name);
  }

  location(name: string): SafetensorsLocation {
    const location = this.layout.tensors.get(name);
    if (location === undefined) throw this.damaged(`there is no tensor ${name}`);
    return location;
  }

  /** All bytes of a tensor, compared with its checksum. */
  async readTensor(name: string): Promise<ArrayBuffer> {
    const { begin, end } = this.location(name);
    const bytes = await this.readPart(begin, end - begin);
    if (sha256(new Uint8Array(bytes)) !== this.metadata.sha256[name]) {
      throw this.damaged(`the tensor ${name} does not have the checksum that the header gives`);
    }
    return bytes;
  }

  /** `length` bytes from byte `begin` of the data on. */
  readPart(begin: number, length: number): Promise<ArrayBuffer> {
    return readRange(this.file, this.handle, this.layout.dataStart + begin, length);
  }

  /** Whole tensors, under the names that `rename` gives them; undefined leaves one out. */
  async readTensors(rename: (name: string) => string | undefined): Promise<ReadonlyMap<string, SafetensorsEntry>> {
    const tensors = new Map<string, SafetensorsEntry>();
    for (const [name, { dtype, shape }] of this.layout.tensors) {
      const own = rename(name);
      if (own === undefined) continue;
      tensors.set(own, { dtype, shape, data: new ARRAY_TYPES[dtype](await this.readTensor(name)) });
    }
    return tensors;
  }

  /** What `make` makes of tensors that it may find wrong. */
  restore<Restored>(make: () => Restored): Restored {
    try {
      return make();
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw this.damaged(cause.message, cause);
    }
  }

  damaged(problem: string, cause?: unknown): DataError {
    return damaged(this.file, problem, cause);
  }

  private checkNames(): void {
    const expected = Object.keys(this.metadata.sha256);
    for (const name of expected) this.location(name);
    const extra = [...this.layout.tensors.keys()].find((name) => !expected.includes(name));
    if (extra !== undefined) throw this.damaged(`there is an unknown tensor ${extra}`);
  }
}

async function openForReading(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(file, `the prepared dataset cannot be opened: ${reason}`, { cause });
  }
}

async function readLayout(file: string, handle: FileHandle): Promise<SafetensorsLayout> {
  const { size } = await handle.stat();
  try {
    const start = new Uint8Array(await readRange(file, handle, 0, Math.min(size, LENGTH_BYTES)));
    const header = await readRange(file, handle, 0, safetensorsDataStart(start, size));
    return decodeSafetensorsLayout(new Uint8Array(header), size);
  } catch (cause) {
    if (!(cause instanceof SafetensorsError)) throw cause;
    throw damaged(file, `it is no prepared dataset, or was cut short (${cause.message})`, cause);
  }
}

async function readRange(file: string, handle: FileHandle, position: number, length: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const wanted = Math.min(length - filled, READ_BYTES);
    const { bytesRead } = await handle.read(bytes, filled, wanted, position + filled);
    if (bytesRead === 0) throw damaged(file, `it ends at byte ${position + filled}: it was cut short`);
    filled += bytesRead;
  }
  return bytes.buffer;
}

function damaged(file: string, problem: string, cause?: unknown): DataError {
  return new DataError(file, `${excerpt(problem, 1000)}; prepare the data again`, { cause });
}
