/** Queries out of svmlight: what each line may hold, how documents are grouped, and what is refused, with its line. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readLetor } from "../../../src/data/queries/read-letor.ts";

const test = suite("letor files");

const folder = mkdtempSync(join(tmpdir(), "goalrank-letor-"));
test.after(() => rmSync(folder, { recursive: true }));

function written(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function problemOf(content: string, name = "wrong.txt"): Promise<string> {
  const path = written(name, content);
  try {
    await readLetor(path);
  } catch (error) {
    return (error as Error).message.replaceAll(`${folder}/`, "");
  }
  return "none";
}

test("grades, queries and sparse features; comments and blank lines are passed over", async () => {
  const text = "2 qid:7 1:0.5 4:-2e-1 # GX-12\n\n0 qid:7 3:1\n# a comment alone\n1\tqid:b  2:3\n";
  const { table, queryFile, unknownValues } = await readLetor(written("plain.txt", text));
  assert.equal(table.names, ["7", "b"]);
  assert.equal(table.offsets, Int32Array.of(0, 2, 3));
  assert.equal(table.grades, Int32Array.of(2, 0, 1));
  assert.equal(table.candidateFeatures?.names, ["1", "2", "3", "4"]);
  assert.equal(table.candidateFeatures?.data, Float32Array.of(0.5, 0, 0, -0.2, 0, 0, 1, 0, 0, 3, 0, 0));
  assert.equal([queryFile, unknownValues, table.items, table.scores], [undefined, 0, undefined, undefined]);
});

test("a gzipped file without qid takes the sizes of its queries from the file beside it, or the one that is named", async () => {
  const text = gzipSync("1 0:1\n0 0:2\n3 2:1\n");
  written("rank.query", "2\n1\n");
  const { table, queryFile } = await readLetor(written("rank.gz", text));
  assert.equal(
    [table.names, [...table.offsets]],
    [
      ["1", "2"],
      [0, 2, 3],
    ],
  );
  assert.equal(table.candidateFeatures?.names, ["0", "1", "2"], "numbered from 0 where there is a feature 0");
  assert.is(queryFile, join(folder, "rank.query"));
  const own = await readLetor(join(folder, "rank.gz"), { queryFile: written("sizes.txt", "1\n2\n") });
  assert.equal([...own.table.offsets], [0, 1, 3]);
});

test("validation and test are read with the features of training, and others are counted", async () => {
  const { table: like } = await readLetor(written("training.txt", "1 qid:1 1:1 2:2\n"));
  const { table, unknownValues } = await readLetor(written("test.txt", "0 qid:1 2:5 9:1\n"), { like });
  assert.equal(table.candidateFeatures?.data, Float32Array.of(0, 5));
  assert.is(unknownValues, 1);
});

test("what is wrong is said with file and line", async () => {
  const cases: [string, string][] = [
    ["1 qid:1 1:1\n1.5 qid:1 1:1\n", `wrong.txt:2: "1.5" is no grade; expected a whole number from 0 to 30`],
    ["-1 qid:1 1:1\n", `wrong.txt:1: "-1" is no grade; expected a whole number from 0 to 30`],
    ["31 qid:1 1:1\n", `wrong.txt:1: "31" is no grade; expected a whole number from 0 to 30`],
    ["1 qid:1 a:1\n", `wrong.txt:1: "a:1" is no feature; expected number:value, such as 4:0.25`],
    ["1 qid:1 1:0x10\n", `wrong.txt:1: "1:0x10" is no feature; expected number:value, such as 4:0.25`],
    ["1 qid:1 1:nan\n", `wrong.txt:1: "1:nan" is no feature; expected number:value, such as 4:0.25`],
    ["1 qid:1 1:1 1:2\n", "wrong.txt:1: feature 1 occurs twice"],
    ["1 qid:1 1:1e99\n", `wrong.txt:1: features: "1" must be a finite number, got 1e+99`],
    [
      "1 qid:1 100001:1\n",
      "wrong.txt:1: feature 100001 is over 100000: documents would take too much memory; number features from 1",
    ],
    [
      "1 qid:1 1:1\n1 qid:2 1:1\n1 qid:1 1:1\n",
      "wrong.txt:3: the documents of query 1 do not follow each other; sort them by query",
    ],
    ["1 qid:1 1:1\n1 1:1\n", "wrong.txt:2: there is no qid, as lines before have"],
    ["1 qid: 1:1\n", "wrong.txt:1: qid: names no query"],
    ["# nothing\n", "wrong.txt: there are no documents; expected lines of grade qid:Q 1:0.5"],
    [
      "1 1:1\n",
      "wrong.txt:1: there is no qid, and no file wrong.txt.query or wrong.txt.group with the number of documents of each " +
        "query; name one with queryFile (--query-file)",
    ],
  ];
  for (const [content, message] of cases) assert.is(await problemOf(content), message);
});

test("sizes of queries that do not fit the documents are refused", async () => {
  written("sized.txt.query", "1\n3\n");
  const problem = "sized.txt.query: the queries have 4 documents together, and sized.txt has 2; it is of another file";
  assert.is(await problemOf("1 1:1\n0 1:1\n", "sized.txt"), problem);
  written("sized.txt.query", "1\ntwo\n");
  const second = `sized.txt.query:2: "two" is no number of documents; expected a whole number from 1 on each line`;
  assert.is(await problemOf("1 1:1\n0 1:1\n", "sized.txt"), second);
});

test.run();
