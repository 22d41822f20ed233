import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DataError } from "../../../src/data/errors.ts";
import { TIME_FORMS } from "../../../src/data/readers/dates.ts";
import { logOf, type Row, rowsOf, TemporaryFolder } from "../logs.ts";
import { readCsv, readMovieLens } from "../read-logs.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

const RATINGS = "1::10::5::300\n1::11::3::100\n2::10::1.5::200\n";
const RATING_ROWS: Row[] = [
  ["1", "11", 3, 100],
  ["1", "10", 5, 300],
  ["2", "10", 1.5, 200],
];

test("readMovieLens reads ratings, each user's by time", async () => {
  const log = await readMovieLens(folder.write("ratings.dat", RATINGS));
  assert.equal(rowsOf(log), RATING_ROWS);
  assert.equal([...log.userOffsets], [0, 2, 3]);
  assert.equal(log.itemIds, ["10", "11"]);
});

test("byte order marks, CRLF, blank lines and a missing last line end change nothing", async () => {
  const variants = [
    `\uFEFF${RATINGS}`,
    RATINGS.replaceAll("\n", "\r\n"),
    `\n${RATINGS}\n\n`,
    RATINGS.trimEnd(),
    RATINGS.replace("\n", "\r\n"),
  ];
  for (const text of variants) {
    assert.equal(rowsOf(await readMovieLens(folder.write("variant.dat", text))), RATING_ROWS, JSON.stringify(text));
  }
});

test("gzip is told by its magic bytes, whatever the file's name", async () => {
  assert.equal(rowsOf(await readMovieLens(folder.write("packed.dat", gzipSync(RATINGS)))), RATING_ROWS);
  assert.equal(rowsOf(await readMovieLens(folder.write("plain.gz", RATINGS))), RATING_ROWS);
});

test("readCsv finds its columns by name, in any order and among others", async () => {
  const text = 'title,timestamp,rating,item_id,user_id\n"One, ""two""\nthree",7,4,i,u\nplain,8,2,j,u\n';
  const expected: Row[] = [
    ["u", "i", 4, 7],
    ["u", "j", 2, 8],
  ];
  assert.equal(rowsOf(await readCsv(folder.write("default.csv", text))), expected);
  const tabs = "who\twhat\twhen\tlong_view\nu\ti\t7\t4\nu\tj\t8\t2\n";
  const columns = { user: "who", item: "what", timestamp: "when", feedback: "long_view" };
  assert.equal(rowsOf(await readCsv(folder.write("tabs.tsv", tabs), { columns, delimiter: "\t" })), expected);
});

