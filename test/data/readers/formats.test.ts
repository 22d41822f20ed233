/** Logs as they are found: without a header, with any delimiter, without feedback or times, with words for feedback. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cutLog } from "../../../src/data/cut-log.ts";
import { nameOfLog } from "../../../src/data/readers/input-files.ts";
import { readInteractions } from "../../../src/data/readers/read-interactions.ts";
import { formatPreparation } from "../../../src/data/report/format-data-report.ts";
import type { LogFormat, ReadingOptions } from "../../../src/data/settings.ts";
import { refusal, rowsOf, TemporaryFolder } from "../logs.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

interface Sample extends ReadingOptions {
  readonly format: LogFormat;
  readonly text: string | Uint8Array;
}

const read = ({ text, ...source }: Sample) => readInteractions({ ...source, file: folder.write("log", text) });
const rows = async (sample: Sample) => rowsOf(await read(sample));
const problem = (sample: Sample) => refusal(read(sample), folder);

const NUMBERS = { user: 1, item: 2, feedback: 3, timestamp: 4 } as const;

for (const [what, format, delimiter, text] of [
  ["tabs", "tsv", undefined, "196\t242\t3\t881250949\n186\t302\t3.5\t891717742\n"],
  ["commas", "csv", undefined, "196,242,3,881250949\n186,302,3.5,891717742\n"],
  ["|", "csv", "|", "196|242|3|881250949\n186|302|3.5|891717742\n"],
  ["two characters", "csv", "||", "196||242||3||881250949\n186||302||3.5||891717742\n"],
  ["blanks and tabs", "csv", "whitespace", "  196 242\t 3  881250949 \n186\t302 3.5 891717742\n"],
] as const) {
  test(`a log without a header and with ${what} between its fields is read by the numbers of its columns`, async () => {
    const sample = { format, text, columns: NUMBERS, ...(delimiter && { delimiter }) };
    assert.equal(await rows(sample), [
      ["196", "242", 3, 881250949],
      ["186", "302", 3.5, 891717742],
    ]);
    const [first] = text.split("\n");
    const between = delimiter === "whitespace" ? " " : (delimiter ?? (format === "tsv" ? "\t" : ","));
    const broken = `${first}\n${["1", "2", "x", "4"].join(between)}\n`;
    const expected = ["user", "item", "feedback", "timestamp"].join(between);
    assert.is(await problem({ ...sample, text: broken }), `log:2: feedback "x" is not a number; expected ${expected}`);
  });
}

test("what a log without a header is not said to have, it has not", async () => {
  const log = await read({ format: "csv", columns: { user: 2, item: 1 }, text: "b,u,9\na,u,8\n" });
  assert.equal(rowsOf(log), [
    ["u", "b", 1, 0],
    ["u", "a", 1, 1],
  ]);
  assert.equal(log.lacks, ["feedback", "timestamp"]);
});

test("the first record of a log without a header tells how many columns there are", async () => {
  const sample = { format: "csv", columns: { user: 1, item: 3 } } as const;
  assert.is(
    await problem({ ...sample, text: "u,i\n" }),
    "log:1: there is no column 3 for the item; the first line has 2 columns",
  );
  assert.is(await problem({ ...sample, text: "u,0,i\nu,i\n" }), "log:2: 2 columns instead of 3; expected user,-,item");
});

test("in a log with a header a number is the column of that name, or else of that number", async () => {
  const columns = { user: 2, item: 1, feedback: "none", timestamp: "none" } as const;
  const named = await read({ format: "csv", header: true, columns, text: "2,1\nu,i\n" });
  assert.equal([named.userIds, named.itemIds], [["u"], ["i"]]);
  const counted = await read({ format: "csv", columns: { ...columns, user: "who" }, text: "what,who\ni,u\n" });
  assert.equal([counted.userIds, counted.itemIds], [["u"], ["i"]]);
});

test("words of the feedback count what they are said to, and any other word is named", async () => {
  const text = "user_id,item_id,event,timestamp\nu,a,view,1\nu,b, purchase,2\nu,c,refund,3\n";
  const sample = {
    format: "csv",
    columns: { feedback: "event" },
    feedbackValues: { view: 1, cart: 3, purchase: 5 },
    text,
  } as const;
  assert.is(
    await problem(sample),
    'log:4: event "refund" is none of view, cart, purchase; add it to feedbackValues, or say with otherFeedback what ' +
      "all others count; expected user_id,item_id,event,timestamp",
  );
  assert.equal(
    (await rows({ ...sample, otherFeedback: 0 })).map(([, item, feedback]) => [item, feedback]),
    [
      ["a", 1],
      ["b", 5],
      ["c", 0],
    ],
  );
});

test("truth values, decimal commas and texts that stand for nothing", async () => {
  const header = "user_id,item_id,rating,timestamp,list,place\n";
  const columns = { list: "list", position: "place" };
  const log = await read({
    format: "csv",
    columns,
    text: `${header}u,a,true,1,l,1\nu,b,False,1,l,NULL\nu,c,TRUE,1,\\N,NA\n`,
  });
  assert.equal([...log.feedback], [1, 0, 1]);
  assert.equal([...(log.positions ?? [])], [0, -1, 0]);
  assert.equal([...(log.listNumbers ?? [])], [0, 0, -1]);
  const decimal = { format: "csv", delimiter: ";", decimal: ",", columns: NUMBERS } as const;
  assert.equal(await rows({ ...decimal, text: "u;i;1,5;2,25\n" }), [["u", "i", 1.5, 2.25]]);
  assert.match(await problem({ ...decimal, text: "u;i;1.5;2\n" }), /^log:1: feedback "1\.5" is not a number/);
  const blank = { format: "csv", columns: NUMBERS, text: "NA,i,1,2\n" } as const;
  assert.match(await problem(blank), /^log:1: user "NA" stands for nothing \(blanks\)/);
  assert.equal((await read({ ...blank, blanks: ["-"] })).userIds, ["NA"]);
});

test("digits of other bases are no numbers", async () => {
  for (const number of ["0x10", "0b1", "0o7", "-0x10"]) {
    const text = `u,i,${number},2\n`;
    assert.match(await problem({ format: "csv", columns: NUMBERS, text }), new RegExp(`feedback "${number}" is not a`));
  }
});

test("spaces around a name are no part of it", async () => {
  const log = await read({ format: "csv", text: "user_id,item_id,rating,timestamp\n u,i ,1,2\nu , i,1,3\n" });
  assert.equal([log.userIds, log.itemIds], [["u"], ["i"]]);
});

test("a log without users is of as many as it has lists, and rows without one", async () => {
  const columns = { user: "none", list: "request" } as const;
  const text = "item_id,rating,timestamp,request\na,1,1,r\nb,0,1,r\na,1,2,\n";
  const log = await read({ format: "csv", columns, text });
  assert.equal([log.userIds, log.lacks], [["r", "#3"], ["user"]]);
});

test("chances at which items were shown are kept with their rows", async () => {
  const columns = { ...NUMBERS, propensity: 5 };
  const log = await read({ format: "csv", columns, text: "u,b,1,2,0.25\nu,a,1,1,1\n" });
  assert.equal([...(log.propensities ?? [])], [1, 0.25]);
  for (const chance of ["0", "-0.1", "1.5"]) {
    assert.is(
      await problem({ format: "csv", columns, text: `u,b,1,2,${chance}\n` }),
      `log:1: propensity "${chance}" is no chance over 0 and at most 1; expected user,item,feedback,timestamp,propensity`,
    );
  }
});

test("a folder of part files is one log, in the order of their names", async () => {
  const parts = join(folder.path, "parts");
  mkdirSync(parts);
  const header = "user_id,item_id,rating,timestamp\n";
  writeFileSync(join(parts, "part-00001.csv.gz"), gzipSync(`${header}u,b,1,2\n`));
  writeFileSync(join(parts, "part-00000.csv.gz"), gzipSync(`${header}u,a,1,2\n`));
  writeFileSync(join(parts, "part-00002.csv"), "");
  writeFileSync(join(parts, "_SUCCESS"), "");
  writeFileSync(join(parts, ".part-00000.csv.gz.crc"), "x");
  for (const file of [
    parts,
    join(parts, "part-*.csv*"),
    join(folder.path, "p?rts", "*.gz"),
    join(folder.path, "par*"),
  ]) {
    assert.equal((await readInteractions({ format: "csv", file })).itemIds, ["a", "b"], file);
  }
  writeFileSync(join(parts, "part-00003.csv"), `${header}u,a,x,2\n`);
  const message = await refusal(readInteractions({ format: "csv", file: parts }), folder);
  assert.match(message, /^parts\/part-00003\.csv:2: rating "x" is not a number/);
  mkdirSync(join(parts, "day=1"));
  assert.is(
    await refusal(readInteractions({ format: "csv", file: parts }), folder),
    'parts: there are folders in it, such as "day=1"; name the files, as in parts/*/*',
  );
  const none = await refusal(readInteractions({ format: "csv", file: join(parts, "*.tsv") }), folder);
  assert.is(none, "parts/*.tsv: no file has such a name");
});

