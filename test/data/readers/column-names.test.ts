/** What the columns of a log may be: several kinds of feedback, lists and positions, in text of every format. */
import { gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DataError } from "../../../src/data/errors.ts";
import { readInteractions } from "../../../src/data/readers/read-interactions.ts";
import type { ColumnNames } from "../../../src/data/settings.ts";
import { cutFile, type Row, rowsOf, TemporaryFolder } from "../logs.ts";
import { readCsv, readTsv } from "../read-logs.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

/** The message of the error that a promise ends with, with the folder's path cut off. */
async function failure(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, DataError);
  return (error as DataError).message.replace(`${folder.path}/`, "");
}

const WEIGHTED = {
  columns: {
    feedback: [
      { column: "click", weight: 1 },
      { column: "long_view", weight: 2.5 },
    ],
  },
};

test("several feedback columns are their weighted sum", async () => {
  const text = "long_view,user_id,item_id,click,timestamp\n1,u,i,1,1\n0,u,j,1,2\n1,u,k,0,3\n0,u,l,0,4\n";
  const expected: Row[] = [
    ["u", "i", 3.5, 1],
    ["u", "j", 1, 2],
    ["u", "k", 2.5, 3],
    ["u", "l", 0, 4],
  ];
  assert.equal(rowsOf(await readCsv(folder.write("weighted.csv", text), WEIGHTED)), expected);
});

test("an error in one of several feedback columns names it", async () => {
  const header = "user_id,item_id,click,long_view,timestamp\n";
  const blank = folder.write("blank.csv", `${header}u,i,1,,4\n`);
  assert.is(
    await failure(readCsv(blank, WEIGHTED)),
    'blank.csv:2: long_view "" is not a number; expected user_id,item_id,click,long_view,timestamp',
  );
  const lacking = folder.write("lacking.csv", "user_id,item_id,click,longview,timestamp\n");
  assert.is(
    await failure(readCsv(lacking, WEIGHTED)),
    'lacking.csv:1: there is no column "long_view" for the feedback; the header has ' +
      'user_id, item_id, click, longview, timestamp; did you mean "longview"?',
  );
});

const LISTED = "user_id\titem_id\trating\ttimestamp\trequest\trank\n";
const columns = { list: "request", position: "rank" };
const LISTED_ROWS = [
  "u\tb\t1\t5\tr2\t2",
  "u\tc\t0\t5\tr2\t",
  "v\tb\t1\t1\tr1\t1",
  "u\ta\t0\t5\tr2\t1",
  "u\td\t1\t3\t \t7",
  "u\te\t0\t5\tr2\t-1",
];

for (const [format, delimiter] of [
  ["tsv", "\t"],
  ["csv", ","],
] as const) {
  for (const isCompressed of [false, true]) {
    test(`lists, positions and candidates that were not shown are read from ${isCompressed ? "gzipped " : ""}${format}`, async () => {
      const text = (LISTED + LISTED_ROWS.join("\n")).replaceAll("\t", delimiter);
      const file = folder.write(`listed.${format}`, isCompressed ? gzipSync(text) : text);
      const log = await readInteractions({ format, file, columns });
      const items = Array.from(log.items, (item) => log.itemIds[item]);
      assert.equal(items, ["d", "a", "b", "c", "e", "b"]);
      assert.equal([...(log.listNumbers ?? [])], [-1, 0, 0, 0, 0, 1]);
      assert.equal([...(log.positions ?? [])], [0, 0, 1, -1, -1, 0]);
    });
  }
}

test("lists without a column of positions hold what was shown, in file order", async () => {
  const text = "user_id,item_id,rating,timestamp,request\nu,b,1,9,r\nu,a,0,5,r\nu,c,0,7,s\n";
  const log = await readCsv(folder.write("order.csv", text), { columns: { list: "request" } });
  assert.equal(
    rowsOf(log).map(([, item]) => item),
    ["b", "a", "c"],
  );
  assert.equal([...(log.positions ?? [])], [0, 1, 0]);
});

