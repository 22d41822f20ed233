/** Parquet: edits of its bytes, and footers that say something else than what is there. */
import fc from "fast-check";
import type { FileMetaData } from "hyparquet";
import { DataError } from "../../../src/data/errors.ts";
import { parquetLog, withFooter, withFooterLength } from "../../data/parquet-files.ts";
import { readParquet } from "../../data/read-logs.ts";
import type { FuzzReader } from "../fuzz.ts";
import { nearlyValid } from "../mutations.ts";
import { ScratchFolder } from "../scratch-folder.ts";
import { checkLog } from "./logs.ts";

const COUNT = 300;
const numbers = Array.from({ length: COUNT }, (_, n) => n);
const request = numbers.map((n) => (n % 3 === 0 ? undefined : `r${n >> 3}`));
const columns = {
  user_id: { name: "user_id", data: numbers.map((n) => `user-${n % 17}`), type: "STRING" },
  item_id: { name: "item_id", data: numbers.map((n) => BigInt(n) ** 6n), type: "INT64" },
  rating: { name: "rating", data: numbers.map((n) => n % 5), type: "INT32", nullable: true },
  timestamp: { name: "timestamp", data: numbers.map((n) => 1.7e9 + n), type: "DOUBLE" },
  request: { name: "request", data: request, type: "STRING" },
} as const;

/** Every encoding and codec that the writer has. */
const samples = [
  parquetLog(),
  parquetLog(columns as never, { codec: "UNCOMPRESSED", rowGroupSize: 100, pageSize: 256 }),
  parquetLog(columns as never, { codec: "SNAPPY", statistics: false }),
  parquetLog({ item_id: { name: "item_id", data: [1, 2, 3], type: "INT32", encoding: "DELTA_BINARY_PACKED" } }),
  parquetLog({ user_id: { name: "user_id", data: ["a", "ab", "b"], type: "STRING", encoding: "DELTA_BYTE_ARRAY" } }),
  parquetLog({
    user_id: { name: "user_id", data: ["a", "ab", "b"], type: "STRING", encoding: "DELTA_LENGTH_BYTE_ARRAY" },
    rating: { name: "rating", data: [1, 2, 3], type: "FLOAT", encoding: "BYTE_STREAM_SPLIT" },
    timestamp: { name: "timestamp", data: [new Date(1e12), new Date(2e12), new Date(3e12)], type: "TIMESTAMP" },
  }),
].map((file) => Uint8Array.from(file));

const LIMITS = [0n, 1n, -1n, 3n, 4n, 2n ** 20n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 40n, 2n ** 62n] as const;
const CODECS = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"] as const;
const LIES = ["rows", "groupRows", "values", "size", "compressed", "offset", "dictionary", "codec", "type"] as const;

const lyingFooter = fc
  .tuple(
    fc.constantFrom(...samples),
    fc.array(fc.tuple(fc.constantFrom(...LIES), fc.nat(), fc.constantFrom(...LIMITS)), { minLength: 1, maxLength: 3 }),
  )
  .map(([file, lies]) =>
    withFooter(file, (metadata) => {
      for (const [kind, at, value] of lies) tell(metadata, kind, at, value);
    }),
  );

function tell(metadata: FileMetaData, kind: (typeof LIES)[number], at: number, value: bigint): void {
  const group = metadata.row_groups[at % metadata.row_groups.length];
  const column = group.columns[at % group.columns.length].meta_data;
  const element = metadata.schema[1 + (at % (metadata.schema.length - 1))];
  if (column === undefined) return;
  if (kind === "rows") metadata.num_rows = value;
  else if (kind === "groupRows") metadata.num_rows += value - group.num_rows;
  else if (kind === "values") column.num_values = value;
  else if (kind === "size") column.total_uncompressed_size = value;
  else if (kind === "compressed") column.total_compressed_size = value;
  else if (kind === "offset") column.data_page_offset = value;
  else if (kind === "dictionary") column.dictionary_page_offset = value;
  else if (kind === "codec") column.codec = CODECS[at % CODECS.length];
  else element.type = (["INT32", "INT64", "DOUBLE", "BYTE_ARRAY", "BOOLEAN", "INT96"] as const)[at % 6];
  if (kind === "groupRows") group.num_rows = value;
}

const lyingLength = fc
  .tuple(fc.constantFrom(...samples), fc.nat(0xffff_ffff))
  .map(([file, length]) => withFooterLength(file, length % (2 * file.length)));

export function parquetReader(): FuzzReader {
  const folder = new ScratchFolder();
  return {
    name: "parquet",
    inputs: fc.oneof(
      { weight: 6, arbitrary: nearlyValid(samples, ["PAR1", "user_id", Uint8Array.of(0), Uint8Array.of(0x19, 0xfc)]) },
      { weight: 3, arbitrary: lyingFooter },
      { weight: 1, arbitrary: lyingLength },
    ),
    read: async (input) => checkLog(await readParquet(folder.write("log.parquet", input))),
    refusals: [DataError],
    close: () => folder.remove(),
  };
}
