/**
 * Prepared datasets: what a training reads, written once and used again. A file is opened by its header alone, and then
 * read by rows, so that it never has to fit in memory. It has the safetensors layout, with a tensor for each column and
 * a metadata entry, `goalrank`, of JSON; docs/data-format.md describes it for readers in other languages.
 */
import { sha256 } from "../../files/sha256.ts";
import { writeWholeInParts } from "../../files/write-whole.ts";
import { encodeSafetensorsHeader, type SafetensorsEntry } from "../../nn/index.ts";
import type { Catalogue, ColumnName, Extents, ListDataset } from "../dataset.ts";
import { COLUMN_NAMES, COLUMNS } from "../dataset.ts";
import {
  catalogueTensors,
  describeCatalogue,
  isCatalogueTensor,
  restoreCatalogue,
} from "../features/catalogue-tensors.ts";
import { eachSplit, SPLITS, type SplitName } from "../protocols.ts";
import { restoreRetriever } from "../retrievers/restore.ts";
import type { Retriever } from "../retrievers/retriever.ts";
import { UserPasts } from "../user-pasts.ts";
import { featureEntries, readFeatures } from "./prepared-features.ts";
import { PreparedFile } from "./prepared-file.ts";
import { encodePreparedMetadata, type PreparedDescription } from "./prepared-metadata.ts";

/** What the names of the retriever's tensors start with. */
const RETRIEVER_PREFIX = "retriever.";
/** And those of what users have met. */
const PAST_PREFIX = "past.";

/** All that a prepared dataset holds. */
export interface PreparedContent extends PreparedDescription, Readonly<Record<SplitName, ListDataset>> {
  readonly catalogue: Catalogue;
  /** What scored the candidates. */
  readonly retriever?: Retriever;
  /** What each user has met. */
  readonly pasts?: UserPasts;
}

/** An open prepared dataset. */
export interface PreparedDataset extends Omit<PreparedContent, SplitName> {
  /** Lists, candidates, positions and history length of each split. */
  readonly splits: Readonly<Record<SplitName, Extents>>;
  /**
   * The rows of a split from `firstRow` on: all unless said otherwise. Reads only the bytes that these rows take.
   * Checksums are compared when a whole split is read.
   * @throws RangeError for rows that the split does not have; DataError when the file is damaged or cut short.
   */
  read(split: SplitName, firstRow?: number, rowCount?: number): Promise<ListDataset>;
  /** Lets go of the file. */
  close(): Promise<void>;
}

/**
 * Writes a prepared dataset. The file appears under its name once it is complete and on disk; until then, and after
 * any failure, what had that name before is left as it was.
 * @throws the file system's error when the file cannot be written
 */
export async function writePreparedDataset(file: string, content: PreparedContent): Promise<void> {
  const { catalogue, retriever, pasts, protocols, counts, report, queries, source } = content;
  const prefixed = (prefix: string, tensors: Iterable<[string, SafetensorsEntry]>) =>
    [...tensors].map(([name, tensor]): [string, SafetensorsEntry] => [`${prefix}${name}`, tensor]);
  const tensors = new Map<string, SafetensorsEntry>([
    ...catalogueTensors(catalogue),
    ...prefixed(RETRIEVER_PREFIX, retriever?.tensors() ?? []),
    ...prefixed(PAST_PREFIX, pasts?.tensors() ?? []),
    ...SPLITS.flatMap((split) => columnEntries(split, content[split])),
    ...SPLITS.flatMap((split) => featureEntries(split, content[split])),
  ]);
  const metadata = encodePreparedMetadata({
    protocols,
    ...(counts && { counts }),
    ...(report && { report }),
    ...(queries && { queries }),
    source,
    catalogue: describeCatalogue(catalogue),
    ...(retriever && { retriever: retriever.name }),
    ...(pasts && { pasts: { repeats: pasts.repeats } }),
    splits: eachSplit((split) => {
      const { size, candidateCount, listLength, historyLength, maxGrade } = content[split];
      return { size, candidateCount, listLength, historyLength, ...(maxGrade !== undefined && { maxGrade }) };
    }),
    sha256: Object.fromEntries([...tensors].map(([name, { data }]) => [name, sha256(bytesOf(data))])),
  });
  const { bytes, ordered } = encodeSafetensorsHeader(tensors, metadata);
  await writeWholeInParts(file, [bytes, ...ordered.map(([, { data }]) => bytesOf(data))]);
}

/**
 * Opens a prepared dataset. The catalogue is read and checked at once, lists when they are asked for.
 * @throws DataError when there is no such file, or it is no prepared dataset, of another version, or cut short.
 * @example
 * const data = await openPreparedDataset("ml-1m.goalrank");
 * const test = await data.read("test");
 * const firstThousand = await data.read("training", 0, 1000);
 * await data.close();
 */
