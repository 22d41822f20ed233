/** Histories of a world's logs: what was shown before, never what comes after, and methods that read them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../src/data/batch.ts";
import { itemsOfList, type ListDataset, selectRows } from "../../src/data/dataset.ts";
import { MultiLevelReranker } from "../../src/methods/mir.ts";
import { PermutationInterest } from "../../src/methods/pier/permutation-interest.ts";
import { topPermutations } from "../../src/methods/pier/permutations.ts";
import { worldData } from "../../src/run/data.ts";
import { noGrad, Random, tensor } from "../../src/tensor/index.ts";
import { rememberLists } from "../../src/world/histories.ts";
import { log } from "../small-world.ts";

const test = suite("histories");

const { listLength: length, candidateCount: candidates } = log;

/** The items that row `row` of a log showed, with their feedback, as histories hold them. */
function shownIn(shown: ListDataset, row: number): [item: number, feedback: number][] {
  return Array.from({ length }, (_, t) => {
    const at = row * length + t;
    return [shown.candidates[row * candidates + shown.exposed[at]], shown.feedback[at]];
  });
}

/** What row `row` remembers, without padding. */
function rememberedIn({ history, historyFeedback, historyLength }: ListDataset, row: number): [number, number][] {
  return Array.from({ length: historyLength }, (_, h): [number, number] => {
    const at = row * historyLength + h;
    return [history[at], historyFeedback[at]];
  }).filter(([item]) => item >= 0);
}

test("a history is the last items of the lists that its user was shown before, with their feedback", () => {
  const [past, present] = [log, { ...log, feedback: log.feedback.map((label) => 1 - label) }];
  for (const historyLength of [1, length + 1, 100 * length]) {
    const remembered = rememberLists(present, historyLength, [past]);
    let full = 0;
    for (let row = 0; row < log.size; row++) {
      const before = [past, present].flatMap((own) =>
        Array.from({ length: own === past ? log.size : row }, (_, earlier) => earlier)
          .filter((earlier) => own.users[earlier] === log.users[row])
          .flatMap((earlier) => shownIn(own, earlier)),
      );
      assert.equal(rememberedIn(remembered, row), before.slice(-historyLength));
      if (before.length >= historyLength) full++;
      // Padding stands at the front.
      const own = remembered.history.subarray(row * historyLength, (row + 1) * historyLength);
      assert.ok(own.every((item, h) => item >= 0 || h < historyLength - before.length));
    }
    assert.ok(historyLength > length + 1 ? full === 0 : full > 0);
  }
});

test("nothing of a list, or of those after it, is in its own history", () => {
  const whole = rememberLists(log, 2 * length);
  for (const row of [1, 20, 63]) {
    const changed = {
      ...log,
      exposed: log.exposed.map((position, at) => (at < row * length ? position : (position + 1) % candidates)),
      feedback: log.feedback.map((label, at) => (at < row * length ? label : 1 - label)),
    };
    const other = rememberLists(changed, 2 * length);
    const end = (row + 1) * 2 * length;
    assert.equal(other.history.subarray(0, end), whole.history.subarray(0, end));
    assert.equal(other.historyFeedback.subarray(0, end), whole.historyFeedback.subarray(0, end));
    const rows = Int32Array.from({ length: row }, (_, earlier) => earlier);
    assert.equal(rememberLists(selectRows(log, rows), 2 * length).history, whole.history.subarray(0, row * 2 * length));
  }
  assert.ok(whole.history.some((item) => item >= 0));
});

test("without a length there are no histories, and a length that is no number of items is an error", () => {
  assert.is(rememberLists(log, 0, [log]), log);
  assert.throws(() => rememberLists(log, -1), /historyLength must be an integer of at least 0, got -1/);
});

const small = { seed: 3, trainingLists: 1200, testRequests: 40 };
const returning = worldData({ ...small, scenario: "returning" });

test("users who return see what others see; validation remembers training, and test remembers both", () => {
  const usual = worldData({ ...small, scenario: "default" });
  const { training, validation, test: held } = returning;
  for (const split of ["training", "validation", "test"] as const) {
    const { history: _, historyFeedback: __, historyLength, ...own } = returning[split];
    const { history: ___, historyFeedback: ____, historyLength: none, ...other } = usual[split];
    assert.equal(own, other);
    assert.is(none, 0);
    assert.is(historyLength, 18);
  }
  const lastShown = (logs: readonly ListDataset[], user: number) =>
    logs
      .flatMap((own) => Array.from(own.users, (other, row) => (other === user ? ([own, row] as const) : undefined)))
      .filter((found) => found !== undefined)
      .at(-1);
  let fromValidation = 0;
  held.users.forEach((user, row) => {
    if (held.users.indexOf(user) < row) return;
    const last = lastShown([training, validation], user);
    const items = rememberedIn(held, row).map(([item]) => item);
    const [own, at] = last ?? [];
    if (own === validation) fromValidation++;
    assert.equal(items.slice(-held.listLength), own === undefined ? [] : [...itemsOfList(own, own.exposed, at ?? 0)]);
  });
  assert.ok(fromValidation > 0);
});

test("MIR and PIER read them: other feedback on what was shown gives other scores and other distances", () => {
  const { catalogue, test: held } = returning;
  const batchOf = (dataset: ListDataset) =>
    candidateBatch(
      dataset,
      Int32Array.from({ length: 20 }, (_, row) => row),
    );
  const flipped = { ...held, historyFeedback: held.historyFeedback.map((label) => 1 - label) };
  const { listLength, historyLength } = held;
  const sizes = { width: 8, heads: 2, layers: 1, listLength, historyLength, dropoutRate: 0, seed: 3 };
  const weights = (stream: string) => new Random({ seed: 3, stream, step: 0 });
  const mir = new MultiLevelReranker(catalogue, sizes, weights("mir"));
  const scores = [held, flipped].map((dataset) => [...noGrad(() => mir.forward(batchOf(dataset))).dataSync()]);
  assert.ok(scores[0].some((score, at) => Math.abs(score - scores[1][at]) > 1e-5));
  const pier = new PermutationInterest(catalogue, sizes, weights("pier"));
  const top = tensor(
    Int32Array.from({ length: 20 * listLength }, (_, at) => at % listLength),
    [20, listLength],
  );
  const distances = [held, flipped].map((dataset) =>
    noGrad(() => pier.distances(batchOf(dataset), top, topPermutations(listLength)))?.dataSync(),
  );
  assert.ok(distances[0]?.some((distance, at) => distance !== distances[1]?.[at]));
});

test.run();
