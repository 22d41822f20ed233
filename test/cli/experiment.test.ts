/** What a user does with `goalrank experiment`. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { goalrank, goalrankInChild } from "./command.ts";

const test = suite("goalrank experiment");
const folder = mkdtempSync(join(tmpdir(), "goalrank-experiment-"));
test.after(() => rmSync(folder, { recursive: true }));

const experiment = (...words: string[]) => goalrank(folder, "experiment", ...words);

/** In a process of its own, as trials inherit how their parent was started, relative to the working folder. */
const run = (...words: string[]) => goalrankInChild(folder, ["experiment", ...words], () => {});

test("without a name, experiments and datasets are listed", async () => {
  const { output } = await experiment();
  for (const name of ["table1", "figure1d", "theorem1", "protocols", "embedded", "kuairand-pure"]) {
    assert.match(output, new RegExp(`^ {2}${name} `, "m"));
  }
});

test("an experiment runs once, again for a method that is named, and its document says how", async () => {
  const words = ["figure1d", "--dataset", "tiny", "--seeds", "1", "--jobs", "1"];
  const first = await run(...words);
  assert.is(first.code, 0, first.errors);
  assert.match(first.output, /^\| GoalRank \| \*?\*?\d\.\d{3}/m);
  const [again, none] = [await run(...words, "--again", "MG-E, 3 generators"), await run(...words)];
  assert.match(again.errors, /figure1d: 1 trials? to run/);
  assert.match(none.errors, /figure1d: 0 trials to run/);
  const tablesOf = ({ output }: typeof first) => output.replaceAll(/\| \d* \| \d* \|$/gm, "|");
  assert.is(tablesOf(none), tablesOf(first));
  const report = await experiment("report");
  assert.is(report.code, 0, report.errors);
  const text = readFileSync(join(folder, "docs", "results.md"), "utf8");
  assert.match(text, "goalrank experiment figure1d --dataset tiny --seeds 1\n");
});

test("some methods run with lines of JSON for both splits, and nothing else on stdout", async () => {
  const words = ["table1", "--dataset", "tiny", "--max-lists", "200", "--seeds", "1", "--jobs", "1", "--search", "0"];
  const { code, output, errors } = await run(...words, "--methods", "DNN,random", "--json");
  assert.is(code, 0, errors);
  const lines = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(
    lines.map(({ method, seed, split }) => [method, seed, split]),
    ["random", "dnn"].flatMap((method) => ["validation", "test"].map((split) => [method, 1, split])),
  );
  for (const { ndcg, hit, map, trueReward } of lines)
    assert.ok([ndcg, hit, map, trueReward].every((value) => value > 0));
});

test("an experiment on a dataset that it cannot have says what it needs", async () => {
  const { code, output } = await experiment("protocols", "--dataset", "tiny");
  assert.is(code, 0);
  assert.match(output, /not run: it needs a log, and tiny is none/);
});

test("wrong names are refused before anything is discarded, and a document is not lost for nothing", async () => {
  for (const [words, problem] of [
    [["tabel1"], /there is no experiment "tabel1"; did you mean "table1"\?/],
    [["table1", "--dataset", "smal"], /there is no dataset "smal"; did you mean "tiny"\?/],
    [["table1", "--dataset", "tiny", "--again", "MGE"], /no method of these experiments: "MGE"/],
    [
      ["table1", "--dataset", "tiny", "--methods", "prm,mr"],
      /no method of these experiments: "mr"; did you mean "MIR"\?/,
    ],
    [["table1", "--dataset", "tiny", "--split", "global-time"], /tiny is no log/],
    [
      ["report", "--out", "nothing", "--documents", "none"],
      /no results in nothing or none.results; run an experiment first/,
    ],
  ] as const) {
    const { code, errors } = await experiment(...words);
    assert.is(code, 2, words.join(" "));
    assert.match(errors, problem);
  }
  assert.not.ok(existsSync(join(folder, "nothing")));
});

test.run();
