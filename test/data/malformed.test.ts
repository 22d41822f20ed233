/** Logs in text that are not what they should be: one line says what is wrong, and where. */
import { chmodSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readFeatures } from "../../src/data/features/features.ts";
import type { InteractionLog } from "../../src/data/interactions.ts";
import { TIME_FORMS } from "../../src/data/readers/dates.ts";
import { withInputFile } from "../../src/data/readers/input-file.ts";
import { InteractionLogBuilder } from "../../src/data/readers/interaction-log-builder.ts";
import { cutFile, logOf, type Row, refusal, rowsOf, TemporaryFolder } from "./logs.ts";
import { readCsv, readMovieLens, readTsv } from "./read-logs.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

const HEADER = "user_id,item_id,rating,timestamp\n";
const EXPECTED = "expected user_id,item_id,rating,timestamp";
const NO_TIME = `is no time; times are ${TIME_FORMS}`;

function read(content: string | Uint8Array): Promise<InteractionLog> {
  return readCsv(folder.write("log.csv", content));
}

const refusalOf = (content: string | Uint8Array) => refusal(read(content), folder);

/** Bytes in which `text` stands for itself and a number for a byte. */
function bytes(...parts: readonly (string | number)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.of(part))));
}

for (const [what, row, problem] of [
  ["a missing user", ",i,1,2", "user_id is empty"],
  ["a missing item", "u,,1,2", "item_id is empty"],
  ["text for a number", "u,i,good,2", 'rating "good" is not a number'],
  ["a number with a unit", "u,i,1,2s", `timestamp "2s" ${NO_TIME}`],
  ["a day that does not exist", "u,i,1,2019-02-30", `timestamp "2019-02-30" ${NO_TIME}`],
  ["a date that no format is given for", "u,i,1,31/01/2019 08:30", `timestamp "31/01/2019 08:30" ${NO_TIME}`],
  ["a number in hexadecimal", "u,i,0x10,2", 'rating "0x10" is not a number'],
  ["a number in binary", "u,i,0b11,2", 'rating "0b11" is not a number'],
  ["a time in octal", "u,i,1,0o17", `timestamp "0o17" ${NO_TIME}`],
  ["a number with a comma", 'u,i,"1,5",2', 'rating "1,5" is not a number'],
  ["a rating beyond 32 bits", "u,i,1e39,2", "the feedback 1e+39 is larger than a number of 32 bits can be"],
  ["a line that was cut in half", "u,i", "2 columns instead of 4"],
  ["a field of many lines", 'u,i,"1\nor\n2",2', 'rating "1\\u000aor\\u000a2" is not a number'],
  ["a field of a megabyte", `u,i,${"9a".repeat(5e5)},2`, `rating "${"9a".repeat(40)}…" is not a number`],
]) {
  test(`${what} is refused in one line with file and line`, async () => {
    assert.is(await refusalOf(`${HEADER}u,i,1,2\n${row}`), `log.csv:3: ${problem}; ${EXPECTED}`);
  });
}

test("bytes that are no text are refused in names, where two could become one, and passed over elsewhere", async () => {
  const names = "holds bytes that are no text in UTF-8";
  const latin = bytes(`${HEADER}u,i,1,2\ncaf`, 0xe9, ",i,1,2\n");
  assert.is(await refusalOf(latin), `log.csv:3: user_id "caf\uFFFD" ${names}; ${EXPECTED}`);
  const nul = bytes(`${HEADER}u,i`, 0, ",1,2\n");
  assert.is(await refusalOf(nul), `log.csv:2: item_id "i\\u0000" ${names}; ${EXPECTED}`);
  const number = bytes(`${HEADER}u,i,1`, 0, ",2\n");
  assert.is(await refusalOf(number), `log.csv:2: rating "1\\u0000" is not a number; ${EXPECTED}`);
  const title = bytes("title,user_id,item_id,rating,timestamp\ncaf", 0xe9, 0, ",u,i,1,2\n");
  assert.equal(rowsOf(await read(title)), [["u", "i", 1, 2]]);
});

test("files without a log in them are told apart", async () => {
  assert.is(await refusalOf(""), "log.csv: the file is empty");
  assert.is(await refusalOf("\n\r\n\n"), `log.csv: no interactions; expected lines of ${EXPECTED.slice(9)}`);
  assert.is(await refusalOf(HEADER), `log.csv: no interactions; expected lines of ${EXPECTED.slice(9)}`);
  assert.match(await refusalOf("u,i,1,2\nu,i,1,2\n"), /^log\.csv:1: there is no column "user_id" for the user/);
  assert.match(await refusalOf(`${"x,".repeat(1e5)}\n`), /^log\.csv:1: .{1,800}…; did you mean "x"\?$/);
});

