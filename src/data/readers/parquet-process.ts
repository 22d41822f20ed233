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
import { checkNames, checkPages, checkRowGroups, columnRange } from "./parquet-pages.ts";
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

export type ParquetAnswer =
  | { readonly description: ParquetDescription }
  | { readonly values: DecodedArray }
  | { readonly problem: string };

/** Dates and timestamps in seconds since 1970, to the microsecond, which is what f64 has room for. */
const SECONDS: Partial<ParquetParsers> = {
  dateFromDays: (days) => 86_400 * days,
  timestampFromMilliseconds: (milliseconds) => Number(milliseconds) / 1e3,
  timestampFromMicroseconds: (microseconds) => Number(microseconds) / 1e6,
  timestampFromNanoseconds: (nanoseconds) => Number(nanoseconds / 1000n) / 1e6,
};

/** One instance for all pages. */
const { SNAPPY: snappy = decompressSnappy } = compressors;

/** Every codec writes to memory of the size that the page's header says, so that it cannot grow beyond. */
const BOUNDED: Compressors = {
  ...compressors,
  SNAPPY: (input, length) => {
    checkSnappy(input, length);
    return snappy(input, length);
  },
  ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
};

/** An open file. */
class ParquetFile {
  private constructor(
    private readonly buffer: AsyncBuffer,
    private readonly metadata: FileMetaData,
    private readonly scan: ParquetScan,
  ) {}

  static async open(file: string): Promise<ParquetFile> {
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
    checkRowGroups(metadata);
    checkNames(metadata);
    const scan = await parquetScan({
      file: buffer,
      metadata,
      compressors: BOUNDED,
      parsers: SECONDS,
      useOffsetIndex: false,
    });
    return new ParquetFile(buffer, metadata, scan);
  }

  describe(): ParquetDescription {
    return {
      columns: parquetSchema(this.metadata).children.map(({ element, children }) => ({
        name: element.name,
        isNested: children.length > 0 || element.repetition_type === "REPEATED",
      })),
      groups: this.metadata.row_groups.map((group) => Number(group.num_rows)),
    };
  }

  /** The first `count` values of a column without nested values in a row group. */
  async readColumn(group: number, column: string, count: number): Promise<DecodedArray> {
    const { row_groups } = this.metadata;
    const rowGroup = row_groups[group];
    const chunks = rowGroup.columns.filter(({ meta_data }) => meta_data?.path_in_schema[0] === column);
    if (chunks.length !== 1)
      throw new Error(`a row group holds the column "${column}" ${chunks.length} times`);
    const { start, end } = columnRange(chunks[0], this.buffer.byteLength);
    checkPages(await this.buffer.slice(start, end), rowGroup);
    const rowStart = row_groups.slice(0, group).reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
    const rowEnd = rowStart + count;
    const values = await this.scan.readColumn({ column, rowStart, rowEnd });
    if (values.length !== rowEnd - rowStart) {
      throw new Error(`the column "${column}" has ${values.length} values, expected ${rowEnd - rowStart}`);
    }
    // A view would take all of its memory along.
    return Array.isArray(values) ? values : values.slice();
  }
}

let opened: ParquetFile | undefined;

async function answer(task: ParquetTask): Promise<ParquetAnswer> {
  try {
    if (task.kind === "open") {
      opened = await ParquetFile.open(task.file);
      return { description: opened.describe() };
    }
    if (opened === undefined) throw new Error("no file is open");
    return { values: await opened.readColumn(task.group, task.column, task.count) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

process.on("message", async (task: ParquetTask) => {
  process.send?.(await answer(task));
});
process.on("disconnect", () => process.exit());
