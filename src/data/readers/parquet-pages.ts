/**
 * Checks what the headers of a Parquet file say of sizes and counts, before anything is made that is as large as they
 * say.
 */
import type { ColumnChunk, DataReader, FileMetaData, RowGroup } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";

/** Rows of a row group; writers make 100 thousand to a few million. Each column takes some tens of bytes a row. */
const MAX_GROUP_ROWS = 1 << 26;
/** Bytes of a page once it is decompressed; writers make about one mebibyte. */
const MAX_PAGE_BYTES = 1 << 28;

/** @throws Error when the row groups do not have the rows of the file, one has too many, or a column has no name */
export function checkMetadata({ num_rows: total, row_groups: groups, schema }: FileMetaData): void {
  const rows = groups.map((group) => Number(group.num_rows));
  const wrong = rows.find((count) => !isCountUpTo(count, MAX_GROUP_ROWS));
  if (wrong !== undefined) {
    throw new Error(`a row group has ${wrong} rows, expected 0 to ${MAX_GROUP_ROWS}; write smaller row groups`);
  }
  const sum = rows.reduce((left, right) => left + right, 0);
  if (sum !== Number(total)) throw new Error(`the file has ${total} rows, but its row groups have ${sum}`);
  if (schema.some(({ name }) => typeof name !== "string")) throw new Error("a column has no name");
}

/** Where the bytes of a column lie in a file of `fileBytes`. */
export function columnRange(
  { meta_data: column }: ColumnChunk,
  fileBytes: number,
): { readonly start: number; readonly end: number } {
  if (column === undefined) throw new Error("a column chunk has no metadata");
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  if (!isCountUpTo(start, fileBytes) || !isCountUpTo(end, fileBytes) || end < start) {
    throw new Error(`a column lies in bytes ${start} to ${end} of a file of ${fileBytes}`);
  }
  return { start, end };
}

/**
 * Walks over the pages of a column without nested values.
 *
 * @param bytes of the column in this row group
 * @throws Error when a page has a size or count that cannot be, or all have fewer values than the group has rows
 */
export function checkPages(bytes: ArrayBuffer, { num_rows }: RowGroup): void {
  const rows = Number(num_rows);
  const reader: DataReader = { view: new DataView(bytes), offset: 0 };
  let values = 0;
  while (values < rows && reader.offset < bytes.byteLength - 1) {
    const { type, data_page_header, data_page_header_v2, dictionary_page_header, ...sizes } = parquetHeader(reader);
    const left = bytes.byteLength - reader.offset;
    checkCount("compressed size of a page", sizes.compressed_page_size, left);
    checkCount("size of a page", sizes.uncompressed_page_size, MAX_PAGE_BYTES);
    reader.offset += sizes.compressed_page_size;
    if (type === "DICTIONARY_PAGE") {
      // Values of no bytes do not exist, but those of one bit do.
      checkCount("size of a dictionary", dictionary_page_header?.num_values, 8 * sizes.uncompressed_page_size);
      continue;
    }
    const header = data_page_header ?? data_page_header_v2;
    checkCount("number of values in a page", header?.num_values, rows - values);
    if (data_page_header_v2 !== undefined) {
      const { definition_levels_byte_length, repetition_levels_byte_length, num_nulls, num_values } =
        data_page_header_v2;
      checkCount("number of nulls in a page", num_nulls, num_values);
      checkCount("size of a page's levels", definition_levels_byte_length, sizes.compressed_page_size);
      checkCount("size of a page's levels", repetition_levels_byte_length, sizes.compressed_page_size);
    }
    values += header?.num_values ?? 0;
  }
  if (values !== rows) throw new Error(`a column has ${values} values in a row group of ${rows} rows`);
}

function checkCount(what: string, count: unknown, most: number): void {
  if (!isCountUpTo(count, most)) throw new Error(`the ${what} is ${count}, expected 0 to ${most}`);
}

function isCountUpTo(count: unknown, most: number): boolean {
  return Number.isInteger(count) && (count as number) >= 0 && (count as number) <= most;
}