test("no permission, a device and a name that no file can have are errors", async () => {
  const file = folder.write("secret.csv", `${HEADER}u,i,1,2\n`);
  chmodSync(file, 0);
  // The superuser may read everything.
  if (process.getuid?.() !== 0) {
    assert.is(await refusal(readCsv(file), folder), "secret.csv: permission to read the file was denied");
  }
  chmodSync(file, 0o600);
  if (process.platform !== "win32") {
    assert.match(await refusal(readCsv("/dev/null"), folder), /^\/dev\/null: this is no regular file/);
  }
  const unnamed = await readCsv("a\0b").catch((error: Error) => error.message);
  assert.is(unnamed, "a\\u0000b: this is no name that a file can have");
  assert.match(await refusal(readCsv(`${file}/x`), folder), /: the file cannot be read \(ENOTDIR/);
});

for (const [what, change] of [
  ["grows", `${HEADER}u,i,1,2\nu,i,1`],
  ["is cut short", HEADER.slice(0, 20)],
]) {
  test(`a file that ${what} while it is read is an error, whatever was understood of it`, async () => {
    const file = folder.write("busy.csv", `${HEADER}u,i,1,2\n`);
    const problem = "busy.csv: the file changed while it was read; read it again once it is complete";
    for (const isUnderstood of [true, false]) {
      writeFileSync(file, `${HEADER}u,i,1,2\n`);
      const changing = withInputFile(file, async () => {
        writeFileSync(file, change);
        if (!isUnderstood) throw new Error("a consequence");
      });
      assert.is(await refusal(changing, folder), problem);
    }
  });
}

test("gzip that is no gzip, cut short or changed is an error at any byte", async () => {
  const whole = gzipSync(`${HEADER}${"user,item,1,2\n".repeat(500)}`);
  const rows = rowsOf(await read(whole)).length;
  assert.is(rows, 500);
  for (let length = 1; length < whole.length; length += 3) {
    const message = await refusalOf(whole.subarray(0, length));
    const isGzip = length >= 2;
    assert.match(message, isGzip ? /broken gzip data \(unexpected end of file\)/ : /there is no column/);
  }
  for (let place = 2; place < whole.length; place++) {
    const changed = Buffer.from(whole);
    changed[place] ^= 0x55;
    // The header's flags, time and system may be anything.
    const outcome = await read(changed).catch(() => undefined);
    if (outcome === undefined) assert.match(await refusalOf(changed), /broken gzip data|^log\.csv:\d+: /);
    else assert.ok(place < 10 && rowsOf(outcome).length === rows, `byte ${place}`);
  }
});

test("quotes that never close are an error at the line where they open", async () => {
  const text = `${HEADER}u,"a\nb",1,2\n\nu,"i,1,2\n${"u,i,1,2\n".repeat(100)}`;
  assert.is(await refusalOf(text), "log.csv:5: a quote opened in this record is never closed");
  assert.match(await refusalOf(`${text}${"u,i,1,2\n".repeat(2 ** 18)}`), /^log\.csv:5: a record of more than/);
  assert.match(await refusalOf(`${HEADER}u,"i"x,1,2\n`), /^log\.csv:2: a quote inside a field/);
});

const LINES: readonly (readonly [what: string, line: Buffer])[] = [
  ["letters", Buffer.alloc(1 << 24, "x")],
  ["delimiters", Buffer.alloc(1 << 24, ",")],
  ["quotes", Buffer.alloc(1 << 24, '"')],
  ["NULs", Buffer.alloc(1 << 24)],
];
for (const [what, line] of LINES) {
  test(`a line of 16 million ${what} is an error at its line, plain and gzipped`, async () => {
    const text = Buffer.concat([Buffer.from(`${HEADER}u,i,1,2\n`), line, Buffer.from("\nu,i,1,2\n")]);
    const problem = /^log\.csv:3: a record of more than 1048576 bytes; expected lines of text/;
    assert.match(await refusalOf(text), problem);
    assert.match(await refusalOf(gzipSync(text)), problem);
  });
}

test("a gzip file of a gigabyte of one line is refused in little memory", async () => {
  const zeros = gzipSync(Buffer.alloc(1 << 24, ","));
  const bomb = Buffer.concat([gzipSync(HEADER), ...Array.from({ length: 64 }, () => zeros)]);
  assert.ok(bomb.length < 1 << 21);
  const file = folder.write("bomb.gz", bomb);
  const before = process.memoryUsage().rss;
  assert.match(await refusal(readCsv(file), folder), /^bomb\.gz:2: a record of more than 1048576 bytes/);
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 1 << 28, `${grown} bytes`);
});

