/** What PRM and the imitation of the log learn: their losses by hand, and that they can fit what they are shown. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, feedbackBatch } from "../../src/data/batch.ts";
import { type ListDataset, selectRows } from "../../src/data/dataset.ts";
import { candidateLabels } from "../../src/data/labels.ts";
import { rankByScore } from "../../src/evaluation/ranking-metrics.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { type Imitation, imitationTask } from "../../src/goalrank/imitation-task.ts";
import { listwiseLoss } from "../../src/goalrank/listwise-loss.ts";
import { Random } from "../../src/kernels/index.ts";
import { byScores, rankRequests } from "../../src/methods/answering.ts";
import { PointwiseRanker, pointwiseTask } from "../../src/methods/pointwise-ranker.ts";
import { PersonalisedReranker } from "../../src/methods/prm.ts";
import { scoringTask } from "../../src/methods/scoring/scoring-method.ts";
import { noGrad } from "../../src/tensor/index.ts";
import { DEFAULT_TRAINING } from "../../src/training/options.ts";
import { type TrainingTask, train } from "../../src/training/trainer.ts";
import { generatorOptions, log, world } from "../small-world.ts";

const test = suite("PRM and imitation");

const WIDTH = 16;
const random = (stream: string) => new Random({ seed: 2, stream, step: 0 });
const lists32 = selectRows(
  log,
  Int32Array.from({ length: 32 }, (_, row) => row),
);
const { candidateCount: candidates, listLength: length } = log;

function createPrm(): PersonalisedReranker {
  const options = { width: WIDTH, heads: 2, layers: 1, candidateCount: candidates, dropoutRate: 0, seed: 3 };
  const pointwise = new PointwiseRanker(world.catalogue, WIDTH, random("pointwise"));
  return new PersonalisedReranker(world.catalogue, pointwise, options, random("PRM"));
}

const createGenerator = () =>
  new Generator(world.catalogue, { ...generatorOptions, width: WIDTH }, random("generator"));

/** The loss of all rows of a task. */
async function lossOf(task: TrainingTask): Promise<number> {
  const rows = Int32Array.from({ length: task.size }, (_, row) => row);
  const { loss } = await task.computeLoss(rows, 0);
  return loss.item();
}

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
  const model = createPrm();
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
  const model = createPrm();
  const task = scoringTask("prm", model, listwiseLoss, lists32, "negative");
  // The least that a softmax can lose on P positives of equal share is log P.
  const floor = count(labelRows(lists32).map((labels) => Math.log(Math.max(1, count(labels))))) / 32;
  const before = (await lossOf(task)) - floor;
  await train(task, {
    ...DEFAULT_TRAINING,
    epochs: 250,
    batchSize: 32,
    learningRate: 1e-2,
    weightDecay: 0,
  });
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

test("PRM reads the initial ranking: its order counts, and the order in which candidates stand does not", () => {
  const model = createPrm();
  // The scores themselves are also a feature of each candidate; here only their order is to count.
  model.namedParameters().get("encoder.fromScore.weight")?.assign(new Float32Array(WIDTH));
  const personal = random("scores");
  const distinct = rescored((_, at) => (at * 5) % candidates);
  const score = (dataset: ListDataset) =>
    noGrad(() => model.forward(candidateBatch(dataset, [0, 1])).dataSync());
  // The pointwise ranker inside sees the scores as well, so it must not be what makes the difference.
  const unscored = new PointwiseRanker(world.catalogue, WIDTH, personal);
  unscored.namedParameters().get("encoder.fromScore.weight")?.assign(new Float32Array(WIDTH));
  Object.assign(model, { personal: () => unscored });

  const before = score(distinct);
  const stretched = score({ ...distinct, retrieverScores: distinct.retrieverScores.map((s) => 3 * s + 1) });
  assert.equal(stretched, before);
  const reversed = score({ ...distinct, retrieverScores: distinct.retrieverScores.map((s) => -s) });
  assert.not.equal(reversed, before);

  const order = random("order").permutation(candidates);
  const moved = <Column extends Int32Array | Float32Array>(column: Column): Column =>
    column.map(
      (_, at) => column[Math.floor(at / candidates) * candidates + order[at % candidates]],
    ) as Column;
  const movedScores = score({
    ...distinct,
    candidates: moved(distinct.candidates),
    retrieverScores: moved(distinct.retrieverScores),
  });
  movedScores.forEach((value, at) => {
    near(value, before[Math.floor(at / candidates) * candidates + order[at % candidates]]);
  });
});

test("candidates of equal score share a rank in PRM", () => {
  const model = createPrm();
  const [first, second] = [lists32.candidates[0], lists32.candidates[1]];
  const same = (a: number, b: number): ListDataset => {
    const own = lists32.candidates.slice();
    [own[0], own[1]] = [a, b];
    return { ...rescored(() => 0.5), candidates: own };
  };
  const score = (dataset: ListDataset) =>
    noGrad(() => model.forward(candidateBatch(dataset, [0])).dataSync());
  const [before, after] = [score(same(first, second)), score(same(second, first))];
  near(after[0], before[1]);
  near(after[1], before[0]);
});

