/** PRM: its loss by hand, that it fits what it is shown, what it reads, and PRM as a method. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, feedbackBatch } from "../../src/data/batch.ts";
import type { ListDataset } from "../../src/data/dataset.ts";
import { candidateLabels } from "../../src/data/labels.ts";
import { rankByScore } from "../../src/evaluation/ranking-metrics.ts";
import { listwiseLoss } from "../../src/goalrank/listwise-loss.ts";
import { byScores, rankRequests } from "../../src/methods/answering.ts";
import { PointwiseRanker, pointwiseTask } from "../../src/methods/pointwise-ranker.ts";
import { PersonalisedReranker, PRM, PRM_AS_THEY_COME } from "../../src/methods/prm.ts";
import { scoringTask } from "../../src/methods/scoring/scoring-method.ts";
import { noGrad } from "../../src/tensor/index.ts";
import { train } from "../../src/training/trainer.ts";
import { world } from "../small-world.ts";
import { assertEquivariant, assertLearns, assertReadsInitialRanking, hideScores } from "./scoring/scoring-checks.ts";
import {
  createSchool,
  itemsOf,
  learned,
  lists32,
  lossOf,
  OVERFITTING,
  random,
  reordered,
  WIDTH,
} from "./small-context.ts";

const test = suite("PRM");

function createModel(pointwise = new PointwiseRanker(world.catalogue, WIDTH, random("pointwise"))) {
  const { candidateCount } = lists32;
  const options = { width: WIDTH, heads: 2, layers: 1, candidateCount, dropoutRate: 0, seed: 3 };
  return new PersonalisedReranker(world.catalogue, pointwise, options, random("PRM"));
}

const { candidateCount: candidates, listLength: length } = lists32;

function near(actual: number, expected: number, tolerance = 1e-5): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

/** Labels of the candidates of each row: [S][N]. */
const labelRows = (dataset: ListDataset) =>
  Array.from({ length: dataset.size }, (_, row) => [...candidateLabels(feedbackBatch(dataset, [row]))]);

const count = (labels: readonly number[]) => labels.reduce((sum, label) => sum + label, 0);

test("PRM's loss is the cross-entropy of the positives, among all or among what was shown, 0 for a request without one", async () => {
  const feedback = lists32.feedback.slice();
  feedback.fill(0, 0, length);
  const dataset = { ...lists32, feedback };
  const model = createModel();
  const scores = noGrad(() => model.forward(candidateBatch(dataset, [...labelRows(dataset).keys()])));
  const values = scores.dataSync();
  /** The mean loss where a request's softmax is over the candidates that `places` names. */
  const lossOver = (places: (row: number) => readonly number[]) => {
    const losses = labelRows(dataset).map((labels, row) => {
      const own = places(row).map((n) => ({ score: values[row * candidates + n], label: labels[n] }));
      const logTotal = Math.log(own.reduce((sum, { score }) => sum + Math.exp(score), 0));
      const total = own.reduce((sum, { score, label }) => sum - label * (score - logTotal), 0);
      return total / Math.max(1, count(labels));
    });
    assert.is(losses[0], 0);
    return count(losses) / losses.length;
  };
  const all = Array.from({ length: candidates }, (_, n) => n);
  const shown = (row: number) => [...dataset.exposed.subarray(row * length, (row + 1) * length)];
  assert.ok(labelRows(dataset).some((labels) => count(labels) > 1));
  near(
    await lossOf(scoringTask("prm", model, listwiseLoss, dataset, "negative")),
    lossOver(() => all),
  );
  near(await lossOf(scoringTask("prm", model, listwiseLoss, dataset, "ignore")), lossOver(shown));
});

test("PRM fits 32 lists: nothing is lost beyond the spread over several positives, and they come first", async () => {
  const model = createModel();
  const task = scoringTask("prm", model, listwiseLoss, lists32, "negative");
  // The least that a softmax can lose on P positives of equal share is log P.
  const floor = count(labelRows(lists32).map((labels) => Math.log(Math.max(1, count(labels))))) / 32;
  const before = (await lossOf(task)) - floor;
  await train(task, OVERFITTING);
  const after = (await lossOf(task)) - floor;
  assert.ok(before > 0.5, `${before}`);
  assert.ok(after < 0.02, `${after}`);
  const { scores } = await rankRequests(byScores(model), lists32);
  labelRows(lists32).forEach((labels, row) => {
    const ranked = rankByScore(scores.subarray(row * candidates, (row + 1) * candidates));
    const top = [...ranked.subarray(0, count(labels))];
    assert.is(count(top.map((n) => labels[n])), count(labels));
  });
});

/** Requests whose retriever scores are changed. */
const rescored = (change: (score: number, at: number) => number): ListDataset => ({
  ...lists32,
  retrieverScores: lists32.retrieverScores.map(change),
});

test("candidates of equal score share a rank in PRM", () => {
  const model = createModel();
  const [first, second] = [lists32.candidates[0], lists32.candidates[1]];
  const same = (a: number, b: number): ListDataset => {
    const own = lists32.candidates.slice();
    [own[0], own[1]] = [a, b];
    return { ...rescored(() => 0.5), candidates: own };
  };
  const score = (dataset: ListDataset) => noGrad(() => model.forward(candidateBatch(dataset, [0])).dataSync());
  const [before, after] = [score(same(first, second)), score(same(second, first))];
  near(after[0], before[1]);
  near(after[1], before[0]);
});

test("where shown items are no candidates, scorers learn from the others", async () => {
  const exposed = lists32.exposed.map((position, at) => (at % 3 === 0 ? -1 : position));
  const dataset = { ...lists32, exposed };
  const pointwise = new PointwiseRanker(world.catalogue, WIDTH, random("pointwise"));
  for (const task of [
    pointwiseTask(pointwise, dataset, "negative"),
    scoringTask("prm", createModel(), listwiseLoss, dataset, "negative"),
  ]) {
    assert.ok(Number.isFinite(await lossOf(task)));
  }
});

test("where candidates stand changes nothing", () => assertEquivariant(createModel(), lists32));

test("it reads the initial ranking", () => {
  const pointwise = new PointwiseRanker(world.catalogue, WIDTH, random("pointwise"));
  hideScores(pointwise);
  assertReadsInitialRanking(createModel(pointwise));
});

test("with the order in which candidates come for the initial ranking, it answers by where they stand", async () => {
  const school = await createSchool(lists32);
  const order = [...lists32.candidates.subarray(0, lists32.candidateCount).keys()].reverse();
  const backwards = reordered(lists32, order);
  for (const [method, sees] of [
    [PRM, false],
    [PRM_AS_THEY_COME, true],
  ] as const) {
    const { rank } = await learned(method, school);
    const lists = itemsOf(lists32, await rank(lists32));
    const moved = itemsOf(backwards, await rank(backwards));
    if (sees) assert.not.equal(moved, lists);
    else assert.equal(moved, lists);
  }
});

test("it learns on the tiny world and ranks distinct candidates", () => assertLearns(PRM));

test.run();
