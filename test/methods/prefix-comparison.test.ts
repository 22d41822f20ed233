/** Decoding by comparison: comparisons are antisymmetric, learn what a judge prefers, and decide what is written. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../src/data/batch.ts";
import type { ListJudge } from "../../src/goalrank/judge.ts";
import { PointwiseRanker } from "../../src/methods/pointwise-ranker.ts";
import { PREFIX_COMPARISON, PrefixComparator, prefixTask } from "../../src/methods/prefix-comparison.ts";
import { noGrad, tensor } from "../../src/tensor/index.ts";
import { train } from "../../src/training/trainer.ts";
import { log, world } from "../small-world.ts";
import { checkGradients } from "./check-gradients.ts";
import { assertRanked, createSchool, learned, lists32, lossOf, OVERFITTING, random } from "./small-context.ts";

const test = suite("prefix comparison");

const { listLength, candidateCount: candidates } = log;
const shape = { width: 8, heads: 2, layers: 1, dropoutRate: 0, seed: 3, listLength };
const createModel = () => new PrefixComparator(world.catalogue, shape, random("prefixes"));
const pointwise = new PointwiseRanker(world.catalogue, 8, random("pointwise"));

/** A list is worth what the retriever says of its first item. */
const byFirst: ListJudge = {
  rewards: ({ host, items }, lists) => {
    const [requests, group, length] = lists.shape;
    const places = lists.dataSync();
    return tensor(
      Float32Array.from({ length: requests * group }, (_, at) => {
        return host.scores[Math.floor(at / group) * items.shape[1] + places[at * length]];
      }),
      [requests, group],
    );
  },
};
const models = { judge: byFirst, pointwise };

test("a comparison is the opposite of that of the same two the other way round", () => {
  const model = createModel();
  const states = tensor(
    Float32Array.from({ length: 48 }, (_, i) => Math.sin(i)),
    [2, 3, 8],
  );
  const own = noGrad(() => model.compare(states).dataSync());
  own.forEach((value, at) => {
    const [row, i, j] = [Math.floor(at / 9), Math.floor(at / 3) % 3, at % 3];
    assert.ok(Math.abs(value + own[row * 9 + j * 3 + i]) < 1e-6);
  });
});

test("what is decoded next has won the most comparisons of prefixes", () => {
  const model = createModel();
  const batch = candidateBatch(lists32, [0]);
  const [logits, comparisons] = noGrad(() => {
    const memory = model.encode(batch);
    const second = model.advance(memory, model.begin(memory, 1), tensor(Int32Array.of(2), [1, 1]));
    const lists = Int32Array.from({ length: candidates * 2 }, (_, at) => (at % 2 === 0 ? 2 : Math.floor(at / 2)));
    const compared = model.comparePrefixes(batch, tensor(lists, [1, candidates, 2]));
    return [second.logits.dataSync(), compared.dataSync().subarray(candidates ** 2)];
  });
  logits.forEach((share, n) => {
    const wins = [...comparisons.subarray(n * candidates, (n + 1) * candidates)].map((c) => 1 / (1 + Math.exp(-c)));
    assert.ok(Math.abs(share - wins.reduce((sum, win) => sum + win, 0) / candidates) < 1e-5);
  });
});

test("every parameter's gradient agrees with central differences", () =>
  checkGradients(prefixTask(createModel(), models, log, 4)));

test("it learns which of two lists a judge prefers", async () => {
  const task = prefixTask(createModel(), models, lists32, 4);
  const before = await lossOf(task);
  await train(task, { ...OVERFITTING, epochs: 40 });
  const after = await lossOf(task);
  assert.ok(after < 0.8 * before, `${before} ${after}`);
});

test("it learns on the tiny world and ranks distinct candidates", async () => {
  const { rank } = await learned(PREFIX_COMPARISON, await createSchool(log));
  assertRanked(log, await rank(log));
});

test.run();
