/** Parquet files that are damaged, that lie about themselves, or that hold what is no log. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { FileMetaData, PageHeader, SchemaElement } from "hyparquet";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ParquetDecoder, ParquetError } from "../../../src/data/readers/parquet-decoder.ts";
import { checkSnappy } from "../../../src/data/readers/snappy.ts";
import { refusal, rowsOf, TemporaryFolder } from "../logs.ts";
import { columnOf, parquetLog, withFooter, withFooterLength, withPage } from "../parquet-files.ts";
import { readParquet } from "../read-logs.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

const FILE = join(folder.path, "log.parquet");
const NOT_PARQUET = /^log\.parquet: this is not a Parquet file, or its end is missing \(/;

function read(file: Uint8Array) {
  writeFileSync(FILE, file);
  return readParquet(FILE);
}

const refusalOf = (file: Uint8Array) => refusal(read(file), folder);

test("a file that is cut short anywhere is refused", async () => {
  const whole = parquetLog();
  assert.is(rowsOf(await read(whole)).length, 3);
  for (let length = 1; length < whole.length; length += 5) {
    assert.match(await refusalOf(whole.subarray(0, length)), NOT_PARQUET);
  }
});

test("a footer of another length than the file says is refused", async () => {
  const whole = parquetLog();
  const length = new DataView(whole.buffer).getUint32(whole.length - 8, true);
  for (const lie of [0, 1, length - 1, length + 1, whole.length, 2 ** 31, 2 ** 32 - 1]) {
    assert.match(await refusalOf(withFooterLength(whole, lie)), NOT_PARQUET, `${lie}`);
  }
});

type Lie = (metadata: FileMetaData) => void;
const lies: readonly (readonly [what: string, lie: Lie, problem: RegExp])[] = [
  [
    "more rows",
    (file) => {
      file.num_rows = 4n;
    },
    /the file has 4 rows, but its row groups have 3/,
  ],
  [
    "more rows in a group",
    (file) => {
      file.num_rows = 5n;
      file.row_groups[0].num_rows = 5n;
    },
    /rows 1 to 5 cannot be read \(a column has 3 values in a row group of 5 rows\)/,
  ],
  [
    "fewer rows in a group",
    (file) => {
      file.num_rows = 2n;
      file.row_groups[0].num_rows = 2n;
    },
    /rows 1 to 2 cannot be read \(the number of values in a page is 3, expected 0 to 2\)/,
  ],
  [
    "a million million rows",
    (file) => {
      file.num_rows = 10n ** 12n;
      file.row_groups[0].num_rows = 10n ** 12n;
    },
    /a row group has 1000000000000 rows, expected 0 to 67108864; write smaller row groups/,
  ],
  [
    "fewer than no rows",
    (file) => {
      file.num_rows = -3n;
      file.row_groups[0].num_rows = -3n;
    },
    /a row group has -3 rows/,
  ],
  [
    "a column beyond the end",
    (file) => {
      columnOf(file, "item_id").total_compressed_size = 10n ** 9n;
    },
    /rows 1 to 3 cannot be read \(a column lies in bytes \d+ to \d+ of a file of \d+\)/,
  ],
  [
    "a column before the beginning",
    (file) => {
      columnOf(file, "user_id").data_page_offset = -8n;
      delete columnOf(file, "user_id").dictionary_page_offset;
    },
    /a column lies in bytes -8 to/,
  ],
  [
    "a codec that nobody reads",
    (file) => {
      columnOf(file, "rating").codec = "LZO";
    },
    /rows 1 to 3 cannot be read \(parquet unsupported compression codec: LZO\)/,
  ],
  [
    "another codec than the true one",
    (file) => {
      columnOf(file, "rating").codec = "GZIP";
    },
    /rows 1 to 3 cannot be read \(/,
  ],
  [
    "a column without its data",
    (file) => void file.row_groups[0].columns.pop(),
    /a row group holds the column "timestamp" 0 times/,
  ],
];
for (const [what, lie, problem] of lies) {
  test(`a footer that claims ${what} is refused`, async () => {
    const message = await refusalOf(withFooter(parquetLog(), lie));
    assert.match(message, problem);
    assert.match(message, /^log\.parquet: .*; write the file again$/);
  });
}

const optional = { rating: { name: "rating", data: [1, 2, 3], type: "INT32", nullable: true } as ColumnSource };

function pageOf(values: Partial<NonNullable<PageHeader["data_page_header_v2"]>>, bytes: number): PageHeader {
  return {
    type: "DATA_PAGE_V2",
    uncompressed_page_size: bytes,
    compressed_page_size: bytes,
    data_page_header_v2: {
      num_values: 3,
      num_nulls: 0,
      num_rows: 3,
      encoding: "PLAIN",
      definition_levels_byte_length: 0,
      repetition_levels_byte_length: 0,
      is_compressed: false,
      ...values,
    },
  };
}

test("a page that claims more than it has is refused before memory is taken for it", async () => {
  const bytes = new Uint8Array(12);
  for (const [header, problem] of [
    [pageOf({ num_values: 2 ** 31 - 1 }, 12), /the number of values in a page is 2147483647, expected 0 to 3/],
    [pageOf({ num_values: -1 }, 12), /the number of values in a page is -1/],
    [pageOf({ num_nulls: 4 }, 12), /the number of nulls in a page is 4, expected 0 to 3/],
    [pageOf({ definition_levels_byte_length: 99 }, 12), /the size of a page's levels is 99, expected 0 to 12/],
    [pageOf({}, 2 ** 30), /the compressed size of a page is 1073741824/],
    [{ ...pageOf({}, 12), uncompressed_page_size: 2 ** 31 - 1 }, /the size of a page is 2147483647/],
  ] as const) {
    assert.match(await refusalOf(withPage(parquetLog(optional), "rating", header, bytes)), problem);
  }
});

for (const codec of ["SNAPPY", "ZSTD", "GZIP", "BROTLI", "LZ4_RAW"] as const) {
  test(`a page of nulls alone may be compressed to no bytes at all: ${codec}`, async () => {
    // As Spark writes a blank column: levels that say of three values that they are null, and no values.
    const levels = [6, 0];
    const header = {
      ...pageOf({ definition_levels_byte_length: levels.length, num_nulls: 3, is_compressed: true }, levels.length),
      uncompressed_page_size: levels.length,
    };
    const ranks = { ...optional, rank: { name: "rank", data: [1, null, 2], type: "INT32" } } as typeof optional;
    const file = withPage(parquetLog(ranks), "rank", header, Uint8Array.from(levels), codec);
    writeFileSync(FILE, file);
    const log = await readParquet(FILE, { columns: { list: "item_id", position: "rank" } });
    assert.equal([...(log.positions ?? [])], [-1, -1, -1]);
  });
}

test("a run of a thousand million values in seven bytes ends the decoder, and not the program", async () => {
  // A run of 2^30 times 1 in place of three, and then the three numbers.
  const levels = [0x80, 0x80, 0x80, 0x80, 0x08, 1];
  const page = Uint8Array.of(...levels, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0);
  const header = pageOf({ definition_levels_byte_length: levels.length }, page.length);
  assert.match(
    await refusalOf(withPage(parquetLog(optional), "rating", header, page)),
    // Newer engines refuse so long an array before they run out of memory.
    /^log\.parquet: rows 1 to 3 cannot be read \((decoding takes more than \d+ MB of memory|Invalid array length)/,
  );
  assert.is(rowsOf(await read(parquetLog())).length, 3, "the next file is read by another decoder");
});

test("a page on which the decoder goes round in circles ends when its time is up", async () => {
  const data = ["a", "ab", "b"];
  const type = "STRING";
  const file = parquetLog(
    { user_id: { name: "user_id", data, type, encoding: "DELTA_LENGTH_BYTE_ARRAY" } },
    { codec: "UNCOMPRESSED" },
  );
  // The number of parts in a block, read as -1, leads back to where it was read.
  const place = file.findIndex((byte, n) => byte === 0x80 && file[n + 1] === 0x01);
  writeFileSync(FILE, file.fill(0xff, place + 2, place + 14));
  const decoder = new ParquetDecoder(3);
  const error = await decoder
    .open(FILE, file.length)
    .then(() => decoder.readColumn(0, "user_id", data.length))
    .catch((reason: unknown) => reason);
  decoder.close();
  assert.instance(error, ParquetError);
  assert.is((error as Error).message, "decoding takes longer than 4 seconds");
});

test("nested columns are refused, unless they are not wanted", async () => {
  const withList = (name: string, flat: readonly ColumnSource[]) => {
    const schema: SchemaElement[] = [
      { name: "root", num_children: flat.length + 1 },
      ...flat.map((column): SchemaElement => ({ name: column.name, type: "INT32", repetition_type: "REQUIRED" })),
      { name, repetition_type: "OPTIONAL", converted_type: "LIST", num_children: 1 },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", type: "INT32", repetition_type: "OPTIONAL" },
    ];
    return new Uint8Array(parquetWriteBuffer({ schema, columnData: [...flat, { name, data: [[4, 5]] }] }));
  };
  const log = ["user_id", "rating", "timestamp", "item_id"].map((name, n) => ({ name, data: [n] }));
  assert.equal(rowsOf(await read(withList("tags", log))), [["0", "3", 1, 2]]);
  assert.is(
    await refusalOf(withList("item_id", log.slice(0, 3))),
    'log.parquet: the column "item_id" is nested; expected one value in each row',
  );
});

test("pages that were compressed with Zstandard are read", async () => {
  /** A frame with the bytes as they are: magic number, one segment, its size, and one last block (RFC 8878). */
  const frame = (bytes: Uint8Array) => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(0xfd2fb528, 0);
    head.writeUInt8(0b1010_0000, 4);
    head.writeUInt32LE(bytes.length, 5);
    head.writeUIntLE((bytes.length << 3) | 1, 9, 3);
    return Uint8Array.from([...head, ...bytes]);
  };
  const file = parquetLog({}, { codec: "ZSTD", compressors: { ZSTD: frame } });
  assert.equal(rowsOf(await read(file)), rowsOf(await read(parquetLog())));
});

