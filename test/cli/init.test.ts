/** `goalrank init`: what is made of the first rows of logs of all kinds. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteFile } from "hyparquet-writer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readConfigurationFile } from "../../src/cli/configuration/configuration-file.ts";
import type { Configuration } from "../../src/cli/configuration/configuration-schema.ts";
import { resolveConfiguration } from "../../src/cli/configuration/resolve-configuration.ts";
import { guessThreshold } from "../../src/cli/init/guess-threshold.ts";
import { goalrank } from "./command.ts";
import { smallRatings } from "./logs.ts";

const test = suite("goalrank init");
const folder = mkdtempSync(join(tmpdir(), "goalrank-init-"));
test.after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

/** What is written for the log. */
async function initialise(log: string): Promise<Configuration["data"]> {
  const { code, errors } = await goalrank(folder, "init", log, "--force");
  assert.is(code, 0, errors);
  return resolveConfiguration([readConfigurationFile(join(folder, "goalrank.yaml"))]).data;
}

test("a CSV file: columns by their names, the threshold by the values", async () => {
  const log = file("stars.csv", "userId,movieId,rating,timestamp\n1,296,5.0,1147880044\n1,306,3.5,1147868817\n");
  const data = await initialise(log);
  assert.is(data.format, "csv");
  assert.equal(data.columns, { user: "userId", item: "movieId", feedback: "rating", timestamp: "timestamp" });
  assert.is(data.positiveThreshold, 4);
});

test("semicolons, quotes and a byte order mark; columns in any order, among others", async () => {
  const rows = ['"2";"a;b";"0";1700000000;"x"', '"3";"c";"1";1700000050;"y"'];
  const log = file("clicks.csv.gz", gzipSync(`\uFEFFvisitor_id;sku;clicked;ts;page\n${rows.join("\n")}\n`));
  const data = await initialise(log);
  assert.is(data.delimiter, ";");
  assert.equal(data.columns, { user: "visitor_id", item: "sku", feedback: "clicked", timestamp: "ts" });
  assert.is(data.positiveThreshold, 1);
});

test("dates are times, and a table of titles is read in the encoding that it has", async () => {
  file("movies.csv", Buffer.from("movieId,title\n296,Amélie\n", "latin1"));
  const log = file("dates.csv", "userId,movieId,rating,watched\n1,296,5,2026-01-31\n1,306,3,2026-02-01\n");
  const data = await initialise(log);
  assert.is(data.columns.timestamp, "watched");
  assert.is(data.itemFeatures?.encoding, "latin1");
  assert.is(data.itemFeatures?.title, "title");
  rmSync(join(folder, "movies.csv"));
});

test("TSV: columns that no name tells are told by what is in them", async () => {
  const log = file("plain.tsv", "a\tb\tc\td\nu1\ti1\t3\t1600000000\nu2\ti2\t9\t1600000100\nu2\ti1\t7\t1600000200\n");
  const data = await initialise(log);
  assert.is(data.format, "tsv");
  assert.equal(data.columns, { user: "a", item: "b", feedback: "c", timestamp: "d" });
  assert.is(data.positiveThreshold, 7);
});

test("a log that is not UTF-8 is read as the older programs wrote it, and so it is said in the file", async () => {
  const rows = Array.from({ length: 30 }, (_, n) => `u${n % 3},Amélie ${n % 10},${1 + (n % 5)},${1_600_000_000 + n}\n`);
  const text = `user_id,movie,rating,timestamp\n${rows.join("")}`;
  const data = await initialise(file("latin.csv", Buffer.from(text, "latin1")));
  assert.is(data.encoding, "latin1");
  assert.is(data.columns.item, "movie");
});

test("MovieLens, and a log that carries lists with candidates that were not shown", async () => {
  const ratings = await initialise(file("ratings.dat", "1::1193::5::978300760\n1::661::3::978302109\n"));
  assert.is(ratings.format, "movielens");
  const rows = ["u,i1,r1,1,1,100", "u,i2,r1,2,0,100", "u,i3,r1,,0,100"];
  const log = file("lists.csv", `user_id,item_id,request_id,position,click,time\n${rows.join("\n")}\n`);
  const { columns, protocol } = await initialise(log);
  assert.is(columns.list, "request_id");
  assert.is(columns.position, "position");
  assert.is(protocol, "logged");
});

test("Parquet", async () => {
  const name = "log.parquet";
  parquetWriteFile({
    filename: join(folder, name),
    columnData: [
      { name: "uid", data: ["a", "a", "b"], type: "STRING" },
      { name: "video_id", data: [1, 2, 1], type: "INT32" },
      { name: "long_view", data: [true, false, true], type: "BOOLEAN" },
      { name: "time_ms", data: [1.6e12, 1.6e12 + 1, 1.6e12 + 2], type: "DOUBLE" },
    ],
  });
  const data = await initialise(name);
  assert.is(data.format, "parquet");
  assert.equal(data.columns, { user: "uid", item: "video_id", feedback: "long_view", timestamp: "time_ms" });
  assert.is(data.positiveThreshold, 1);
});

