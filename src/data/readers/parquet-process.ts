/**
 * The process that decodes Parquet: it opens one file after another and sends what is asked for. `parquet-decoder.ts`
 * starts it, and says why it is a process of its own.
 */
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type Compressors,
  type DecodedArray,
  type FileMetaData,
  type ParquetParsers,
  type ParquetScan,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
} from "hyparquet";
import { compressors, decompressSnappy, decompressZstd } from "hyparquet-compressors";
import { checkMetadata, checkPages, columnRange } from "./parquet-pages.ts";
import { checkSnappy } from "./snappy.ts";

/** What can be asked for. */
export type ParquetTask =
  | { readonly kind: "open"; readonly file: string }
  | { readonly kind: "column"; readonly group: number; readonly column: string; readonly count: number };

/** What an open file holds. */
export interface ParquetDescription {
  readonly columns: readonly { readonly name: string; readonly isNested: boolean }[];
  /** Rows of each row group. */
  readonly groups: readonly number[];
}

/** A description of the file that was opened, or the values of a column. */
export type ParquetAnswer = { readonly result: ParquetDescription | DecodedArray } | { readonly problem: string };

/** Dates and timestamps in seconds since 1970, to the microsecond, which is what f64 has room for. */
const SECONDS: Partial<ParquetParsers> = {
  dateFromDays: (days) => 86_400 * days,
  timestampFromMilliseconds: (milliseconds) => Number(milliseconds) / 1e3,
  timestampFromMicroseconds: (microseconds) => Number(microseconds) / 1e6,
  timestampFromNanoseconds: (nanoseconds) => Number(nanoseconds / 1000n) / 1e6,
};

/** One instance for all pages. */
const { SNAPPY: snappy = decompressSnappy } = compressors;

/**
 * Every codec writes to memory of the size that the page's header says, so that it cannot grow beyond. A page of nulls
 * alone has no values: some writers compress them to no bytes at all, which is what no codec would.
 */
const BOUNDED: Compressors = Object.fromEntries(
  Object.entries<Compressors[keyof Compressors]>({
    ...compressors,
    SNAPPY: (input, length) => {
      checkSnappy(input, length);
      return snappy(input, length);
    },
    ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
  }).map(([codec, unpack]) => [
    codec,
    (input: Uint8Array, length: number) => (input.length === 0 && length === 0 ? input : unpack?.(input, length)),
  ]),
);

/** The open file. */
let opened: { readonly buffer: AsyncBuffer; readonly metadata: FileMetaData; readonly scan: ParquetScan } | undefined;

async function open(file: string): Promise<ParquetDescription> {
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
  checkMetadata(metadata);
  const settings = { compressors: BOUNDED, parsers: SECONDS, useOffsetIndex: false };
  opened = { buffer, metadata, scan: await parquetScan({ file: buffer, metadata, ...settings }) };
  return {
    columns: parquetSchema(metadata).children.map(({ element, children }) => ({
      name: element.name,
      isNested: children.length > 0 || element.repetition_type === "REPEATED",
    })),
    groups: metadata.row_groups.map((group) => Number(group.num_rows)),
  };
}

/** The first `count` values of a column without nested values in a row group. */
async function readColumn(group: number, column: string, count: number): Promise<DecodedArray> {
  if (opened === undefined) throw new Error("no file is open");
  const { buffer, metadata, scan } = opened;
  const groups = metadata.row_groups;
  const chunks = groups[group].columns.filter(({ meta_data }) => meta_data?.path_in_schema[0] === column);
  if (chunks.length !== 1) throw new Error(`a row group holds the column "${column}" ${chunks.length} times`);
  const { start, end } = columnRange(chunks[0], buffer.byteLength);
  checkPages(await buffer.slice(start, end), groups[group]);
  const rowStart = groups.slice(0, group).reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
  const values = await scan.readColumn({ column, rowStart, rowEnd: rowStart + count });
  if (values.length !== count) throw new Error(`the column "${column}" has ${values.length} values, expected ${count}`);
  // A view would take all of its memory along.
  return Array.isArray(values) ? values : values.slice();
}

async function answer(task: ParquetTask): Promise<ParquetAnswer> {
  try {
    if (task.kind === "open") return { result: await open(task.file) };
    return { result: await readColumn(task.group, task.column, task.count) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

process.on("message", async (task: ParquetTask) => process.send?.(await answer(task)));
process.on("disconnect", () => process.exit());
