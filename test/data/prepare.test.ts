/** From a log to requests ready for training: logged lists, the retriever's part, and prepared files. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { prepare } from "../../src/data/prepare.ts";
import type { PrepareOptions } from "../../src/data/prepare-requests.ts";
import { readPreparedDataset, writePreparedDataset } from "../../src/data/prepared/prepared-dataset.ts";
import { RETRIEVERS } from "../../src/data/retrievers/retriever.ts";
import { Random } from "../../src/kernels/index.ts";

const test = suite("prepare");
const folder = mkdtempSync(join(tmpdir(), "goalrank-prepare-"));
test.after(() => rmSync(folder, { recursive: true }));

/** 30 users with 8 lists each: 4 of 12 candidates were shown, and every third item is liked. */
function requestsFile(): string {
  const random = new Random({ seed: 2, stream: "requests", step: 0 });
  const rows = ["user_id,item_id,request,place,click,timestamp"];
  for (let user = 0; user < 30; user++) {
    for (let request = 0; request < 8; request++) {
      [...random.permutation(60).subarray(0, 12)].forEach((item, n) => {
        const place = n < 4 ? n + 1 : "";
        const click = n < 4 && (item + n) % 3 === 0 ? 1 : 0;
        rows.push([`u${user}`, `i${item}`, `r${request}`, place, click, 1000 + 100 * request].join());
      });
    }
  }
  const file = join(folder, "requests.csv");
  writeFileSync(file, `${rows.join("\n")}\n`);
  return file;
}

const columns = { feedback: "click", list: "request", position: "place" };
const options: PrepareOptions = {
  seed: 3,
  core: 1,
  listLength: 4,
  positiveThreshold: 1,
  candidateCount: 12,
  historyLength: 5,
  protocol: "logged",
};

test("a log that carries requests is ranked over its own candidates", async () => {
  const data = await prepare({ format: "csv", file: requestsFile(), columns }, options);
  for (const split of [data.training, data.validation, data.test]) {
    assert.is(split.candidateCount, 12);
    assert.is(split.historyLength, 5);
    assert.ok(split.exposed.every((position) => position >= 0));
  }
  assert.ok(data.training.size > 100);
  assert.ok(data.test.size > 20);
});

test("training lists lie after what the retriever learned from", async () => {
  const source = { format: "csv", file: requestsFile(), columns } as const;
  const whole = await prepare(source, options);
  const late = await prepare(source, { ...options, retrieverFraction: 0.5 });
  assert.ok(late.training.size < whole.training.size);
  assert.ok(late.report.learned < whole.report.learned);
  // Each of its training lists has a history of at least the first half of the user's interactions.
  assert.ok(late.training.history.every((item) => item >= 0));
  assert.equal(late.test.exposed.length, whole.test.exposed.length);
});

test("every retriever chooses candidates", async () => {
  const source = { format: "csv", file: requestsFile(), columns } as const;
  const scores = await Promise.all(
    RETRIEVERS.map(async (retriever) => {
      const data = await prepare(source, { ...options, retriever, protocol: "retrieved" });
      assert.ok(data.report.checks.every(({ passed }) => passed));
      return [...data.test.retrieverScores];
    }),
  );
  assert.is(new Set(scores.map(String)).size, RETRIEVERS.length);
});

test("lists are drawn with the seed, of each kind as many as the options allow", async () => {
  const source = { format: "csv", file: requestsFile(), columns } as const;
  const all = await prepare(source, options);
  const some = await prepare(source, { ...options, maxLists: 7, maxValidationLists: 5 });
  const others = await prepare(source, { ...options, seed: 4, maxLists: 7 });
  assert.equal([some.training.size, some.validation.size], [7, 5]);
  assert.is(some.counts.trainingListsDrawn, 7);
  assert.equal(some.test, all.test);
  assert.not.equal(others.training.users, some.training.users);
});

test("prepared data is read back as it was, and so is the report", async () => {
  const data = await prepare({ format: "csv", file: requestsFile(), columns }, options);
  const file = join(folder, "requests.prepared");
  await writePreparedDataset(file, data);
  const { retriever, report, ...again } = await readPreparedDataset(file);
  const { retriever: _, report: found, ...written } = data;
  assert.equal(again, written);
  // JSON has no undefined.
  assert.is(JSON.stringify(report), JSON.stringify(found));
  assert.is(retriever?.name, "matrix-factorization");
});

test.run();
