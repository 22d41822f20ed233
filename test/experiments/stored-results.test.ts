/** The tables that results are kept in. */
import { appendFileSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { StoredResults } from "../../src/experiments/stored-results.ts";
import { trial } from "./trials.ts";

const folder = () => mkdtempSync(join(tmpdir(), "goalrank-results-"));
const linesOf = (path: string) => readFileSync(join(path, "results.jsonl"), "utf8").split("\n").length - 1;

const FIRST = { metrics: { seconds: 2, ndcg: 0.25 }, values: { ndcg: [0.5, null, 0.123456789] } };

test("what was appended is there, in this table and in one that is opened anew", () => {
  const path = folder();
  const table = StoredResults.open(path);
  const label = trial("dnn");
  table.append(label, "k1", FIRST);
  for (const own of [table, StoredResults.open(path)]) {
    assert.ok(own.has(label, "k1"));
    assert.not(own.has(label, "k2"));
    assert.not(own.has({ ...label, seed: 2 }, "k1"));
    assert.equal(own.outcomeOf("k1")?.metrics, { ndcg: 0.25, seconds: 2 });
    assert.equal(own.valuesOf("k1", "ndcg"), [0.5, null, 0.1234568]);
    assert.is(own.valuesOf("k1", "map"), undefined);
  }
  const [line] = readFileSync(join(path, "results.jsonl"), "utf8").split("\n");
  assert.equal(JSON.parse(line), {
    key: "k1",
    experiment: "grid",
    dataset: "nothing",
    method: "dnn",
    seed: 1,
    variant: "",
    metric: "ndcg",
    value: 0.25,
  });
});

test("of a trial whose lines were cut off anywhere nothing is left", () => {
  const whole = folder();
  const table = StoredResults.open(whole);
  table.append(trial("dnn"), "k1", FIRST);
  const kept = readFileSync(join(whole, "results.jsonl"), "utf8");
  table.append(trial("prm"), "k2", FIRST);
  const text = readFileSync(join(whole, "results.jsonl"), "utf8");
  for (let length = kept.length; length < text.length; length += 7) {
    const path = folder();
    writeFileSync(join(path, "results.jsonl"), text);
    truncateSync(join(path, "results.jsonl"), length);
    const opened = StoredResults.open(path);
    assert.is(readFileSync(join(path, "results.jsonl")).length, length, "who reads changes nothing");
    assert.equal(
      opened.trials.map(({ key }) => key),
      ["k1"],
    );
    opened.append(trial("prm"), "k2", FIRST);
    assert.equal(
      StoredResults.open(path).trials.map(({ method }) => method),
      ["dnn", "prm"],
    );
  }
});

test("values without results, as a crash leaves them, are written anew", () => {
  const path = folder();
  appendFileSync(join(path, "values.jsonl"), '{"key":"k1","measure":"ndcg","values":[9]}\n{"key":"k1","mea');
  const table = StoredResults.open(path);
  assert.is(table.valuesOf("k1", "ndcg"), undefined);
  table.append(trial("dnn"), "k1", FIRST);
  assert.equal(StoredResults.open(path).valuesOf("k1", "ndcg"), [0.5, null, 0.1234568]);
});

test("a trial that runs again with other settings takes its place", () => {
  const path = folder();
  const table = StoredResults.open(path);
  table.append(trial("dnn"), "k1", FIRST);
  table.append(trial("dnn"), "k2", { metrics: { hit: 1, seconds: 1 } });
  for (const own of [table, StoredResults.open(path)]) {
    assert.is(own.trials.length, 1);
    assert.equal(own.trials[0].metrics, { hit: 1, seconds: 1 });
  }
});

test("forgotten results are gone from the files, the others are not", () => {
  const path = folder();
  const table = StoredResults.open(path);
  table.append(trial("dnn"), "k1", FIRST);
  table.append(trial("prm"), "k2", FIRST);
  assert.is(
    table.forget(({ method }) => method === "dnn"),
    1,
  );
  assert.is(linesOf(path), 2);
  const opened = StoredResults.open(path);
  assert.is(opened.valuesOf("k1", "ndcg"), undefined);
  assert.equal(opened.valuesOf("k2", "ndcg"), [0.5, null, 0.1234568]);
});

test.run();
