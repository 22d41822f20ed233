/** Metrics of rankings in files, by hand and against our own, and what is wrong with files. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readQrels, readScores, readTrecRun } from "../../src/data/trec/read-trec.ts";
import { gainOfGrade, gradedMetrics, judgedMetrics } from "../../src/evaluation/index.ts";
import { externalTable, rowOfRun, rowOfScores } from "../../src/run/external-rankings.ts";
import { refusal, TemporaryFolder } from "../data/logs.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

const QRELS = "q1 0 a 1\nq1 0 b 0\nq1 0 c 1\nq2 0 a 0\nq2 0 d 1\nq3 0 a 0\n";

test("a run's metrics: by score and not by rank, a request that it lacks counts 0, one without relevance not at all", async () => {
  const qrels = await readQrels(folder.write("qrels.txt", QRELS));
  const run = await readTrecRun(
    folder.write(
      "a.run",
      "q1 Q0 b 1 0.1 mine\nq1 Q0 a 2 0.9 mine\nq1 Q0 x 3 0.5 mine\nq1 Q0 c 4 0.2 mine\nq9 Q0 a 1 1 mine\n",
    ),
  );
  // a x c b: relevant at 1 and 3.
  const { means, requests, missing, unjudged } = rowOfRun("mine", run, qrels, 2);
  assert.equal([requests, missing, unjudged], [2, 1, 1]);
  const ideal = 1 + 1 / Math.log2(3);
  assert.equal(means, { ndcg: 1 / ideal / 2, map: (1 + 2 / 3) / 2 / 2, hit: 0.5 / 2, reciprocalRank: 0.5 });
});

test("equal scores are ranked by name, from the last to the first, as trec_eval does", async () => {
  const qrels = await readQrels(folder.write("qrels.txt", "q 0 a 1\nq 0 b 0\n"));
  const run = await readTrecRun(folder.write("tied.run", "q Q0 a 1 1 t\nq Q0 b 2 1 t\n"));
  assert.is(rowOfRun("tied", run, qrels, 1).means.reciprocalRank, 0.5);
});

test("by grade, the metrics are those by which our own methods are compared", () => {
  const judged = [0, 3, 1, 4, 2];
  const ranked = [2, 4, 0, 3, 1];
  const labels = ranked.map((grade) => gainOfGrade(grade, 4));
  const ours = gradedMetrics({ ranking: [0, 1, 2, 3, 4], labels }, 4);
  const theirs = judgedMetrics({ ranked, judged }, 3, 4);
  assert.ok(Math.abs(theirs.ndcg - (ours?.ndcg3 ?? 0)) < 1e-12);
  assert.ok(Math.abs((theirs.err ?? 0) - (ours?.err ?? 0)) < 1e-12);
});

test("scores of queries with grades, one a line", async () => {
  const table = { grades: Int32Array.of(0, 2, 1, 0, 0, 1, 0), offsets: Int32Array.of(0, 3, 5, 7) };
  const scores = await readScores(folder.write("scores.txt", "0.1\n3\n2\n1\n1\n-1e-3\n5\n"), 7);
  const row = rowOfScores("theirs", scores, table, 1);
  assert.is(row.requests, 2);
  assert.equal(row.means.ndcg, 0.5);
  assert.ok((row.means.err ?? 0) > 0);
  assert.equal(externalTable([row], 1)[0], ["ranking", "NDCG@1", "MAP", "H@1", "MRR", "ERR", "requests"]);
});

test("what is wrong in a file is told with its line", async () => {
  const check = async (content: string, read: (file: string) => Promise<unknown>) =>
    refusal(read(folder.write("wrong", content)), folder);
  assert.is(await check("q1 0 a\n", readQrels), "wrong:1: 3 fields instead of 4; expected request 0 document grade");
  assert.match(await check("q 0 a 1\nq 0 a 0\n", readQrels), /^wrong:2: document a of request q is there twice;/);
  assert.match(await check("q 0 a good\n", readQrels), /^wrong:1: the grade "good" is no whole number up to 30;/);
  assert.match(await check("q Q0 a 1 high me\n", readTrecRun), /^wrong:1: the score "high" is no number;/);
  assert.match(await check("1\n2\n", (file) => readScores(file, 3)), /^wrong: 2 scores for 3 documents; /);
  assert.match(
    await check("1\n2\n", (file) => readScores(file, 1)),
    /^wrong:2: more than the 1 documents have scores$/,
  );
  assert.match(await check("1\ntwo\n", (file) => readScores(file, 2)), /^wrong:2: "two" is no number; /);
});

test.run();
