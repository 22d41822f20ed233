/**
 * Reads interactions from Apache Parquet: columns are found by name, among any others, and read one row group after
 * another, so that a file never has to fit in memory.
 */
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type DecodedArray,
  type FileMetaData,
  type ParquetParsers,
  type ParquetRowRange,
  type ParquetScan,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { type ColumnOptions, findColumns, listNames, resolveColumns } from "./columns.ts";
import { DataError, explainFileError } from "./errors.ts";
import { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { addRow, finishLog, type RowLayout } from "./interaction-rows.ts";
import type { InteractionLog } from "./interactions.ts";

/** Dates and timestamps in seconds since 1970, to the microsecond, which is what f64 has room for. */
const SECONDS: Partial<ParquetParsers> = {
  dateFromDays: (days) => 86_400 * days,
  timestampFromMilliseconds: (milliseconds) => Number(milliseconds) / 1e3,
  timestampFromMicroseconds: (microseconds) => Number(microseconds) / 1e6,
  timestampFromNanoseconds: (nanoseconds) => Number(nanoseconds / 1000n) / 1e6,
};

/**
 * Reads interactions from a Parquet file of any compression; other columns are not read. Users, items and lists are
 * text or integers. Feedback and positions are numbers or truth values. Times are numbers, which stay as they are, or
 * dates and timestamps, which become seconds since 1970.
 *
 * @throws DataError with file and row, counted from 1, when the file cannot be read, lacks a column, or holds a null or
 * something else that does not belong there; RangeError for `columns` that make no sense.
 *
 * @example
 * const log = await readParquet("interactions.parquet", { columns: { feedback: "long_view" } });
 */
export async function readParquet(file: string, options: ColumnOptions = {}): Promise<InteractionLog> {
  const names = resolveColumns(options);
  const { buffer, metadata } = await openParquet(file);
  const header = parquetSchema(metadata).children.map(({ element }) => element.name);
  // Reports columns that are missing from the whole file; rows are then of the wanted columns alone.
  findColumns({ file, line: undefined, columns: header }, names);
  const columns = [...new Set(listNames(names))];
  const layout: RowLayout = {
    file,
    columns,
    position: findColumns({ file, line: undefined, columns }, names),
    expected: `a value of ${columns.join(", ")} in every row`,
    unit: "row",
  };
  const builder = new InteractionLogBuilder();
  const scan = await parquetScan({
    file: buffer,
    metadata,
    columns,
    compressors,
    parsers: SECONDS,
    useOffsetIndex: false,
  });
  const row: unknown[] = new Array(columns.length);
  for (const range of scan.ranges) {
    const values = await readRowGroup(file, scan, range, columns);
    for (let n = 0; n < range.rowEnd - range.rowStart; n++) {
      for (let column = 0; column < columns.length; column++) row[column] = values[column][n];
      addRow(builder, layout, row, range.rowStart + n + 1);
    }
  }
  return finishLog(builder, file, `rows of ${columns.join(", ")}`);
}

async function openParquet(file: string): Promise<{ buffer: AsyncBuffer; metadata: FileMetaData }> {
  try {
    const buffer = await asyncBufferFromFile(file);
    if (buffer.byteLength === 0) throw new DataError(file, undefined, "the file is empty");
    return { buffer, metadata: await parquetMetadataAsync(buffer, { geoparquet: false }) };
  } catch (error) {
    throw explain(error, file, "this is not a Parquet file, or its end is missing");
  }
}

/** The values of a row group, column by column. */
async function readRowGroup(
  file: string,
  scan: ParquetScan,
  { rowStart, rowEnd }: ParquetRowRange,
  columns: readonly string[],
): Promise<DecodedArray[]> {
  try {
    return await Promise.all(columns.map((column) => scan.readColumn({ column, rowStart, rowEnd })));
  } catch (error) {
    throw explain(error, file, `rows ${rowStart + 1} to ${rowEnd} cannot be read`);
  }
}

/** The errors of hyparquet are plain, so any that the file system does not explain is one of the format. */
function explain(error: unknown, file: string, problem: string): unknown {
  const explained = explainFileError(error, file);
  if (explained instanceof DataError) return explained;
  const reason = error instanceof Error ? error.message : String(error);
  return new DataError(file, undefined, `${problem} (${reason}); write the file again`, { cause: error });
}
