/** The first rows of logs of every format, which are read as whole logs are. */
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readHead } from "../../../src/data/readers/head.ts";
import { readInteractions } from "../../../src/data/readers/read-interactions.ts";
import { refusal, TemporaryFolder } from "../logs.ts";
import { parquetLog, withFooter } from "../parquet-files.ts";

const test = suite("the head of a log");
const folder = new TemporaryFolder();
test.after(() => folder.remove());

const HEADER = "user_id,item_id,rating,timestamp\n";
const rows = (count: number) => Array.from({ length: count }, (_, n) => `u${n},i${n},${n % 5},${n}\n`).join("");

test("as many rows as are asked for, and whether there are more", async () => {
  const file = folder.write("log.csv", HEADER + rows(3));
  for (const [count, isWhole] of [
    [2, false],
    [3, true],
    [4, true],
  ] as const) {
    const head = await readHead(file, count);
    assert.is(head.rows.length, Math.min(count, 3));
    assert.is(head.isWhole, isWhole, `${count}`);
    assert.equal(head.rows[1], ["u1", "i1", "1", "1"]);
  }
});

test("what is wrong after the rows that are asked for is not met", async () => {
  const file = folder.write("late.csv", `${HEADER}${rows(5)}u9,"i"9,3,4\n`);
  assert.is((await readHead(file, 3)).rows.length, 3);
  assert.match(await refusal(readHead(file, 10), folder), /^late\.csv:7: a quote inside a field/);
});

test("text in UTF-8 with a mark, in UTF-16 and gzipped is what the reader of logs makes of it", async () => {
  const text = `\uFEFF${HEADER}"bÖb","a,b",3,7\n`;
  const files = [
    folder.write("utf-8.csv", text),
    folder.write("utf-16.csv", Buffer.from(text, "utf16le")),
    folder.write("packed", gzipSync(Buffer.from(text, "utf16le"))),
  ];
  for (const file of files) {
    const { format, delimiter, columns, rows } = await readHead(file, 10);
    assert.equal({ format, delimiter }, { format: "csv", delimiter: "," }, file);
    assert.equal(columns, ["user_id", "item_id", "rating", "timestamp"]);
    assert.equal(rows, [["bÖb", "a,b", "3", "7"]]);
    assert.equal((await readInteractions({ format: "csv", file })).itemIds, ["a,b"]);
  }
});

test("between tabs a quote is part of the text, unless a field begins with one", async () => {
  const header = HEADER.replaceAll(",", "\t");
  const plain = await readHead(folder.write("plain.tsv", `${header}u\t12" vinyl\t3\t7\n`), 10);
  assert.is(plain.format, "tsv");
  assert.is(plain.rows[0][1], '12" vinyl');
  const quoted = await readHead(folder.write("quoted.tsv", `${header}u\t"12"" vinyl"\t3\t7\n`), 10);
  assert.equal([quoted.format, quoted.delimiter, quoted.rows[0][1]], ["csv", "\t", '12" vinyl']);
});

test("the first rows of Parquet, over several row groups: times in seconds, truth values as numbers", async () => {
  const data = Array.from({ length: 7 }, (_, n) => new Date(1000 * n));
  const file = folder.write(
    "log.parquet",
    parquetLog(
      {
        user_id: { name: "user_id", data: data.map((_, n) => `u${n}`), type: "STRING" },
        item_id: { name: "item_id", data: data.map((_, n) => n), type: "INT32" },
        rating: { name: "rating", data: data.map((_, n) => n % 2 === 0), type: "BOOLEAN" },
        timestamp: { name: "timestamp", data, type: "TIMESTAMP" },
      },
      { rowGroupSize: 3 },
    ),
  );
  const head = await readHead(file, 5);
  assert.is(head.isWhole, false);
  assert.equal(head.rows.map((row) => row.join()).slice(-2), ["u3,3,0,3", "u4,4,1,4"]);
  assert.is((await readHead(file, 7)).isWhole, true);
});

test("a Parquet file that says what cannot be is refused as the reader of logs refuses it", async () => {
  const lying = withFooter(parquetLog(), (metadata) => {
    metadata.num_rows = 2n ** 40n;
    metadata.row_groups[0].num_rows = 2n ** 40n;
  });
  const file = folder.write("lying.parquet", lying);
  const message = await refusal(readHead(file, 10), folder);
  assert.match(message, /^lying\.parquet: this is not a Parquet file/);
  assert.is(message, await refusal(readInteractions({ format: "parquet", file }), folder));
});

test.run();
