/** From queries with grades to requests: how they are split, scaled, labelled and kept in a file. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, feedbackBatch, listBatch } from "../../../src/data/batch.ts";
import { joinRows, selectRows } from "../../../src/data/dataset.ts";
import { prepare } from "../../../src/data/prepare.ts";
import {
  openPreparedDataset,
  readPreparedDataset,
  writePreparedDataset,
} from "../../../src/data/prepared/prepared-dataset.ts";
import { prepareQueries } from "../../../src/data/queries/prepare-queries.ts";
import { formatQueryReport } from "../../../src/data/queries/query-report.ts";
import { tableOfQueries } from "../../../src/data/queries/query-table.ts";
import { gradedQueries, namedQueries } from "../../graded-queries.ts";
import { throwsMessage } from "../../throws-message.ts";

const test = suite("queries with grades");

const folder = mkdtempSync(join(tmpdir(), "goalrank-queries-"));
test.after(() => rmSync(folder, { recursive: true }));

const ALL = { trainingFraction: 1, seed: 1, listLength: 3 };

/** Two queries, of 3 and of 2 candidates, in files of their own for everything. */
const small = tableOfQueries([
  {
    query: "a",
    candidates: [
      { grade: 0, features: { x: 1, constant: 5 } },
      { grade: 2, features: { x: 3, constant: 5 } },
      { grade: 1, features: { x: 2, constant: 5 } },
    ],
  },
  {
    query: "b",
    candidates: [
      { grade: 1, features: { constant: 5 } },
      { grade: 0, features: { x: 4, constant: 5 } },
    ],
  },
]);

test("a request has all candidates of its query, with gains as labels, and shows the best list there is", () => {
  const { training, catalogue } = prepareQueries({ training: small, validation: small, test: small }, ALL);
  assert.equal([training.size, training.candidateCount, training.listLength, training.maxGrade], [2, 3, 3, 2]);
  assert.equal([training.candidateCounts, training.listLengths], [Int32Array.of(3, 2), Int32Array.of(3, 2)]);
  const { labels, candidateFeatures, exposed, feedback } = training;
  assert.ok(labels && candidateFeatures);
  assert.equal([...labels.subarray(0, 3)].sort(), [0, Math.fround(1 / 3), 1]);
  assert.equal([...feedback.subarray(0, 3)], [1, Math.fround(1 / 3), 0]);
  assert.equal(
    [...exposed.subarray(0, 3)].map((place) => labels[place]),
    [...feedback.subarray(0, 3)],
  );
  assert.equal([exposed[5], feedback[5], training.candidates[5]], [-1, 0, -1], "behind a shorter request nothing");
  // x is 1, 3, 2, 0 and 4: mean 2, deviation sqrt 2. Features follow the candidates as they are shuffled.
  const gainOfX = new Map([1, 3, 2].map((x, n) => [Math.fround((x - 2) / Math.SQRT2), [0, 1, Math.fround(1 / 3)][n]]));
  for (let n = 0; n < 3; n++) {
    const row = candidateFeatures.starts[0] + n;
    assert.is(gainOfX.get(candidateFeatures.data[2 * row]), labels[n]);
    assert.is(candidateFeatures.data[2 * row + 1], 0, "a constant column is 0");
  }
  assert.equal(catalogue.candidateScale?.names, ["x", "constant"]);
  assert.equal([catalogue.itemCount, catalogue.userCount], [0, 0]);
});

test("one file is cut by queries with the seed; files of their own are taken whole", () => {
  const table = tableOfQueries(gradedQueries(40));
  const cut = prepareQueries({ training: table }, { seed: 3 });
  const sizes = (data: typeof cut) => [data.training.size, data.validation.size, data.test.size];
  const left = Object.values(cut.queries.splits).reduce((sum, { withoutGain }) => sum + withoutGain, 0);
  assert.is(
    sizes(cut).reduce((sum, size) => sum + size, left),
    40,
  );
  assert.ok(cut.training.size > 25 && cut.validation.size >= 3 && cut.test.size >= 3);
  assert.equal(prepareQueries({ training: table }, { seed: 3 }).test, cut.test);
  assert.not.equal(prepareQueries({ training: table }, { seed: 4 }).test.labels, cut.test.labels);
  const own = prepareQueries({ training: table, test: small }, { seed: 3, trainingFraction: 0.5 });
  assert.equal(
    [own.test.size, own.training.size + own.validation.size + own.queries.splits.training.withoutGain],
    [2, 40],
  );
  throwsMessage(
    () => prepareQueries({ training: small }, { seed: 1 }),
    "queries: 2 queries with a training fraction of 0.8 leave none for test; use another trainingFraction, more " +
      "queries, or a file of their own",
  );
});

