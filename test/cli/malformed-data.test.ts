/** Data that is not what it should be ends every command with one line, exit code 2, and nothing left behind. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parquetLog } from "../data/parquet-files.ts";
import { goalrank } from "./command.ts";
import { smallRatings } from "./logs.ts";

const test = suite("malformed data");
const folder = mkdtempSync(join(tmpdir(), "goalrank-malformed-"));
test.after(() => rmSync(folder, { recursive: true }));

const HEADER = "user_id,item_id,rating,timestamp\n";
const LOG = `${HEADER}${smallRatings().join("\n")}\n`;
const packed = gzipSync(LOG);

/** Runs `prepare` on a file, and tells what it said last; the folder must hold the file and nothing else. */
async function prepared(name: string, content: string | Uint8Array, ...words: string[]): Promise<string> {
  const own = join(folder, `case ${readdirSync(folder).length}`);
  mkdirSync(own);
  writeFileSync(join(own, name), content);
  const { code, output, errors } = await goalrank(
    own,
    ...["prepare", "--data", name, "--prepared", "out.goalrank", ...words],
  );
  const problems = errors.split("\n").filter((line) => !line.startsWith("device: "));
  assert.is(code, 2, errors);
  assert.is(output, "");
  assert.is(problems.length, 1, errors);
  assert.equal(readdirSync(own), [name]);
  return problems[0];
}

for (const [what, name, content, problem] of [
  ["text for a number", "log.csv", `${HEADER}u,i,good,2\n`, /^error: log\.csv:2: rating "good" is not a number/],
  ["half a line", "log.csv", LOG.slice(0, -12), /^error: log\.csv:1441: \d columns instead of 4; expected user_id/],
  ["a missing column", "log.csv", LOG.replace("rating", "stars"), /^error: log\.csv:1: .*did you mean "stars"\?$/],
  ["an empty file", "log.csv", "", /^error: log\.csv: the file is empty$/],
  ["a header alone", "log.tsv", HEADER.replaceAll(",", "\t"), /^error: log\.tsv: no interactions; expected lines/],
  ["gzip cut short", "log.csv.gz", packed.subarray(0, 900), /^error: log\.csv\.gz: broken gzip data \(unexpected/],
  ["no Parquet", "log.parquet", LOG, /^error: log\.parquet: this is not a Parquet file, or its end is missing/],
  ["half a Parquet file", "log.parquet", parquetLog().subarray(0, 300), /^error: log\.parquet: this is not/],
  [
    "one user",
    "log.csv",
    LOG.replaceAll(/^u\d+/gm, "u0"),
    /^error: .*1 of 1 users have met nearly all items; use maxUserShare 1/,
  ],
  ["one item", "log.csv", LOG.replaceAll(/,i\d+,/g, ",i0,"), /^error: .*no training list is left of 1440/],
] as const) {
  test(`${what} is one line and exit code 2, and nothing is left of the prepared file`, async () => {
    assert.match(await prepared(name, content), problem);
  });
}

test("a damaged prepared file and a damaged ranker are one line and exit code 2", async () => {
  writeFileSync(join(folder, "log.csv"), LOG);
  const words = ["prepare", "--data", "log.csv", "--prepared", "log.goalrank", "--data.core", "5"];
  assert.is((await goalrank(folder, ...words)).code, 0);
  const file = join(folder, "log.goalrank");
  const whole = readFileSync(file);
  const lastLine = async (...command: string[]) => {
    const { code, errors } = await goalrank(folder, ...command);
    assert.is(code, 2, errors);
    return errors.split("\n").at(-1) ?? "";
  };
  for (const bytes of [whole.subarray(0, whole.length - 9), Buffer.from(whole).fill(0x41, 900, 901)]) {
    writeFileSync(file, bytes);
    assert.match(await lastLine(...words), /^error: log\.goalrank: .*; prepare the data again$/);
    assert.ok(readFileSync(file).equals(bytes), "what was there is left as it was");
  }
  writeFileSync(join(folder, "ranker.safetensors"), whole.subarray(0, 500));
  writeFileSync(join(folder, "requests.jsonl"), '{"candidates":["i1","i2"]}\n');
  assert.match(
    await lastLine("rank", "ranker.safetensors", "--in", "requests.jsonl"),
    /^error: .*ranker\.safetensors: ranker: the file is damaged, or was cut short/,
  );
});

test.run();