test("whatever is written as CSV is read back, in every encoding of the same rows", async () => {
  const id = fc.string({ minLength: 1, unit: fc.constantFrom("a", "é", "𝄞", ",", '"', "\n", " ", "7") });
  const arbitraryRow = fc.tuple(
    id.filter((text) => text.trim() !== ""),
    id.filter((text) => text.trim() !== ""),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
  );
  const quote = (text: string | number) => `"${String(text).replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(
      fc.array(arbitraryRow, { minLength: 1, maxLength: 20 }),
      fc.constantFrom("\n", "\r\n"),
      fc.boolean(),
      async (rows, lineEnd, gzipped) => {
        const lines = ["user_id,item_id,rating,timestamp", ...rows.map((row) => row.map(quote).join(","))];
        const text = lines.map((line) => line + lineEnd).join("");
        const file = folder.write("property.csv", gzipped ? gzipSync(text) : text);
        // Names are the same with blanks around them and without.
        const named = rows.map(([user, item, feedback, time]): Row => [user.trim(), item.trim(), feedback, time]);
        assert.equal(rowsOf(await readCsv(file)), rowsOf(logOf(named)));
      },
    ),
    { numRuns: 60 },
  );
});

test("records that lie across two chunks of the file are whole", async () => {
  const rows = Array.from({ length: 30_000 }, (_, n): Row => [`user-é${n % 7}`, `item-${n % 1000}`, n % 5, n]);
  const text = rows.map((row) => `${row.join("::")}\r\n`).join("");
  assert.ok(Buffer.byteLength(text) > 3 * 2 ** 18, "the file is longer than three chunks");
  assert.equal(rowsOf(await readMovieLens(folder.write("long.dat", text))), rowsOf(logOf(rows)));
});

/** What went wrong, with the folder's path cut off the message. */
async function failure(reading: Promise<unknown>): Promise<{ line: number | undefined; message: string }> {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DataError)) throw new Error(`expected a DataError, got ${error}`);
  assert.ok(error.message.startsWith(error.file), error.message);
  return { line: error.line, message: error.message.replace(`${folder.path}/`, "") };
}

const EXPECTED = "expected user::item::rating::timestamp";

for (const [what, row, problem] of [
  ["text for a timestamp", "1::2::3::abc", `timestamp "abc" is no time; times are ${TIME_FORMS}`],
  ["a blank rating", "1::2:: ::4", 'rating " " is not a number'],
  ["NaN for a rating", "1::2::NaN::4", 'rating "NaN" is not a number'],
  ["an infinite rating", "1::2::-Infinity::4", 'rating "-Infinity" is not finite'],
  ["a number too large for f64", "1::2::3::1e999", `timestamp "1e999" is no time; times are ${TIME_FORMS}`],
  ["an empty user", "::2::3::4", "user is empty"],
  ["an empty item", "1:: ::3::4", "item is empty"],
  ["too few columns", "1::2::3", "3 columns instead of 4"],
  ["another format's row", "1,2,3,4", "1 column instead of 4"],
  ["too many columns", "1::2::3::4::5", "5 columns instead of 4"],
]) {
  test(`${what} is an error that names file and line`, async () => {
    const file = folder.write("ratings.dat", `${RATINGS}\r\n${row}\n${RATINGS}`);
    const error = await failure(readMovieLens(file));
    assert.equal(error, { line: 5, message: `ratings.dat:5: ${problem}; ${EXPECTED}` });
  });
}

test("the line of an error counts blank lines and line breaks inside quotes", async () => {
  const text = 'user_id,item_id,rating,timestamp\n\n"a\n\nb",i,1,2\r\nu,"i\r\nj",1,2\nu,i,x,2\n';
  const error = await failure(readCsv(folder.write("lines.csv", text)));
  assert.equal(error, {
    line: 8,
    message: 'lines.csv:8: rating "x" is not a number; expected user_id,item_id,rating,timestamp',
  });
});

test("a file that is not there and an empty one are told apart", async () => {
  const missing = await failure(readMovieLens(join(folder.path, "missing.dat")));
  assert.equal(missing, { line: undefined, message: "missing.dat: there is no such file" });
  const empty = await failure(readMovieLens(folder.write("empty.dat", "")));
  assert.equal(empty, { line: undefined, message: "empty.dat: the file is empty" });
});

test("files without a single interaction are errors", async () => {
  const blank = await failure(readMovieLens(folder.write("blank.dat", "\n\n")));
  assert.equal(blank.message, "blank.dat: no interactions; expected lines of user::item::rating::timestamp");
  const packed = await failure(readMovieLens(folder.write("nothing.gz", gzipSync(""))));
  assert.match(packed.message, /^nothing\.gz: no interactions/);
  const header = await failure(readCsv(folder.write("header.csv", "user_id,item_id,rating,timestamp\n")));
  assert.equal(header.message, "header.csv: no interactions; expected lines of user_id,item_id,rating,timestamp");
});

test("gzip data that is cut short or changed is an error", async () => {
  const packed = gzipSync(RATINGS.repeat(1000));
  const short = await failure(readMovieLens(folder.write("short.gz", packed.subarray(0, packed.length / 2))));
  assert.match(short.message, /^short\.gz: broken gzip data \(unexpected end of file\); fetch or compress/);
  packed[packed.length - 8] ^= 0xff;
  const changed = await failure(readMovieLens(folder.write("changed.gz", packed)));
  assert.match(changed.message, /^changed\.gz: broken gzip data \(incorrect data check\)/);
});

test("stray and unclosed quotes are errors at their line", async () => {
  const header = "user_id,item_id,rating,timestamp\n";
  const read = (rows: string) => failure(readCsv(folder.write("quotes.csv", `${header}u,i,1,2\n${rows}`)));
  const inside = "quotes.csv:3: a quote inside a field; quote the whole field and double the quotes in it";
  assert.equal(await read('a"b,i,1,2\n'), { line: 3, message: inside });
  assert.equal(await read('"a"b,i,1,2\n'), { line: 3, message: inside });
  const unclosed = "quotes.csv:3: a quote opened in this record is never closed";
  assert.equal(await read('"a,i,1,2\nu,i,1,2\n'), { line: 3, message: unclosed });
  const long = await read(`"a,i,1,2\n${"u,i,1,2\n".repeat(2 ** 18)}`);
  assert.match(long.message, /^quotes\.csv:3: a record of more than 1048576 bytes; expected lines of text/);
});

test("a column that the header lacks is an error with the header and the nearest free name", async () => {
  const read = (text: string, options = {}) => failure(readCsv(folder.write("names.csv", text), options));
  const rows = "1,2,3,4\n";
  assert.equal(await read(`user_id,item_id,Ratings,timestamp\n${rows}`), {
    line: 1,
    message:
      'names.csv:1: there is no column "rating" for the feedback; the header has ' +
      'user_id, item_id, Ratings, timestamp; did you mean "Ratings"?',
  });
  const columns = { user: "userid" };
  const user = await read(`item_id,user_id,rating,timestamp\n${rows}`, { columns });
  assert.match(user.message, /no column "userid" for the user; .*; did you mean "user_id"\?$/);
  const delimiter = await read("user_id;item_id;rating;timestamp\n1;2;3;4\n");
  assert.match(delimiter.message, /the header has user_id;item_id;rating;timestamp: is the delimiter right\?$/);
});

test("a file without a header, or with a column named twice, is an error", async () => {
  const none = await failure(readCsv(folder.write("none.csv", "1,1193,5,978300760\n")));
  assert.equal(none, {
    line: 1,
    message:
      "none.csv:1: no header: the first line is 1,1193,5,978300760; " +
      "expected names such as user_id,item_id,rating,timestamp, or columns by their numbers, such as " +
      "user=1,item=2,feedback=3,timestamp=4",
  });
  const twice = await failure(readCsv(folder.write("twice.csv", "user_id,item_id,rating,rating,timestamp\n")));
  assert.match(twice.message, /^twice\.csv:1: the header names the column "rating" twice/);
});

test("a CSV row that does not fit the header is an error", async () => {
  const text = "user_id,item_id,rating,timestamp\nu,i,1,2\nu,i,1\n";
  const error = await failure(readCsv(folder.write("fit.csv", text)));
  const message = "fit.csv:3: 3 columns instead of 4; expected user_id,item_id,rating,timestamp";
  assert.equal(error, { line: 3, message });
});

test.run();
