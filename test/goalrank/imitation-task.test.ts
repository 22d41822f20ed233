/** The imitation of the log: its losses by hand, and that it fits what it is shown. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../src/data/batch.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { type Imitation, imitationTask } from "../../src/goalrank/imitation-task.ts";
import { noGrad } from "../../src/tensor/index.ts";
import { train } from "../../src/training/trainer.ts";
import { lists32, lossOf, OVERFITTING, random, WIDTH } from "../methods/small-context.ts";
import { generatorOptions, log, world } from "../small-world.ts";

const test = suite("imitation");

const { candidateCount: candidates, listLength: length } = log;

const createGenerator = () =>
  new Generator(world.catalogue, { ...generatorOptions, width: WIDTH }, random("generator"));

function near(actual: number, expected: number, tolerance = 1e-5): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

const count = (labels: readonly number[]) => labels.reduce((sum, label) => sum + label, 0);

/** log pi of the first `counted` items of given lists, by the generator's own steps: [S]. */
function prefixLikelihoods(model: Generator, lists: readonly number[][], counted: readonly number[]): number[] {
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
    await train(task, OVERFITTING);
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

test("where shown items are no candidates, what is left of a list is imitated", async () => {
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
});

test.run();
