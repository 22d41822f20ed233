/**
 * Prepared datasets: what an experiment reads, written once and used again. A file is opened by its header alone, and
 * then read by rows, so that it never has to fit in memory.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { encodeSafetensorsHeader, type SafetensorsEntry } from "../../nn/index.ts";
import type { Catalogue, ListDataset } from "../dataset.ts";
import { DataError } from "../errors.ts";
import { catalogueTensors, describeCatalogue } from "../features/catalogue-tensors.ts";
import { SPLITS, type SplitName } from "../protocols.ts";
import type { Retriever } from "../retrievers/retriever.ts";
import { isSameSource, type SourceFingerprint } from "./fingerprint.ts";
import { PreparedFile } from "./prepared-file.ts";
import {
  METADATA_CHECKSUM_KEY,
  METADATA_KEY,
  PREPARED_VERSION,
  type PreparedDescription,
  type PreparedMetadata,
  RETRIEVER_PREFIX,
  type SplitExtents,
  splitTensors,
} from "./prepared-layout.ts";

export type { PreparedDescription } from "./prepared-layout.ts";

/** All that a prepared dataset holds. */
export interface PreparedContent extends PreparedDescription {
  readonly catalogue: Catalogue;
  /** What scored the candidates. */
  readonly retriever?: Retriever;
  readonly training: ListDataset;
  readonly validation: ListDataset;
  readonly test: ListDataset;
}

/** An open prepared dataset. */
export interface PreparedDataset extends PreparedDescription {
  readonly catalogue: Catalogue;
  readonly retriever?: Retriever;
  /** Lists, candidates, positions and history length of each split. */
  readonly splits: Readonly<Record<SplitName, SplitExtents>>;
  /**
   * The rows of a split from `firstRow` on: all unless said otherwise. Reads only the bytes that these rows take.
   * Checksums are compared when a whole split is read.
   *
   * @throws RangeError for rows that the split does not have; DataError when the file is damaged or cut short.
   */
  read(split: SplitName, firstRow?: number, rowCount?: number): Promise<ListDataset>;
  /** Lets go of the file. */
  close(): Promise<void>;
}

/**
 * Writes a prepared dataset. The file appears under its name once it is complete and on disk; until then, and after
 * any failure, what had that name before is left as it was.
 *
 * @throws the file system's error when the file cannot be written
 */
export async function writePreparedDataset(file: string, content: PreparedContent): Promise<void> {
  const tensors = new Map<string, SafetensorsEntry>([
    ...catalogueTensors(content.catalogue),
    ...[...(content.retriever?.tensors() ?? [])].map(([name, tensor]): [string, SafetensorsEntry] => [
      `${RETRIEVER_PREFIX}${name}`,
      tensor,
    ]),
    ...SPLITS.flatMap((split) => splitTensors(split, content[split])),
  ]);
  const metadata: PreparedMetadata = {
    kind: "prepared-dataset",
    version: PREPARED_VERSION,
    node: process.version,
    protocols: content.protocols,
    counts: content.counts,
    ...(content.report && { report: content.report }),
    source: content.source,
    catalogue: describeCatalogue(content.catalogue),
    ...(content.retriever && { retriever: content.retriever.name }),
    splits: {
      training: extentsOf(content.training),
      validation: extentsOf(content.validation),
      test: extentsOf(content.test),
    },
    sha256: Object.fromEntries([...tensors].map(([name, { data }]) => [name, sha256(bytesOf(data))])),
  };
  const text = JSON.stringify(metadata);
  const { bytes, ordered } = encodeSafetensorsHeader(tensors, {
    [METADATA_KEY]: text,
    [METADATA_CHECKSUM_KEY]: sha256(text),
  });
  await replaceFile(file, async (handle) => {
    await handle.writeFile(bytes);
    for (const [, { data }] of ordered) await handle.writeFile(bytesOf(data));
  });
}

/**
 * Opens a prepared dataset. The catalogue is read and checked at once, lists when they are asked for.
 *
 * @throws DataError when there is no such file, or it is no prepared dataset, of another version, or cut short.
 *
 * @example
 * const data = await openPreparedDataset("ml-1m.goalrank");
 * const test = await data.read("test");
 * const firstThousand = await data.read("training", 0, 1000);
 * await data.close();
 */
export async function openPreparedDataset(file: string): Promise<PreparedDataset> {
  const prepared = await PreparedFile.open(file);
  try {
    const { protocols, counts, source, splits, report } = prepared.metadata;
    const retriever = await prepared.readRetriever();
    return {
      ...(retriever && { retriever }),
      protocols,
      counts,
      report,
      source,
      splits,
      catalogue: await prepared.readCatalogue(),
      read: (split, firstRow = 0, rowCount = splits[split].size - firstRow) =>
        prepared.readRows(split, firstRow, rowCount),
      close: () => prepared.close(),
    };
  } catch (error) {
    await prepared.close();
    throw error;
  }
}

/**
 * Opens the prepared dataset `file` if it exists and was made from `source`; gives undefined if there is none or it was
 * made from something else, so that it must be made anew.
 *
 * @throws DataError when the file exists, but is no prepared dataset, of another version, or damaged.
 */
export async function reusePreparedDataset(
  file: string,
  source: SourceFingerprint,
): Promise<PreparedDataset | undefined> {
  let prepared: PreparedDataset;
  try {
    prepared = await openPreparedDataset(file);
  } catch (error) {
    if (error instanceof DataError && hasCode(error.cause, "ENOENT")) return undefined;
    throw error;
  }
  if (isSameSource(prepared.source, source)) return prepared;
  await prepared.close();
  return undefined;
}

function extentsOf({ size, candidateCount, listLength, historyLength }: ListDataset): SplitExtents {
  return { size, candidateCount, listLength, historyLength };
}

function bytesOf({ buffer, byteOffset, byteLength }: SafetensorsEntry["data"]): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Writes beside `file`, and takes its place only when everything is on disk. */
async function replaceFile(file: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const temporary = `${file}.${process.pid}.partial`;
  try {
    const handle = await open(temporary, "w");
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(file));
}

/** Makes the new name last through a power cut, where the system lets folders be synchronised (Windows does not). */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
