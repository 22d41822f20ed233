/** Reading Parquet: whatever is written comes back, and what does not belong in a log is named with its row. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type { SchemaElement } from "hyparquet";
import { type ColumnSource, parquetWriteFile } from "hyparquet-writer";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DataError } from "../../../src/data/errors.ts";
import { readInteractions } from "../../../src/data/readers/read-interactions.ts";
import { logOf, type Row, rowsOf, TemporaryFolder } from "../logs.ts";
import { readParquet } from "../read-logs.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

type WriteOptions = Omit<Parameters<typeof parquetWriteFile>[0], "filename" | "columnData">;

function write(name: string, columnData: ColumnSource[], options: WriteOptions = {}): string {
  const filename = join(folder.path, name);
  parquetWriteFile({ filename, columnData, ...options });
  return filename;
}

/** A file with the default columns, some of them replaced. */
function writeLog(name: string, own: Partial<Record<string, ColumnSource>> = {}): string {
  const columns: Record<string, ColumnSource> = {
    user_id: { name: "user_id", data: ["ann", "bob", "ann"], type: "STRING" },
    item_id: { name: "item_id", data: [7, 8, 9], type: "INT32" },
    rating: { name: "rating", data: [1.5, 2, 4], type: "DOUBLE" },
    timestamp: { name: "timestamp", data: [30n, 20n, 10n], type: "INT64" },
  };
  return write(name, Object.values({ ...columns, ...own }) as ColumnSource[]);
}

const LOG_ROWS: Row[] = [
  ["ann", "9", 4, 10],
  ["ann", "7", 1.5, 30],
  ["bob", "8", 2, 20],
];

async function failure(file: string, options = {}): Promise<{ message: string; row: number | undefined }> {
  const error = await readParquet(file, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DataError)) throw new Error(`expected a DataError, got ${error}`);
  return { message: error.message.replace(`${folder.path}/`, ""), row: error.row };
}

test("text and integers are names, and integers of 64 bits stay as they are", async () => {
  assert.equal(rowsOf(await readParquet(writeLog("log.parquet"))), LOG_ROWS);
  const id = 2n ** 60n + 1n;
  const large = writeLog("large.parquet", { user_id: { name: "user_id", data: [id, id, id + 1n], type: "INT64" } });
  assert.equal((await readParquet(large)).userIds, ["1152921504606846977", "1152921504606846978"]);
});

test("whatever is written is read back, from any number of row groups and pages", async () => {
  const row = fc.tuple(
    fc.string({ unit: fc.constantFrom("a", "é", "𝄞", " ,"), minLength: 1, maxLength: 40 }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  );
  const rows = fc
    .array(row, { minLength: 1, maxLength: 60 })
    .filter((all) => all.every(([user]) => user.trim() !== ""));
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      fc.constantFrom("SNAPPY" as const, "UNCOMPRESSED" as const, "GZIP" as const),
      async (rows, rowGroupSize, nullable, codec) => {
        const file = write(
          "property.parquet",
          [
            { name: "rating", data: rows.map((row) => row[2]), type: "FLOAT", nullable },
            { name: "item_id", data: rows.map((row) => row[1]), type: "INT64", nullable },
            { name: "other", data: rows.map(() => "x"), type: "STRING" },
            { name: "timestamp", data: rows.map((row) => row[3]), type: "INT32", nullable },
            { name: "user_id", data: rows.map((row) => row[0]), type: "STRING", nullable },
          ],
          { rowGroupSize, pageSize: 64, codec, compressors: { GZIP: (bytes) => gzipSync(bytes) } },
        );
        const expected = rows.map(([user, item, ...rest]): Row => [user.trim(), String(item), ...rest]);
        assert.equal(rowsOf(await readParquet(file)), rowsOf(logOf(expected)));
      },
    ),
    { numRuns: 100 },
  );
});

