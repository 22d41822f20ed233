/** The reading side of a prepared dataset: the header first, then only the bytes that are asked for. */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
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
import type { Catalogue, ListDataset } from "../dataset.ts";
import { DataError } from "../errors.ts";
import { isCatalogueTensor, restoreCatalogue } from "../features/catalogue-tensors.ts";
import { SPLITS, type SplitName } from "../protocols.ts";
import { restoreRetriever } from "../retrievers/restore.ts";
import type { Retriever } from "../retrievers/retriever.ts";
import {
  COLUMN_NAMES,
  COLUMNS,
  type ColumnName,
  METADATA_CHECKSUM_KEY,
  METADATA_KEY,
  type PreparedMetadata,
  RETRIEVER_PREFIX,
} from "./prepared-layout.ts";
import { parsePreparedMetadata } from "./prepared-metadata.ts";

/** The bytes of a file that hold the length of its header. */
const LENGTH_BYTES = 8;

/** One call of read takes at most 2 GiB on some systems. */
const READ_BYTES = 1 << 30;

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
      const metadata = readMetadata(file, layout);
      const prepared = new PreparedFile(file, handle, layout, metadata);
      prepared.checkNames();
      for (const split of SPLITS) for (const name of COLUMN_NAMES) prepared.column(split, name);
      return prepared;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  async readCatalogue(): Promise<Catalogue> {
    const tensors = await this.readTensors((name) => (isCatalogueTensor(name) ? name : undefined));
    return this.restore(() => restoreCatalogue(this.metadata.catalogue, tensors));
  }

  async readRetriever(): Promise<Retriever | undefined> {
    const { retriever: name, catalogue } = this.metadata;
    if (name === undefined) return undefined;
    const tensors = await this.readTensors((tensor) =>
      tensor.startsWith(RETRIEVER_PREFIX) ? tensor.slice(RETRIEVER_PREFIX.length) : undefined,
    );
    return this.restore(() => restoreRetriever(name, tensors, catalogue));
  }

  async readRows(split: SplitName, firstRow: number, rowCount: number): Promise<ListDataset> {
    const extents = this.metadata.splits[split];
    const isRange = [firstRow, rowCount].every((value) => Number.isInteger(value) && value >= 0);
    if (!isRange || firstRow + rowCount > extents.size) {
      throw new RangeError(
        `prepared dataset: ${rowCount} rows from row ${firstRow} were asked for; ${split} has ${extents.size} rows`,
      );
    }
    const integers = (name: ColumnName) => this.readIntegers(split, name, firstRow, rowCount);
    const numbers = (name: ColumnName) => this.readNumbers(split, name, firstRow, rowCount);
    const { candidateCount, listLength, historyLength } = extents;
    return {
      size: rowCount,
      candidateCount,
      listLength,
      historyLength,
      users: await integers("users"),
      candidates: await integers("candidates"),
      retrieverScores: await numbers("retrieverScores"),
      exposed: await integers("exposed"),
      feedback: await numbers("feedback"),
      history: await integers("history"),
      historyFeedback: await numbers("historyFeedback"),
    };
  }

  private async readIntegers(split: SplitName, name: ColumnName, first: number, count: number) {
    return new Int32Array(await this.readColumn(split, name, first, count));
  }

  private async readNumbers(split: SplitName, name: ColumnName, first: number, count: number) {
    return new Float32Array(await this.readColumn(split, name, first, count));
  }

  private async readColumn(
    split: SplitName,
    name: ColumnName,
    firstRow: number,
    rowCount: number,
  ): Promise<ArrayBuffer> {
    const { size } = this.metadata.splits[split];
    if (rowCount === size) return this.readTensor(`${split}.${COLUMNS[name].tensor}`);
    const { begin, end } = this.column(split, name);
    const rowBytes = (end - begin) / size;
    return this.readBytes(begin + firstRow * rowBytes, rowCount * rowBytes);
  }

  /** Where a column lies, once it is known to have the type and shape that it must have. */
  private column(split: SplitName, name: ColumnName): SafetensorsLocation {
    const { tensor, dtype, width } = COLUMNS[name];
    const extents = this.metadata.splits[split];
    const columns = width(extents);
    const shape = columns === undefined ? [extents.size] : [extents.size, columns];
    const location = this.location(`${split}.${tensor}`);
    if (location.dtype !== dtype || `${location.shape}` !== `${shape}`) {
      throw damaged(
        this.file,
        `the tensor ${split}.${tensor} is ${location.dtype} [${location.shape}]; expected ${dtype} [${shape}]`,
      );
    }
    return location;
  }

  private checkNames(): void {
    const expected = Object.keys(this.metadata.sha256);
    for (const name of expected) this.location(name);
    const extra = [...this.layout.tensors.keys()].find((name) => !expected.includes(name));
    if (extra !== undefined) throw damaged(this.file, `there is an unknown tensor ${extra}`);
  }

  private location(name: string): SafetensorsLocation {
    const location = this.layout.tensors.get(name);
    if (location === undefined) throw damaged(this.file, `there is no tensor ${name}`);
    return location;
  }

  /** Whole tensors, under the names that `rename` gives them; undefined leaves one out. */
  private async readTensors(
    rename: (name: string) => string | undefined,
  ): Promise<Map<string, SafetensorsEntry>> {
    const tensors = new Map<string, SafetensorsEntry>();
    for (const [name, { dtype, shape }] of this.layout.tensors) {
      const own = rename(name);
      if (own === undefined) continue;
      tensors.set(own, { dtype, shape, data: new ARRAY_TYPES[dtype](await this.readTensor(name)) });
    }
    return tensors;
  }

  private restore<Restored>(make: () => Restored): Restored {
    try {
      return make();
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw damaged(this.file, cause.message, cause);
    }
  }

  /** All bytes of a tensor, compared with its checksum. */
  private async readTensor(name: string): Promise<ArrayBuffer> {
    const { begin, end } = this.location(name);
    const bytes = await this.readBytes(begin, end - begin);
    if (sha256(new Uint8Array(bytes)) !== this.metadata.sha256[name]) {
      throw damaged(this.file, `the tensor ${name} does not have the checksum that the header gives`);
    }
    return bytes;
  }

  private readBytes(begin: number, length: number): Promise<ArrayBuffer> {
    return readRange(this.file, this.handle, this.layout.dataStart + begin, length);
  }
}

async function openForReading(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(file, undefined, `the prepared dataset cannot be opened: ${reason}`, { cause });
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

function readMetadata(file: string, { metadata }: SafetensorsLayout): PreparedMetadata {
  const text = metadata[METADATA_KEY];
  if (text === undefined) {
    throw damaged(file, `it is no prepared dataset: there is no metadata entry "${METADATA_KEY}"`);
  }
  if (sha256(text) !== metadata[METADATA_CHECKSUM_KEY]) {
    throw damaged(
      file,
      `the metadata entry "${METADATA_KEY}" does not have the checksum that the header gives`,
    );
  }
  const described = parsePreparedMetadata(text);
  if (typeof described === "string") throw damaged(file, described);
  return described;
}

async function readRange(
  file: string,
  handle: FileHandle,
  position: number,
  length: number,
): Promise<ArrayBuffer> {
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

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function damaged(file: string, problem: string, cause?: unknown): DataError {
  return new DataError(file, undefined, `${excerpt(problem, 1000)}; prepare the data again`, { cause });
}