test("what cannot be read as it is, is said, and marked in the configuration", async () => {
  const log = file("places.csv", "region,channel,stars,when\nnorth,web,3,2024-01-01\nsouth,shop,4,2024-01-02\n");
  const { code, output } = await goalrank(folder, "init", log, "--force");
  assert.is(code, 0);
  assert.match(
    output,
    /to be corrected: no column for the user was found; the columns are region, channel, stars, when/,
  );
  const written = readFileSync(join(folder, "goalrank.yaml"), "utf8");
  assert.match(written, /# To be corrected: no column for the item was found.*\n +item: "\?" +# not found/);
  assert.match(written, /core: 20 +# the default: correct what is above, and run init again/);
  const wrong = file("wrong.csv", "user,item,rating,timestamp\nu,i,4,1\n,i,4,2\n");
  const read = await goalrank(folder, "init", wrong, "--force");
  assert.match(read.output, /to be corrected: wrong\.csv:3: user is empty/);
});

test("a question stands beside the setting and in the output; what the log lacks is said", async () => {
  const rows = ["u1,a,x,3,1600000000", "u2,b,x,9,1600000100", "u2,a,y,7,1600000200"];
  const two = await goalrank(
    folder,
    "init",
    file("two.csv", `user_id,item_id,sku,rating,ts\n${rows.join("\n")}\n`),
    "--force",
  );
  const question = "item_id is taken for the item; sku could be it too";
  assert.match(two.output, `to be corrected: ${question}`);
  assert.match(two.output, "correct goalrank.yaml");
  assert.match(
    readFileSync(join(folder, "goalrank.yaml"), "utf8"),
    `    # To be corrected: ${question}\n    item: item_id\n`,
  );
  const bare = await goalrank(folder, "init", file("bare.csv", "customer,product\nc1,p1\nc1,p2\nc2,p1\n"), "--force");
  assert.match(bare.output, /no column says when: the order of the rows stands for it/);
  assert.match(bare.output, /no column says what users thought of items: every row counts 1/);
  const sure = await goalrank(
    folder,
    "init",
    file("sure.csv", "user_id,item_id,rating,ts\nu,i,3,1600000000\nu,j,4,1600000001\n"),
    "--force",
  );
  assert.not.match(sure.output, "to be corrected");
});

test("files that are no logs end with one line", async () => {
  const cases: [string, string | Uint8Array, RegExp][] = [
    ["empty.csv", "", /empty.csv: the file is empty/],
    ["archive.zip", "PK\u0003\u0004rest", /archive.zip: this is a zip archive/],
    ["array.json", '[{"user": 1}]\n', /array.json:1: this is an array of JSON; write its objects one a line/],
    ["words.txt", "one\ntwo\nthree\n", /words.txt:1: the lines have no fields in common/],
    ["half.gz", gzipSync("a,b\n1,2\n").subarray(0, 15), /half.gz: broken gzip data/],
    ["binary.dat", Uint8Array.of(1, 0, 2, 0, 44, 0), /binary.dat: this is no text/],
    ["cut.parquet", "PAR1cut", /cut.parquet: this is not a Parquet file, or its end is missing/],
  ];
  for (const [name, content, message] of cases) {
    const { code, errors } = await goalrank(folder, "init", file(name, content), "--out", `${name}.yaml`);
    assert.is(code, 2, errors);
    assert.match(errors, message);
    assert.is(errors.split("\n").length, 1, errors);
    assert.not.ok(existsSync(join(folder, `${name}.yaml`)));
  }
  const missing = await goalrank(folder, "init", "missing.csv", "--out", "missing.yaml");
  assert.match(missing.errors, "error: missing.csv: there is no such file");
});

test("a configuration is not overwritten unless told to; from it a small log trains at once", async () => {
  const log = file("small.csv", `user_id,item_id,rating,timestamp\n${smallRatings().join("\n")}\n`);
  rmSync(join(folder, "goalrank.yaml"), { force: true });
  const first = await goalrank(folder, "init", log);
  assert.is(first.code, 0, first.errors);
  assert.match(first.output, /goalrank train all --out runs\/first/);
  const again = await goalrank(folder, "init", log);
  assert.is(again.code, 2);
  assert.match(again.errors, /goalrank.yaml: there is a configuration already; --force replaces it/);
  const fast = ["--experiment.methods", '["imitation", "goalrank"]', "--epochs", "1", "--lists", "5"];
  const trained = await goalrank(folder, "train", "all", "--out", "runs/first", "--json", ...fast);
  assert.is(trained.code, 0, trained.errors);
  assert.match(trained.output, /"method":"GoalRank"/);
  assert.ok(existsSync(join(folder, "small.goalrank")));
});

test("thresholds: 1 of 0 and 1, 4 of 5 stars, else what about half reach, never the lowest value", () => {
  const cases: [number[], number][] = [
    [[0, 1, 1, 0], 1],
    [[1, 1], 1],
    [[1, 5, 3, 4], 4],
    [[0.5, 4.5, 2], 4],
    [[10, 20, 30, 40, 50], 30],
    // Zeros are rather no opinion than a bad one.
    [[0, 0, 0, 0, 7, 8, 9], 8],
    [[0, 0, 0, 0, 700, 900], 700],
    [[2, 2], 2],
    [[-1, 0, 1], 1],
    [[], 3],
  ];
  for (const [values, threshold] of cases) assert.is(guessThreshold(values).threshold, threshold, `${values}`);
});

test.run();