test("dates and timestamps of every unit are seconds since 1970", async () => {
  const schema = (own: Partial<SchemaElement>): SchemaElement[] => [
    { name: "root", num_children: 4 },
    { name: "user_id", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
    { name: "item_id", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
    { name: "rating", type: "DOUBLE", repetition_type: "REQUIRED" },
    { name: "timestamp", type: "INT64", repetition_type: "OPTIONAL", ...own },
  ];
  const stamp = (unit: "MILLIS" | "MICROS" | "NANOS"): Partial<SchemaElement> => ({
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit },
  });
  const time = 1_700_000_000;
  for (const [own, value, seconds] of [
    [{ type: "INT32", converted_type: "DATE" }, new Date("2023-11-14"), 1_699_920_000],
    [{ converted_type: "TIMESTAMP_MILLIS" }, new Date(1000 * time + 250), time + 0.25],
    [stamp("MILLIS"), BigInt(1000 * time + 250), time + 0.25],
    [stamp("MICROS"), BigInt(1e6 * time + 250), time + 0.00025],
    [stamp("NANOS"), BigInt(time) * 1_000_000_000n + 250_000_000n, time + 0.25],
    [{}, BigInt(time), time],
  ] as const) {
    const file = write(
      "dates.parquet",
      [
        { name: "user_id", data: ["u"] },
        { name: "item_id", data: ["i"] },
        { name: "rating", data: [1] },
        { name: "timestamp", data: [value] },
      ],
      { schema: schema(own) },
    );
    assert.equal([...(await readParquet(file)).timestamps], [seconds], JSON.stringify(own));
  }
});

test("weighted feedback, truth values, lists and positions are read as from text", async () => {
  const file = write(
    "lists.parquet",
    [
      { name: "user_id", data: ["u", "u", "u", "u"], type: "STRING" },
      { name: "item_id", data: ["c", "b", "a", "d"], type: "STRING" },
      { name: "click", data: [true, false, true, false], type: "BOOLEAN" },
      { name: "seconds", data: [3, 4, 0, 0], type: "FLOAT" },
      { name: "timestamp", data: [1n, 1n, 1n, 0n], type: "INT64" },
      { name: "request", data: [12n, 12n, 12n, undefined], type: "INT64" },
      { name: "rank", data: [undefined, 1, 0, undefined], type: "INT32" },
    ],
    { rowGroupSize: 3 },
  );
  const feedback = [
    { column: "click", weight: 1 },
    { column: "seconds", weight: 0.5 },
  ];
  const columns = { feedback, list: "request", position: "rank" };
  const log = await readInteractions({ format: "parquet", file, columns });
  assert.equal(rowsOf(log), [
    ["u", "d", 0, 0],
    ["u", "a", 1, 1],
    ["u", "b", 2, 1],
    ["u", "c", 2.5, 1],
  ]);
  assert.equal([...(log.listNumbers ?? [])], [-1, 0, 0, 0]);
  assert.equal([...(log.positions ?? [])], [0, 0, 1, -1]);
});

const EXPECTED = "expected a value of user_id, item_id, rating, timestamp in every row";

for (const [what, column, problem] of [
  ["a null user", { name: "user_id", data: ["u", undefined, "u"], type: "STRING" }, "user_id is null"],
  ["an empty user", { name: "user_id", data: ["u", " ", "u"], type: "STRING" }, "user_id is empty"],
  ["a null item", { name: "item_id", data: [1n, null, 2n], type: "INT64" }, "item_id is null"],
  ["a null rating", { name: "rating", data: [1, null, 2], type: "DOUBLE" }, "rating is null"],
  ["a null time", { name: "timestamp", data: [1n, null, 2n], type: "INT64" }, "timestamp is null"],
  ["NaN", { name: "rating", data: [1, Number.NaN, 2], type: "DOUBLE" }, 'rating "NaN" is not a number'],
  [
    "infinity",
    { name: "rating", data: [1, Number.POSITIVE_INFINITY, 2], type: "DOUBLE" },
    'rating "Infinity" is not finite',
  ],
  ["text for a number", { name: "rating", data: ["1", "x", "2"], type: "STRING" }, 'rating "x" is not a number'],
  [
    "a fraction for a name",
    { name: "item_id", data: [1, 1.5, 2], type: "DOUBLE" },
    'item_id "1.5" is neither text nor an integer',
  ],
] as const) {
  test(`${what} is an error that names file and row`, async () => {
    const own = { ...column, data: [...column.data] } as ColumnSource;
    const error = await failure(writeLog("wrong.parquet", { [column.name]: own }));
    assert.equal(error, { row: 2, message: `wrong.parquet: row 2: ${problem}; ${EXPECTED}` });
  });
}

test("rows are counted through all row groups", async () => {
  const ratings = Array.from({ length: 50 }, (_, n) => (n === 37 ? undefined : n));
  const constant = (name: string): ColumnSource => ({ name, data: ratings.map(() => 1), type: "INT32" });
  const file = write(
    "groups.parquet",
    [constant("user_id"), constant("item_id"), constant("timestamp"), { name: "rating", data: ratings, type: "INT32" }],
    { rowGroupSize: [7, 10] },
  );
  assert.is((await failure(file)).row, 38);
});

test("a column that the file lacks is an error with the nearest name", async () => {
  const file = writeLog("names.parquet", { rating: { name: "Ratings", data: [1, 2, 3], type: "INT32" } });
  assert.is(
    (await failure(file)).message,
    'names.parquet: there is no column "rating" for the feedback; the header has ' +
      'user_id, item_id, Ratings, timestamp; did you mean "Ratings"?',
  );
});

test("files that are missing, empty, cut short, broken or of another format are told apart", async () => {
  const message = async (name: string, content?: Uint8Array | string) => {
    const file = join(folder.path, name);
    if (content !== undefined) writeFileSync(file, content);
    return (await failure(file)).message;
  };
  assert.is(await message("nothing.parquet"), "nothing.parquet: there is no such file");
  assert.is(await message("empty.parquet", ""), "empty.parquet: the file is empty");
  for (const text of ["x", "user_id,item_id,rating,timestamp\n1,2,3,4\n"]) {
    assert.match(
      await message("text.parquet", text),
      /^text\.parquet: this is not a Parquet file, or its end is missing \(/,
    );
  }
  const none = writeLog("none.parquet", {
    user_id: { name: "user_id", data: [], type: "STRING" },
    item_id: { name: "item_id", data: [], type: "STRING" },
    rating: { name: "rating", data: [], type: "DOUBLE" },
    timestamp: { name: "timestamp", data: [], type: "INT64" },
  });
  assert.is(
    (await failure(none)).message,
    "none.parquet: no interactions; expected rows of user_id, item_id, rating, timestamp",
  );
});

test("a row group that does not decompress is an error with its rows", async () => {
  const file = writeLog("damaged.parquet", {
    user_id: { name: "user_id", data: ["ann".repeat(99), "ann".repeat(99), "bob"], type: "STRING" },
  });
  const bytes = readFileSync(file);
  bytes.fill(0xff, 30, 60);
  writeFileSync(file, bytes);
  assert.match(
    (await failure(file)).message,
    /^damaged\.parquet: rows 1 to 3 cannot be read \(.*\); write the file again$/,
  );
});

test.run();