test("files are named after a log without its folders, endings and pattern", () => {
  for (const [path, name] of [
    ["ml-1m/ratings.dat", "ratings"],
    ["events.csv.gz", "events"],
    ["/data/log.jsonl.zst", "log"],
    ["events/part-*.csv.gz", "events"],
    ["orders.csv/", "orders"],
    ["*.csv", "log"],
    ["../*/day-?.csv", "log"],
  ]) {
    assert.is(nameOfLog(path), name);
  }
});

test("what a log does not have, and what its chances tell, is in the report", async () => {
  const columns = { user: 1, item: 2, propensity: 3 };
  const rows = Array.from({ length: 600 }, (_, n) => ({ user: n % 10, item: Math.floor(n / 10) % 20 }));
  const text = rows.map(({ user, item }) => `${user},${item},${item < 10 ? 0.08 : 0.02}\n`).join("");
  const log = await read({ format: "csv", columns, text });
  const lines = formatPreparation(cutLog(log, { core: 1, positiveThreshold: 1, maxUserShare: 1 }).counts).split("\n");
  assert.equal(lines.slice(1, 4), [
    "the log has no feedback: every interaction counts 1",
    "the log has no times: rows are in the order of the file",
    "by its propensities, items at random would earn 1.56250 of feedback each, self-normalised 1.00000 +- 0.00000 " +
      "(441.2 of 600 rows count, mean weight 1.56)",
  ]);
  const rare = await read({ format: "csv", columns, text: text.replace("0.08", "0.000001") });
  assert.match(
    formatPreparation(cutLog(rare, { core: 1, positiveThreshold: 1, maxUserShare: 1 }).counts),
    /^by its propensities the log cannot tell what items at random would earn: 1\.0 of 600 rows count, the smallest/m,
  );
});

test("a log without users is told how it can be cut", async () => {
  const columns = { user: "none", item: 1, list: 2 } as const;
  const log = await read({ format: "csv", columns, text: "a,r\nb,r\na,s\n" });
  assert.throws(() => cutLog(log, { core: 1, listLength: 2 }), /it has no users, .* \(--core 1 --split global-time\)$/);
});

test.run();
