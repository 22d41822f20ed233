/** Scores of another ranker in a run on queries: a row beside ours, and a verdict that takes the better one. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { GradedQuery } from "../../src/data/queries/query-table.ts";
import { gradedQueries } from "../graded-queries.ts";
import { goalrank } from "./command.ts";
import { configure, problemsIn } from "./configurations.ts";

const test = suite("a rival");
const folder = mkdtempSync(join(tmpdir(), "goalrank-rival-"));
test.after(() => rmSync(folder, { recursive: true }));

/** A query that counts for nothing, in the middle, so that the lines of scores and the requests differ. */
const blank: GradedQuery = { candidates: [0.2, 0.4, 0.6].map((match) => ({ grade: 0, features: { match } })) };
const drawn = gradedQueries(90);
const files = {
  train: drawn.slice(0, 30),
  valid: [...drawn.slice(30, 40), blank, ...drawn.slice(40, 60)],
  test: [blank, ...drawn.slice(60)],
};

/** A line of each document; what tells the grade is blurred. */
function letor(queries: readonly GradedQuery[]): string {
  return linesOf(queries, ({ grade, features }, query) => {
    const { match = 0, noise = 0 } = features as { match?: number; noise?: number };
    return `${grade} qid:${query} 1:${match + 0.4 * noise} 2:${match * noise}`;
  });
}

/** A line of each document, in the order of the file. */
function linesOf(
  queries: readonly GradedQuery[],
  write: (candidate: GradedQuery["candidates"][number], query: number) => unknown,
): string {
  return `${queries.flatMap(({ candidates }, query) => candidates.map((own) => write(own, query))).join("\n")}\n`;
}

for (const [name, queries] of Object.entries(files)) {
  writeFileSync(join(folder, `${name}.letor`), letor(queries));
  writeFileSync(
    join(folder, `${name}.best`),
    linesOf(queries, ({ grade = 0 }) => 1e-9 * grade),
  );
  writeFileSync(
    join(folder, `${name}.worst`),
    linesOf(queries, ({ grade = 0 }) => -grade),
  );
}

const BRIEF = `
data: { file: train.letor, validationFile: valid.letor, testFile: test.letor }
experiment:
  methods: [list-net]
  width: 8
  generatorStart: scratch
  reward: { kind: item-bce-discounted, start: scratch, contextLayers: 0 }
  dropoutRate: 0
  feedbackTraining: { epochs: 4, learningRate: 0.01 }
`;
writeFileSync(join(folder, "goalrank.yaml"), BRIEF);

async function train(...flags: string[]) {
  const ended = await goalrank(folder, "train", "all", "--json", ...flags);
  return { ...ended, result: ended.code === 0 ? JSON.parse(ended.output) : undefined };
}

const rivalFlags = (scores: string, splits = ["validation", "test"]) => [
  "--experiment.rival.title",
  "LambdaMART",
  ...splits.flatMap((split) => [
    `--experiment.rival.${split}`,
    `${split === "validation" ? "valid" : "test"}.${scores}`,
  ]),
];

test("one that is better is a row of the table, and nothing of ours is deployed", async () => {
  const { result, errors } = await train(...rivalFlags("best"), "--out", "better");
  assert.ok(result, errors);
  const { rows, verdict } = result;
  const row = rows.at(-1);
  assert.equal([row.name, row.method, row.ndcg10, row.ndcg1, row.users], ["rival", "LambdaMART", 1, 1, 30]);
  assert.is(verdict.deploy, null);
  assert.is(verdict.served, null);
  const [gate] = verdict.gates;
  assert.is(gate.name, "rival-is-better");
  assert.ok(gate.blocks && gate.figure < 0);
  assert.match(gate.text, /^take theirs: LambdaMART has NDCG@10 100\.0% on 30 validation lists, ListNet has /);
  assert.match(verdict.text, /^Deploy nothing yet: rival-is-better: take theirs/);
  assert.is(verdict.rival.lead.mean, gate.figure);
  assert.ok(!verdict.choice.methods.some(({ name }: { name: string }) => name === "rival"), "nobody here can serve it");
});

test("a run that is evaluated again finds the scores from its folder, and says the same", async () => {
  const { output, errors } = await goalrank(folder, "evaluate", "better", "--json");
  assert.ok(output, errors);
  const { rows, verdict } = JSON.parse(output);
  assert.is(rows.at(-1).method, "LambdaMART");
  assert.is(verdict.gates[0].name, "rival-is-better");
});

test("one that is worse blocks nothing, and ours is said to be ahead", async () => {
  const { result, errors } = await train(...rivalFlags("worst"));
  assert.ok(result, errors);
  const { verdict } = result;
  assert.is(verdict.deploy, verdict.choice.chosen);
  assert.ok(
    verdict.gates.every(({ name, blocks }: { name: string; blocks: boolean }) => !blocks && !/rival/.test(name)),
  );
  assert.match(verdict.text, / is [\d.]+ points of NDCG@10 above LambdaMART \(.*\) on 30 validation lists\./);
});

test("with scores of the test alone it is of the test that the verdict speaks; --deploy overrules it", async () => {
  const { result, errors } = await train(...rivalFlags("best", ["test"]), "--deploy", "list-net");
  assert.ok(result, errors);
  const { verdict } = result;
  assert.is(verdict.deploy, null);
  assert.is(verdict.served, "list-net");
  assert.is(verdict.rival.lists, "test");
  assert.match(verdict.gates[0].text, "NDCG@10 100.0% on 30 test lists");
});

test("more or fewer scores than documents are an error before anything is trained", async () => {
  writeFileSync(join(folder, "test.few"), "1\n2\n");
  const few = await train(...rivalFlags("few", ["test"]));
  assert.is(few.code, 2);
  const documents = files.test.reduce((sum, { candidates }) => sum + candidates.length, 0);
  assert.match(few.errors, `test.few: 2 scores for ${documents} documents`);
  assert.not.match(few.errors, /epoch|step/);
  writeFileSync(join(folder, "test.many"), "1\n".repeat(documents + 1));
  const many = await train(...rivalFlags("many", ["test"]));
  assert.match(many.errors, `test.many:${documents + 1}: more than the ${documents} documents have scores`);
});

test("scores need files of queries, and their paths are those of a configuration", () => {
  const rival = "experiment: { rival: { title: X, validation: v.txt, test: t.txt } }";
  const problems = problemsIn(`data: { file: a.letor, testFile: b.letor }\n${rival}`);
  assert.is(problems.length, 1);
  assert.match(problems[0], /scores need a file of queries to be lined up with, and those for validation are drawn/);
  assert.match(problems[0], "--validation-file FILE");
  assert.match(problemsIn(`data: { file: a.csv }\n${rival}`)[0], "its scores are of queries with features");
  const { experiment } = configure(`data: { file: a.letor, validationFile: b.letor, testFile: c.letor }\n${rival}`);
  assert.is(experiment.rival?.test, "t.txt");
});

test.run();
