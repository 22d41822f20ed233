/** Parquet files for tests: whole ones, and such as say something of themselves that is not so. */
import { type ColumnMetaData, type FileMetaData, type PageHeader, parquetMetadata } from "hyparquet";
import { ByteWriter, type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";

type WriteOptions = Omit<Parameters<typeof parquetWriteBuffer>[0], "columnData">;

/** A log of a few rows with the default columns, some of them replaced. */
export function parquetLog(own: Partial<Record<string, ColumnSource>> = {}, options: WriteOptions = {}): Uint8Array {
  const columns: Record<string, ColumnSource> = {
    user_id: { name: "user_id", data: ["ann", "bob", "ann"], type: "STRING" },
    item_id: { name: "item_id", data: [7, 8, 9], type: "INT32" },
    rating: { name: "rating", data: [1.5, 2, 4], type: "DOUBLE" },
    timestamp: { name: "timestamp", data: [30n, 20n, 10n], type: "INT64" },
  };
  const columnData = Object.values({ ...columns, ...own }) as ColumnSource[];
  return new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
}

/** The file with another footer: what `change` makes of the one that it has. */
export function withFooter(file: Uint8Array, change: (metadata: FileMetaData) => void): Uint8Array {
  const metadata = parquetMetadata(file);
  const dataEnd = file.length - metadata.metadata_length - 8;
  // They would have to change with the types of the columns.
  for (const { columns } of metadata.row_groups) for (const { meta_data } of columns) delete meta_data?.statistics;
  change(metadata);
  const writer = new ByteWriter();
  writer.appendBytes(file.subarray(0, dataEnd));
  writeMetadata(writer, metadata);
  writer.appendBytes(Buffer.from("PAR1"));
  return writer.getBytes();
}

/** Bytes of the footer, and the length that the file says they have. */
export function withFooterLength(file: Uint8Array, length: number): Uint8Array {
  const changed = Uint8Array.from(file);
  new DataView(changed.buffer).setUint32(changed.length - 8, length, true);
  return changed;
}

/** The metadata of a column in the first row group. */
export function columnOf({ row_groups: [group] }: FileMetaData, name: string): ColumnMetaData {
  const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name);
  if (chunk?.meta_data === undefined) throw new Error(`there is no column ${name}`);
  return chunk.meta_data;
}

/** The file, in which the first row group's `column` is one page of this header and these bytes. */
export function withPage(
  file: Uint8Array,
  column: string,
  header: PageHeader,
  page: Uint8Array,
  codec: ColumnMetaData["codec"] = "UNCOMPRESSED",
): Uint8Array {
  const writer = new ByteWriter();
  const start = file.length - parquetMetadata(file).metadata_length - 8;
  writer.appendBytes(file.subarray(0, start));
  writePageHeader(writer, header);
  writer.appendBytes(page);
  const size = writer.offset - start;
  writer.appendBytes(file.subarray(start));
  return withFooter(writer.getBytes(), (metadata) => {
    const own = columnOf(metadata, column);
    own.codec = codec;
    own.data_page_offset = BigInt(start);
    own.total_compressed_size = BigInt(size);
    delete own.dictionary_page_offset;
  });
}