test("a position that is no integer is an error at its line", async () => {
  for (const [rank, problem] of [
    ["x", 'rank "x" is not a number'],
    ["1.5", 'rank "1.5" is not a 32-bit integer'],
    ["3000000000", 'rank "3000000000" is not a 32-bit integer'],
  ]) {
    const file = folder.write("rank.tsv", `${LISTED}${LISTED_ROWS[0]}\nu\ti\t1\t1\tr\t${rank}\n`);
    const expected = `rank.tsv:3: ${problem}; expected ${LISTED.trim()}`;
    assert.is(await failure(readTsv(file, { columns })), expected);
  }
});

test("a column of lists or positions that the header lacks is an error", async () => {
  const file = folder.write("names.csv", "user_id,item_id,rating,timestamp,request_id,place\nu,i,1,1,r,1\n");
  assert.match(
    await failure(readCsv(file, { columns: { list: "request" } })),
    /^names\.csv:1: there is no column "request" for the list; .*; did you mean "request_id"\?$/,
  );
  assert.match(
    await failure(readCsv(file, { columns: { list: "request_id", position: "position" } })),
    /no column "position" for the position; .*; did you mean "place"\?$/,
  );
});

test("columns that make no sense are refused before the file is opened", async () => {
  const read = (columns: Partial<ColumnNames>) =>
    readCsv("missing.csv", { columns }).then(
      () => "",
      (error: unknown) => String(error),
    );
  assert.is(
    await read({ feedback: [] }),
    'RangeError: columns: feedback names no column; name at least one, or "none"',
  );
  assert.is(
    await read({ feedback: [{ column: "click", weight: Number.NaN }] }),
    'RangeError: columns: the weight of "click" must be finite, got NaN',
  );
  assert.match(await read({ position: "rank" }), /"rank" gives places in lists, but no column names the lists/);
});

test("in tab-separated values a quote is text, and every error has its line", async () => {
  const header = "user_id\titem_id\trating\ttimestamp\n";
  const quotes = folder.write("quotes.tsv", `${header}"u\tthe "best" one\t1\t2\n`);
  assert.equal(rowsOf(await readTsv(quotes)), [['"u', 'the "best" one', 1, 2]]);
  const expected = `expected ${header.trim()}`;
  const wrong = (row: string) => failure(readTsv(folder.write("wrong.tsv", `${header}u\ti\t1\t2\n${row}\n`)));
  assert.is(await wrong("u\ti\tx\t2"), `wrong.tsv:3: rating "x" is not a number; ${expected}`);
  assert.is(await wrong("u i 1 2"), `wrong.tsv:3: 1 column instead of 4; ${expected}`);
  const missing = folder.write("missing.tsv", "user_id\titem_id\tstars\ttimestamp\n");
  assert.match(await failure(readTsv(missing)), /^missing\.tsv:1: there is no column "rating" .*"stars"\?$/);
  const empty = folder.write("empty.tsv", header);
  assert.is(
    await failure(readTsv(empty)),
    "empty.tsv: no interactions; expected lines of user_id\titem_id\trating\ttimestamp",
  );
});

test("a text in UTF-16, as spreadsheets write it, reads as any other", async () => {
  const text = "\uFEFFuser_id\titem_id\trating\ttimestamp\r\nü\ti\t1\t2\r\n";
  const file = folder.write("unicode.tsv", Buffer.from(text, "utf16le"));
  assert.equal(rowsOf(await readTsv(file)), [["ü", "i", 1, 2]]);
});

test("prepareInteractions counts candidates that were not shown apart from interactions", async () => {
  const rows = Array.from({ length: 60 }, (_, n) => {
    const [user, item] = [Math.floor(n / 12), n % 12];
    // Lists of three shown items and one that was not.
    return `${user}\t${item}\t1\t${n}\t${Math.floor(n / 4)}\t${n % 4 === 3 ? "" : n % 4}`;
  });
  const file = folder.write("prepare.tsv", LISTED + rows.join("\n"));
  const options = { core: 2, listLength: 3, positiveThreshold: 1 };
  const { log, counts } = await cutFile({ format: "tsv", file, columns }, options);
  assert.equal(counts.read, { users: 5, items: 12, interactions: 45, positives: 45, notShown: 15 });
  // Items 3, 7 and 11 were never shown.
  assert.equal(counts.kept, { users: 5, items: 9, interactions: 45, positives: 45, notShown: 0 });
  assert.is(counts.lists.lists, 15);
  assert.is(log.listNumbers?.length, 45);
});

test.run();