test("compressed pages that would lead a decompressor in circles are refused at once", async () => {
  const whole = parquetLog();
  for (let place = 20; place < 60; place++) {
    const changed = Uint8Array.from(whole).fill(0xff, place, place + 12);
    assert.match(await refusalOf(changed), /^log\.parquet: rows 1 to 3 cannot be read \((?!decoding takes)/);
  }
});

test("what Snappy wrote is taken for whole, and nothing else", () => {
  const parts = fc.array(fc.constantFrom("a", "bcd", "abcabc", "x".repeat(100)), { maxLength: 40 });
  fc.assert(
    fc.property(parts, fc.nat(), fc.nat(255), (words, at, byte) => {
      const text = Buffer.from(words.join(""));
      const packed = snappyCompress(text);
      checkSnappy(packed, text.length);
      assert.throws(() => checkSnappy(packed, text.length + 1), /the Snappy data hold/);
      if (text.length === 0) return;
      assert.throws(() => checkSnappy(packed.subarray(0, -1), text.length));
      const changed = Uint8Array.from(packed);
      changed[at % packed.length] = byte;
      // Whatever a byte is changed to, there is an end to it.
      try {
        checkSnappy(changed, text.length);
      } catch (error) {
        assert.match((error as Error).message, /^the Snappy data/);
      }
    }),
  );
});

test("names that are no text are refused with their row", async () => {
  const data = [Uint8Array.of(0x61), Uint8Array.of(0xff, 0xfe), Uint8Array.of(0x62)];
  const file = parquetLog({ user_id: { name: "user_id", data, type: "BYTE_ARRAY" } });
  assert.match(await refusalOf(file), /^log\.parquet: row 2: user_id "\uFFFD\uFFFD" holds bytes that are no text/);
});

test("two files at once are read one after the other", async () => {
  const files = ["one", "two", "three"].map((name) => {
    const file = join(folder.path, `${name}.parquet`);
    writeFileSync(file, parquetLog({ user_id: { name: "user_id", data: [name, name, name], type: "STRING" } }));
    return file;
  });
  const logs = await Promise.all(files.map((file) => readParquet(file)));
  assert.equal(
    logs.map(({ userIds }) => userIds),
    [["one"], ["two"], ["three"]],
  );
});

test.run();