test("what is no mistake is read: other line ends, marks, blank lines, any order, no last line end", async () => {
  const expected: Row[] = [
    ["u", "i", 1, 2],
    ["u", "j", 1, 3],
  ];
  for (const text of [
    `\uFEFF${HEADER}u,j,1,3\nu,i,1,2\n`,
    `${HEADER}u,j,1,3\nu,i,1,2\n`.replaceAll("\n", "\r\n"),
    `${HEADER}u,j,1,3\nu,i,1,2\n`.replaceAll("\n", "\r"),
    `\n\n${HEADER}\n\nu,i,1,2\n\r\nu,j,1,3`,
    `${HEADER}u , i ,1,2\n`.replace("u , i ", "u,i").replace("1,2", " 1 ,\t2"),
  ]) {
    const log = await read(text);
    assert.equal(rowsOf(log), expected.slice(0, log.users.length), JSON.stringify(text));
  }
});

test("rows that are written twice are read twice and counted", async () => {
  const rows = Array.from({ length: 40 }, (_, n) => `u,i${n},5,${n}\n`).join("");
  const file = folder.write("twice.csv", `${HEADER}${rows}u,i7,5,7\nu,i7,4,7\nu,i7,5,7\nu,i7,5,8\n`);
  const { counts, log } = await cutFile({ format: "csv", file }, { core: 1, listLength: 4, maxUserShare: 1 });
  assert.is(log.users.length, 44);
  // Those of user, item and time, whatever the feedback.
  assert.is(counts.read.repeated, 3);
  const once = await cutFile(
    { format: "csv", file: folder.write("once.csv", `${HEADER}${rows}`) },
    { core: 1, listLength: 4, maxUserShare: 1 },
  );
  assert.not.ok("repeated" in once.counts.read);
});

test("tables of features are refused as logs are", async () => {
  const refused = (text: string | Uint8Array, ids = ["a", "b"]) => {
    const file = folder.write("films.csv", text);
    const multiple = [{ column: "genres", separator: "|" }];
    return refusal(readFeatures({ file, key: "id", numeric: ["year"], multiple }, ids), folder);
  };
  const header = "id,year,genres\n";
  assert.is(await refused(""), "films.csv: the file is empty");
  assert.is(await refused("id,genres\na,x\n"), 'films.csv:1: there is no column "year"; the columns are id, genres');
  assert.is(await refused(`${header}a,1950,x\nb,1951\n`), "films.csv:3: 2 columns instead of 3");
  assert.is(await refused(`${header}a,long ago,x\n`), 'films.csv:2: year "long ago" is not a finite number');
  assert.is(await refused(`${header}a,1e39,x\n`), 'films.csv:2: year "1e39" is not a finite number');
  assert.is(await refused(`${header}a,1,x\na,1,x\n`), 'films.csv:3: "a" occurs twice in the column "id"');
  const names = "holds bytes that are no text in UTF-8; set the encoding to latin1 if it is that";
  const latin = bytes(`${header}a,1,caf`, 0xe9, "|x\n");
  assert.ok((await refused(latin)).startsWith(`films.csv:2: genres "caf\uFFFD|x" ${names}`));
  assert.ok((await refused(bytes(`${header}a`, 0, ",1,x\n"))).startsWith(`films.csv:2: id "a\\u0000" ${names}`));
  const many = Array.from({ length: 1001 }, (_, n) => n).join("|");
  assert.is(
    await refused(`${header}a,1,${many}\n`),
    "films.csv:2: genres has 1001 categories; at most 1000 are allowed",
  );
});

test("MovieLens files and tab-separated values are refused in the same words", async () => {
  const ratings = folder.write("ratings.dat", bytes("1::2::3::4\n1::", 0xff, "::3::4\n"));
  assert.match(await refusal(readMovieLens(ratings), folder), /^ratings\.dat:2: item "\uFFFD" holds bytes/);
  const tabs = folder.write("log.tsv", "user_id\titem_id\trating\ttimestamp\nu\ti\t1\t\n");
  assert.match(await refusal(readTsv(tabs), folder), /^log\.tsv:2: timestamp is empty/);
});

test("a builder refuses what a log cannot hold", () => {
  const builder = new InteractionLogBuilder();
  for (const [feedback, timestamp] of [
    [Number.NaN, 0],
    [1e39, 0],
    [0, Number.POSITIVE_INFINITY],
  ]) {
    assert.throws(() => builder.add("u", "i", feedback, timestamp), /must be finite/);
  }
  builder.add("u", "i", 3.4e38, 1e308);
  assert.equal(rowsOf(builder.build()), rowsOf(logOf([["u", "i", 3.4e38, 1e308]])));
});

test.run();