export async function openPreparedDataset(file: string): Promise<PreparedDataset> {
  const prepared = await PreparedFile.open(file);
  try {
    const { protocols, counts, report, queries, source, splits } = prepared.metadata;
    for (const split of SPLITS) for (const name of columnsOf(prepared, split)) findColumn(prepared, split, name);
    const retriever = await readRetriever(prepared);
    const pasts = await readPasts(prepared);
    return {
      ...(retriever && { retriever }),
      ...(pasts && { pasts }),
      protocols,
      ...(counts && { counts }),
      report,
      ...(queries && { queries }),
      source,
      splits,
      catalogue: await readCatalogue(prepared),
      read: (split, firstRow = 0, rowCount = splits[split].size - firstRow) =>
        readRows(prepared, split, firstRow, rowCount),
      close: () => prepared.close(),
    };
  } catch (error) {
    await prepared.close();
    throw error;
  }
}

/**
 * All that a prepared dataset holds.
 * @throws DataError as {@link openPreparedDataset} does, or when the file is damaged
 */
export async function readPreparedDataset(file: string): Promise<PreparedContent> {
  const { read, close, splits: _, ...described } = await openPreparedDataset(file);
  try {
    const training = await read("training");
    const validation = await read("validation");
    return { ...described, training, validation, test: await read("test") };
  } finally {
    await close();
  }
}

async function readCatalogue(file: PreparedFile): Promise<Catalogue> {
  const tensors = await file.readTensors((name) => (isCatalogueTensor(name) ? name : undefined));
  return file.restore(() => restoreCatalogue(file.metadata.catalogue, tensors));
}

async function readRetriever(file: PreparedFile): Promise<Retriever | undefined> {
  const { retriever: name, catalogue } = file.metadata;
  if (name === undefined) return undefined;
  const tensors = await file.readTensors(withoutPrefix(RETRIEVER_PREFIX));
  return file.restore(() => restoreRetriever(name, tensors, catalogue));
}

async function readPasts(file: PreparedFile): Promise<UserPasts | undefined> {
  const { pasts, catalogue } = file.metadata;
  if (pasts === undefined) return undefined;
  const tensors = await file.readTensors(withoutPrefix(PAST_PREFIX));
  return file.restore(() => UserPasts.restore(pasts.repeats, catalogue, tensors));
}

/** The rest of a tensor's name after `prefix`; undefined for one of another prefix. */
function withoutPrefix(prefix: string): (name: string) => string | undefined {
  return (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : undefined);
}

async function readRows(
  file: PreparedFile,
  split: SplitName,
  firstRow: number,
  rowCount: number,
): Promise<ListDataset> {
  const extents = file.metadata.splits[split];
  const isRange = [firstRow, rowCount].every((value) => Number.isInteger(value) && value >= 0);
  if (!isRange || firstRow + rowCount > extents.size) {
    throw new RangeError(
      `prepared dataset: ${rowCount} rows from row ${firstRow} were asked for; ${split} has ${extents.size} rows`,
    );
  }
  const columns: Partial<Record<ColumnName, Int32Array | Float32Array>> = {};
  for (const column of columnsOf(file, split)) {
    const { name, begin, end } = findColumn(file, split, column);
    const rowBytes = (end - begin) / extents.size;
    const bytes =
      rowCount === extents.size
        ? await file.readTensor(name)
        : await file.readPart(begin + firstRow * rowBytes, rowCount * rowBytes);
    columns[column] = new COLUMNS[column].array(bytes);
  }
  const dataset = { ...extents, size: rowCount, ...(columns as Pick<ListDataset, ColumnName>) };
  const counts = file.has(columnTensorName(split, "candidateCounts"))
    ? new Int32Array(await file.readTensor(columnTensorName(split, "candidateCounts")))
    : undefined;
  return { ...dataset, ...(await readFeatures(file, split, firstRow, dataset, counts)) };
}

/** The tensor that a column of a split is, such as `training.retriever_scores`: [S, width], or [S]. */
function columnTensor(split: SplitName, column: ColumnName, extents: Extents) {
  const { array, width } = COLUMNS[column];
  return {
    name: columnTensorName(split, column),
    dtype: array === Int32Array ? ("I32" as const) : ("F32" as const),
    shape: width === undefined ? [extents.size] : [extents.size, extents[width]],
  };
}

function columnTensorName(split: SplitName, column: ColumnName): string {
  return `${split}.${column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}

/** The columns of a split that a file has, or must have. */
function columnsOf(file: PreparedFile, split: SplitName): ColumnName[] {
  return COLUMN_NAMES.filter(
    (column) => COLUMNS[column].isOptional !== true || file.has(columnTensorName(split, column)),
  );
}

function columnEntries(split: SplitName, dataset: ListDataset): [string, SafetensorsEntry][] {
  return COLUMN_NAMES.flatMap((column): [string, SafetensorsEntry][] => {
    const data = dataset[column];
    if (data === undefined) return [];
    const { name, ...tensor } = columnTensor(split, column, dataset);
    return [[name, { ...tensor, data }]];
  });
}

/** Where a column lies, once it is known to have the type and shape that it must have. */
function findColumn(file: PreparedFile, split: SplitName, column: ColumnName) {
  const { name, dtype, shape } = columnTensor(split, column, file.metadata.splits[split]);
  const location = file.location(name);
  if (location.dtype !== dtype || `${location.shape}` !== `${shape}`) {
    throw file.damaged(`the tensor ${name} is ${location.dtype} [${location.shape}]; expected ${dtype} [${shape}]`);
  }
  return { name, ...location };
}

function bytesOf({ buffer, byteOffset, byteLength }: SafetensorsEntry["data"]): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