/** log pi of the first `counted` items of given lists, by the generator's own steps: [S]. */
function prefixLikelihoods(
  model: Generator,
  lists: readonly number[][],
  counted: readonly number[],
): number[] {
  const rows = lists.map((_, row) => row);
  const steps = noGrad(() => {
    const memory = model.encode(candidateBatch(lists32, rows));
    return model.stepLogProbabilities(memory, Int32Array.from(lists.flat()), 1).dataSync();
  });
  return rows.map((row) =>
    Array.from({ length: counted[row] }, (_, t) => steps[row * length + t]).reduce((a, b) => a + b, 0),
  );
}

const shownLists = Array.from({ length: 32 }, (_, row) => [
  ...lists32.exposed.subarray(row * length, (row + 1) * length),
]);
const shownLabels = Array.from({ length: 32 }, (_, row) => [
  ...lists32.feedback.subarray(row * length, (row + 1) * length),
]);

test("imitation of lists is the likelihood of what was shown", async () => {
  const model = createGenerator();
  const logs = prefixLikelihoods(
    model,
    shownLists,
    shownLists.map(() => length),
  );
  near(await lossOf(imitationTask(model, lists32, "list")), -count(logs) / 32, 1e-4);
});

test("imitation of positives is the likelihood of the positives as if they had stood on top", async () => {
  const model = createGenerator();
  const moved = shownLists.map((list, row) => [
    ...list.filter((_, t) => shownLabels[row][t] === 1),
    ...list.filter((_, t) => shownLabels[row][t] === 0),
  ]);
  const logs = prefixLikelihoods(model, moved, shownLabels.map(count));
  assert.not.equal(moved, shownLists);
  near(await lossOf(imitationTask(model, lists32, "positives")), -count(logs) / 32, 1e-4);
  // The dataset is as it was.
  assert.equal([...lists32.exposed.subarray(0, length)], shownLists[0]);
  assert.equal([...lists32.feedback.subarray(0, length)], shownLabels[0]);
});

for (const imitation of ["list", "positives"] satisfies Imitation[]) {
  test(`imitation of ${imitation} fits 32 lists`, async () => {
    const model = createGenerator();
    const task = imitationTask(model, lists32, imitation);
    const before = await lossOf(task);
    await train(task, {
      ...DEFAULT_TRAINING,
      epochs: 250,
      batchSize: 32,
      learningRate: 1e-2,
      weightDecay: 0,
    });
    const after = await lossOf(task);
    assert.ok(after < 0.02 * before, `${before} fell to ${after}`);
    const greedy = noGrad(() => {
      const memory = model.encode(candidateBatch(lists32, [...shownLists.keys()]));
      return model.decode(memory, { lists: 1 }).dataSync();
    });
    shownLists.forEach((list, row) => {
      const own = [...greedy.subarray(row * length, (row + 1) * length)];
      const positives = list.filter((_, t) => shownLabels[row][t] === 1);
      if (imitation === "list") assert.equal(own, list);
      else assert.equal(own.slice(0, positives.length), positives);
    });
  });
}

test("where shown items are no candidates, what is left of a list is imitated, and scorers learn from it", async () => {
  const exposed = lists32.exposed.map((position, at) => (at % 3 === 0 ? -1 : position));
  const dataset = { ...lists32, exposed };
  const model = createGenerator();
  for (const imitation of ["list", "positives"] satisfies Imitation[]) {
    const isCounted = (row: number) => (_: number, t: number) =>
      exposed[row * length + t] >= 0 && (imitation === "list" || shownLabels[row][t] === 1);
    const kept = shownLists.map((list, row) => list.filter(isCounted(row)));
    // What stands after the counted items changes nothing.
    const filled = kept.map((list, row) => [
      ...list,
      ...Array.from({ length: candidates }, (_, n) => n)
        .filter((n) => !shownLists[row].includes(n))
        .slice(0, length - list.length),
    ]);
    assert.ok(kept.some((list) => list.length < length));
    const logs = prefixLikelihoods(
      model,
      filled,
      kept.map((list) => list.length),
    );
    near(await lossOf(imitationTask(model, dataset, imitation)), -count(logs) / 32, 1e-4);
  }
  const pointwise = new PointwiseRanker(world.catalogue, WIDTH, random("pointwise"));
  for (const task of [
    pointwiseTask(pointwise, dataset, "negative"),
    scoringTask("prm", createPrm(), listwiseLoss, dataset, "negative"),
  ]) {
    assert.ok(Number.isFinite(await lossOf(task)));
  }
});

test.run();
