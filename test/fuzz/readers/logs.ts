/** Logs in text: separated by commas, by tabs and as MovieLens has them; gzipped; and tables of features. */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import * as assert from "uvu/assert";
import { DataError } from "../../../src/data/errors.ts";
import { readFeatures } from "../../../src/data/features/features.ts";
import type { InteractionLog } from "../../../src/data/interactions.ts";
import { readHead } from "../../../src/data/readers/head.ts";
import { readInteractions } from "../../../src/data/readers/read-interactions.ts";
import { parquetLog } from "../../data/parquet-files.ts";
import { readCsv, readMovieLens, readTsv } from "../../data/read-logs.ts";
import { skippableFrame, ZSTANDARD, zstandardFrame } from "../../data/zstandard-frames.ts";
import type { FuzzReader } from "../fuzz.ts";
import { nearlyValid, nearlyValidJson } from "../mutations.ts";
import { ScratchFolder } from "../scratch-folder.ts";

const LISTS = { list: "request", position: "rank" };
const HEADER = ["user_id", "item_id", "rating", "timestamp", "request", "rank"];
const ROWS = [
  ["ann", "film-7", "4", "1700000000", "r1", "0"],
  ["ann", "film-8", "0.5", "1700000000.25", "r1", "1"],
  ["ann", "film-9", "1", "1700000000", "r1", ""],
  ["böb", "7", "-3e2", "12", "", ""],
  ["böb", "𝄞", "5", "-12", "r2", "-1"],
  ["cat", "8", "2", "2026-01-31", "", ""],
  ["cat", "9", "2", "2026-01-31T08:30:00.25+01:00", "", ""],
];

function table(delimiter: string, lineEnd: string, quote: (text: string) => string): Uint8Array {
  return Buffer.from([HEADER, ...ROWS].map((row) => row.map(quote).join(delimiter) + lineEnd).join(""));
}

const plain = (text: string) => text;
const quoted = (text: string) => `"${text.replaceAll("-", '""')}"`;
const csvs = [
  table(",", "\n", plain),
  table(",", "\r\n", quoted),
  Buffer.concat([Buffer.from("\uFEFF"), table(",", "\r", plain)]),
  Buffer.from(`\uFEFF${Buffer.from(table(",", "\n", quoted)).toString()}`, "utf16le"),
];
const tsvs = [table("\t", "\n", plain), table("\t", "\r\n", plain)];
const ratings = ["\n", "\r\n"].map((lineEnd) =>
  Buffer.from(ROWS.map((row) => row.slice(0, 4).join("::") + lineEnd).join("")),
);

const WORDS = [
  '"',
  '""',
  ",",
  ",,",
  "\t",
  ":",
  "::",
  "\n",
  "\r\n",
  "\r",
  "\n\n",
  "\0",
  "\uFEFF",
  "\u2028",
  " ",
  '"\n',
  Uint8Array.of(0xff),
  Uint8Array.of(0xff, 0xfe),
  Uint8Array.of(0xc3),
  Uint8Array.of(0xed, 0xa0, 0x80),
  "x".repeat(5000),
  ",".repeat(5000),
  "__proto__",
  "rating",
  "2026-02-30",
  "0000-00-00 99:99",
  "9999-12-31T23:59:59Z",
  "user_id,item_id,rating,timestamp,request,rank\n",
];

/** What a log promises, whatever it was read from. */
export function checkLog(log: InteractionLog): void {
  const { users, items, feedback, timestamps, userOffsets, userIds, itemIds, positions, listNumbers } = log;
  assert.ok(users.length > 0);
  for (const { length } of [items, feedback, timestamps]) assert.is(length, users.length);
  assert.is(userOffsets.length, userIds.length + 1);
  assert.is(userOffsets[userIds.length], users.length);
  users.forEach((user, row) => {
    assert.ok(row >= userOffsets[user] && row < userOffsets[user + 1]);
    assert.ok(items[row] >= 0 && items[row] < itemIds.length);
    assert.ok(Number.isFinite(feedback[row]) && Number.isFinite(timestamps[row]));
    if (listNumbers !== undefined) assert.ok(listNumbers[row] >= -1);
    if (positions !== undefined) assert.ok(positions[row] >= -1);
  });
  for (const names of [userIds, itemIds]) {
    assert.is(new Set(names).size, names.length);
    assert.ok(names.every((name) => name.trim() !== "" && !/[\0\uFFFD]/.test(name)));
  }
}

function logReader(
  name: string,
  inputs: fc.Arbitrary<Uint8Array>,
  read: (file: string) => Promise<InteractionLog>,
): FuzzReader {
  const folder = new ScratchFolder();
  return {
    name,
    inputs,
    read: async (input) => checkLog(await read(folder.write("log", input))),
    refusals: [DataError],
    close: () => folder.remove(),
  };
}

const readLists = (file: string) => readCsv(file, { columns: LISTS });

export const csvReader = () => logReader("csv", nearlyValid(csvs, WORDS), readLists);

export const tsvReader = () => logReader("tsv", nearlyValid(tsvs, WORDS), (file) => readTsv(file, { columns: LISTS }));

export const movieLensReader = () => logReader("movielens", nearlyValid(ratings, WORDS), readMovieLens);

/** The first rows, whatever their format. */
export function headReader(): FuzzReader {
  const folder = new ScratchFolder();
  return {
    name: "head",
    inputs: nearlyValid([...csvs, ...tsvs, ...ratings, parquetLog(), gzipSync(csvs[0])], WORDS),
    async read(input) {
      const { rows, isWhole, columns } = await readHead(folder.write("log", input), 3);
      assert.ok(rows.length <= 3 && columns.length > 1);
      assert.ok(isWhole || rows.length === 3);
    },
    refusals: [DataError],
    close: () => folder.remove(),
  };
}