test("queries without a gain are left out and counted; the report tells what there is", () => {
  const none = { query: "none", candidates: [{ features: { x: 1 } }, { features: { x: 2 } }] };
  const table = tableOfQueries([none, { candidates: [{ grade: 4, features: { x: 3 } }, { features: { x: 0 } }] }]);
  const { queries, training } = prepareQueries({ training: table, validation: small, test: small }, ALL);
  assert.equal([training.size, queries.splits.training.withoutGain, queries.maxGrade], [1, 1, 4]);
  const text = formatQueryReport(queries);
  assert.match(text, "queries with grades 0 to 4: ");
  assert.match(text, "training: 1 queries with 2 candidates, 2 to 2 each; left out: 1 queries without a gain");
  const bad = tableOfQueries([none]);
  throwsMessage(
    () => prepareQueries({ training: bad, validation: small, test: small }, ALL),
    "queries: none of the 1 for training has a candidate with a grade over 0",
  );
});

test("names of candidates that recur are learned of, all others are one item", () => {
  const table = tableOfQueries(namedQueries(6));
  const { catalogue, training } = prepareQueries({ training: table, validation: table, test: table }, ALL);
  assert.equal(catalogue.itemIds?.at(-1), "");
  assert.ok(catalogue.itemIds?.includes("item 1") && !catalogue.itemIds.includes("only 1"));
  const { itemCount } = catalogue;
  assert.is(training.candidates.filter((item) => item === itemCount - 1).length >= 6, true);
  assert.equal(training.queryFeatures?.width, 2);
  assert.equal(catalogue.queryScale?.names, ["0", "1"]);
});

test("a batch has the features of its requests, and lists those of their items", () => {
  const { training } = prepareQueries({ training: small, validation: small, test: small }, ALL);
  const batch = feedbackBatch(training, [1]);
  assert.equal(batch.candidateFeatures?.shape, [1, 2, 2]);
  const own = batch.candidateFeatures?.dataSync();
  const turned = listBatch(batch, Int32Array.of(1, 0)).candidateFeatures?.dataSync();
  assert.equal([...(turned ?? [])], [own?.[2], own?.[3], own?.[0], own?.[1]]);
  const both = joinRows([training, selectRows(training, [1])]);
  assert.equal(candidateBatch(both, [2]).candidateFeatures?.dataSync(), own);
});

test("a prepared file keeps features, grades and the report, and is read by rows", async () => {
  const file = join(folder, "queries.jsonl");
  writeFileSync(
    file,
    namedQueries(30)
      .map((query) => JSON.stringify(query))
      .join("\n"),
  );
  const data = await prepare({ format: "queries", file }, { seed: 1 });
  const prepared = join(folder, "queries.goalrank");
  await writePreparedDataset(prepared, data);
  const read = await readPreparedDataset(prepared);
  assert.equal(read.training, data.training);
  assert.equal([read.queries, read.catalogue], [data.queries, data.catalogue]);
  const open = await openPreparedDataset(prepared);
  const part = await open.read("training", 3, 5);
  await open.close();
  const expected = selectRows(data.training, [3, 4, 5, 6, 7]);
  for (let row = 0; row < 5; row++) {
    assert.equal(
      candidateBatch(part, [row]).candidateFeatures?.dataSync(),
      candidateBatch(expected, [row]).candidateFeatures?.dataSync(),
    );
  }
  assert.equal(part.queryFeatures, expected.queryFeatures);
});

test("lines that are no query are refused with their line", async () => {
  const problemOf = async (text: string) => {
    const file = join(folder, "wrong.jsonl");
    writeFileSync(file, text);
    return prepare({ format: "queries", file }, { seed: 1 }).then(
      () => "none",
      (error: Error) => error.message.replace(`${folder}/`, ""),
    );
  };
  const good = `{"candidates":[{"features":[1,2],"grade":1}]}`;
  assert.is(await problemOf(`${good}\n{`), "wrong.jsonl:2: this line is no JSON; expected one query a line");
  const lengths = `${good}\n{"candidates":[{"features":[1]}]}`;
  assert.is(await problemOf(lengths), "wrong.jsonl:2: candidates[0]: features: 1 numbers, expected 2");
  const grade = `{"candidates":[{"features":[1,2],"grade":0.5}]}`;
  assert.is(
    await problemOf(grade),
    "wrong.jsonl:1: candidates[0]: the grade must be a whole number from 0 to 30, got 0.5",
  );
  const named = `${good}\n{"candidates":[{"features":{"x":1}}]}`;
  assert.is(await problemOf(named), `wrong.jsonl:2: candidates[0]: features: "x", where rows before are arrays`);
  const scored = `{"candidates":[{"features":[1],"grade":1,"score":2},{"features":[1]}]}`;
  assert.is(
    await problemOf(scored),
    "wrong.jsonl: 1 of 2 candidates have a score; give it for all of them or for none",
  );
});

test.run();