/** Edits of what is packed, and of the packed bytes. */
export function gzipReader(): FuzzReader {
  const packed = [...csvs, Buffer.from("\n".repeat(5000))].map((csv) => Uint8Array.from(gzipSync(csv)));
  const several = [...packed, Buffer.concat([packed[0], gzipSync("u,i,1,2,,\n")])];
  const inside = nearlyValid(csvs, WORDS).map((csv) => Uint8Array.from(gzipSync(csv, { level: 1 })));
  return logReader("gzip", fc.oneof(nearlyValid(several, [...WORDS, packed[0]]), inside), readLists);
}

const zstandards = [...csvs, Buffer.from("\n".repeat(5000))].map((csv) => zstandardFrame(csv, 50));

/** Edits of what is packed, and of the packed bytes. */
export function zstandardReader(): FuzzReader {
  const several = [
    ...zstandards,
    Buffer.concat([zstandards[0], skippableFrame(9), zstandardFrame(Buffer.from("u,i,1,2,,\n"))]),
  ];
  const inside = nearlyValid(csvs, WORDS).map((csv) => Uint8Array.from(zstandardFrame(csv, 30)));
  const packed = nearlyValid([...several, ZSTANDARD], [...WORDS, zstandards[0], skippableFrame(3)]);
  return logReader("zstandard", fc.oneof(packed, inside), readLists);
}

const HEADLESS = { user: 1, item: 2, feedback: 3, timestamp: 4, list: 5, position: 6 };
const spaced = Buffer.from(ROWS.map((row) => row.map((field) => field || "NA").join("  \t")).join("\n"));

/** Without a header, between any blanks, words for feedback. */
export const whitespaceReader = () =>
  logReader("whitespace", nearlyValid([spaced], [...WORDS, "NA", "true", "0x10"]), (file) =>
    readCsv(file, { columns: HEADLESS, delimiter: "whitespace" }),
  );

const requests = [
  {
    user: { id: "ann" },
    shown: [{ id: "a" }, { id: "b" }],
    clicked: ["b"],
    ranks: [1, 0],
    all: ["a", "b", "c"],
    at: 5,
    past: [],
  },
  { user: { id: 7 }, shown: [{ id: 3 }], clicked: [], ranks: [0], all: [3, "x"], at: "2026-01-31", past: ["a", 9] },
];
const REQUESTS = {
  user: "user.id",
  item: "shown[].id",
  feedback: "clicked[]",
  timestamp: "at",
  list: "line",
  position: "ranks[i]",
  candidates: "all[]",
  history: "past[]",
};

/** Edits of the values in lines of JSON, and of their bytes. */
export function jsonReader(): FuzzReader {
  const lines = Buffer.from(requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
  const values = fc
    .array(nearlyValidJson(requests), { minLength: 1, maxLength: 3 })
    .map((all) => Buffer.from(all.map((value) => `${JSON.stringify(value)}\n`).join("")));
  const inputs = fc.oneof(nearlyValid([lines], [...WORDS, "null", "[", "{}", '{"id":']), values);
  return logReader("jsonl", inputs, (file) => readInteractions({ format: "jsonl", file, columns: REQUESTS }));
}

const BLOCKS = {
  netflix: "1:\n1488844,3,2005-09-06\n822109,5,2005-05-13\n2:\n822109,4,2005-09-05\n",
  mind: "1\tU1\t11/11/2019 9:05:58 AM\tN5 N4\tN1-1 N2-0\n2\tU2\t11/12/2019 6:11:30 PM\t\tN2-0 N3-1\n",
  lightgcn: "0 31 8 15\n1 8\n2\n",
  recbole: "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t3\t4\n1\t7\t1e3\t5\n",
  "open-bandit": ",timestamp,item_id,click,propensity_score\n0,2019-11-24 00:00:17.004101+00:00,25,1,0.03\n1,5,7,0,1\n",
} as const;

/** A reader for a format of public data. */
export const publicReader = (format: keyof typeof BLOCKS) => () =>
  logReader(
    format,
    nearlyValid([Buffer.from(BLOCKS[format])], [...WORDS, ":", "-", "-1", "N1", ":token_seq"]),
    (file) => readInteractions({ format, file }),
  );

export function featureReader(): FuzzReader {
  const folder = new ScratchFolder();
  const samples = [
    Buffer.from("id,year,colour,genres\na,1950,red,Drama|Comedy\nb,,,\nc,-1e3,blue,Drama||War\nz,1,red,\n"),
    Buffer.from('id,year,colour,genres,extra\r\na,3,"red, dark","x|y",1\r\n"b",4,blue,"",2\r\n'),
  ];
  const ids = ["a", "b", "c", "d"];
  return {
    name: "features",
    inputs: nearlyValid(samples, [...WORDS, "|", "|".repeat(3000), "1|2|3|4|5|6|7|8|9"]),
    async read(input) {
      const { features, categories, vocabulary } = await readFeatures(
        {
          file: folder.write("films", input),
          key: "id",
          numeric: ["year"],
          categorical: ["colour"],
          multiple: [{ column: "genres", separator: "|" }],
        },
        ids,
      );
      assert.is(features?.data.length, ids.length);
      assert.ok(features?.data.every(Number.isFinite));
      if (categories === undefined) throw new Error("there are no categories");
      const { indices, weights, slots, vocabularySize } = categories;
      assert.is(vocabularySize, vocabulary.length);
      assert.is(indices.length, ids.length * slots);
      assert.ok(indices.every((index) => index >= 0 && index < vocabularySize));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      assert.ok(Math.abs(sum - 2 * ids.length) < 1e-3, `${sum}`);
    },
    refusals: [DataError],
    close: () => folder.remove(),
  };
}
