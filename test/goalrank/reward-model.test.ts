import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, feedbackBatch } from "../../src/data/batch.ts";
import type { ListDataset } from "../../src/data/dataset.ts";
import { pearsonCorrelation } from "../../src/evaluation/statistics.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { predictedRewards } from "../../src/goalrank/judge.ts";
import { RewardModel, type RewardModelOptions } from "../../src/goalrank/reward-model.ts";
import { type RewardTaskOptions, rewardTask } from "../../src/goalrank/reward-task.ts";
import { Random } from "../../src/kernels/index.ts";
import { noGrad, tensor } from "../../src/tensor/index.ts";
import { DEFAULT_TRAINING } from "../../src/training/options.ts";
import { train } from "../../src/training/trainer.ts";
import { createWorld } from "../../src/world/embedded-world.ts";
import { drawLog } from "../../src/world/logging-policy.ts";
import { expectedRewards } from "../../src/world/oracle.ts";
import { findScenario } from "../../src/world/scenarios.ts";
import { generatorOptions, log, rewardOptions, world } from "../small-world.ts";

const test = suite("reward model");

const create = (options: Partial<RewardModelOptions> = {}) =>
  new RewardModel(
    world.catalogue,
    { ...rewardOptions, ...options },
    new Random({ seed: 5, stream: "test", step: 0 }),
  ).train(false);

/** Logits of two lists that differ in their last item. */
function logitsOfTwins(model: RewardModel): number[][] {
  return [
    [0, 1, 2, 3],
    [0, 1, 2, 4],
  ].map((list) =>
    noGrad(() => [...model.readLists(candidateBatch(log, [0]), Int32Array.from(list)).positionLogits.dataSync()]),
  );
}

test("read from the top, a position does not see what stands below it", () => {
  const [a, b] = logitsOfTwins(create({ reading: "top-down" }));
  assert.equal(a.slice(0, 3), b.slice(0, 3));
  assert.not.equal(a[3], b[3]);
  const [c, d] = logitsOfTwins(create({ reading: "whole-list" }));
  assert.not.equal(c[0], d[0]);
});

test("scoring groups equals scoring their lists one by one, for either head, with or without a context", () => {
  const lists = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [5, 6, 7, 8],
  ];
  for (const head of ["positions", "total"] as const) {
    for (const contextLayers of [0, 1]) {
      const model = create({ head, contextLayers });
      noGrad(() => {
        const group = tensor(Int32Array.from(lists.flat()), [1, 3, 4]);
        const grouped = model.rewards(candidateBatch(log, [2]), group).dataSync();
        lists.forEach((list, index) => {
          const { positionLogits, totals } = model.readLists(candidateBatch(log, [2]), Int32Array.from(list));
          const single = head === "total" ? totals.itemSync() : positionLogits.sigmoid().sum().itemSync();
          assert.ok(Math.abs(grouped[index] - single) < 1e-5);
        });
      });
    }
  }
});

test("the heads say different things, and only the chosen one gives the reward", () => {
  const [byPosition, byTotal] = [create({ head: "positions" }), create({ head: "total" })];
  noGrad(() => {
    const [own, other] = [byPosition, byTotal].map((model) =>
      model.readLists(candidateBatch(log, [0]), Int32Array.of(0, 1, 2, 3)),
    );
    assert.equal([...own.positionLogits.dataSync()], [...other.positionLogits.dataSync()]);
    assert.is(byTotal.rewardsOf(own).itemSync(), own.totals.itemSync());
    const sum = [...own.positionLogits.dataSync()].reduce((total, z) => total + 1 / (1 + Math.exp(-z)), 0);
    assert.ok(Math.abs(byPosition.rewardsOf(own).itemSync() - sum) < 1e-5);
    assert.ok(Math.abs(sum - own.totals.itemSync()) > 0.1);
  });
});

test("with context layers a reward depends on candidates outside of the list, without them it does not", () => {
  const candidates = log.candidates.slice();
  // Not in the list: position 11 of the first request.
  candidates[11] = (candidates[11] + 1) % world.catalogue.itemCount;
  const changed: ListDataset = { ...log, candidates };
  const list = Int32Array.of(0, 1, 2, 3);
  const rewardsOf = (model: RewardModel, dataset: ListDataset) =>
    noGrad(() => [
      model.rewards(candidateBatch(dataset, [0]), tensor(list, [1, 1, 4])).itemSync(),
      model.rewardsOf(model.readLists(candidateBatch(dataset, [0]), list)).itemSync(),
    ]);
  const alone = create({ contextLayers: 0 });
  assert.equal(rewardsOf(alone, changed), rewardsOf(alone, log));
  const among = create({ contextLayers: 1 });
  const [before, after] = [rewardsOf(among, log), rewardsOf(among, changed)];
  for (const [i, reward] of before.entries()) assert.ok(Math.abs(reward - after[i]) > 1e-6);
});

/** The loss of a task on the first rows. */
async function lossOf(model: RewardModel, options: Partial<RewardTaskOptions>): Promise<number> {
  const settings = { unexposed: "ignore", unseen: { mixed: 0 }, seed: 1, stage: "reward model" } as const;
  const { loss } = await rewardTask(model, log, { ...settings, ...options }).computeLoss(rows, 0);
  return loss.item();
}

const rows = Int32Array.of(3, 0, 7);

test("the loss is the positions' cross-entropy and both heads' squared errors over L", async () => {
  const model = create();
  const batch = feedbackBatch(log, rows);
  const { exposed: lists, feedback: labels } = batch;
  const { positionLogits, totals } = noGrad(() => model.readLists(batch, lists));
  const logits = positionLogits.dataSync();
  const length = log.listLength;
  let crossEntropy = 0;
  let squares = 0;
  [...totals.dataSync()].forEach((total, list) => {
    let [expected, observed] = [0, 0];
    for (let at = list * length; at < (list + 1) * length; at++) {
      const probability = 1 / (1 + Math.exp(-logits[at]));
      crossEntropy -= Math.log(labels[at] === 1 ? probability : 1 - probability) / labels.length;
      expected += probability;
      observed += labels[at];
    }
    squares += ((expected - observed) ** 2 + (total - observed) ** 2) / rows.length;
  });
  const expected = crossEntropy + squares / length;
  assert.ok(Math.abs((await lossOf(model, {})) - expected) < 1e-5);
  assert.ok(Math.abs((await lossOf(model, { unexposed: "negative" })) - expected) < 1e-5);
});

test("lists that nobody saw take part only where what was not shown counts 0", async () => {
  const model = create();
  const generator = new Generator(world.catalogue, generatorOptions, new Random({ seed: 6, stream: "test", step: 0 }));
  const policy = { generator, count: 2, temperature: 1 };
  const shown = await lossOf(model, {});
  assert.is(await lossOf(model, { unseen: { mixed: 2, policy } }), shown);
  const losses = [
    shown,
    await lossOf(model, { unexposed: "negative", unseen: { mixed: 1 } }),
    await lossOf(model, { unexposed: "negative", unseen: { mixed: 2 } }),
    await lossOf(model, { unexposed: "negative", unseen: { mixed: 0, policy } }),
  ];
  assert.is(new Set(losses).size, losses.length);
  assert.ok(losses.every(Number.isFinite));
  assert.ok(generator.parameters().every(({ grad }) => grad === undefined));
});

test("trained on feedback, it predicts what lists of held-out requests are worth", async () => {
  const own = createWorld({ ...findScenario("tiny").options, seed: 1 });
  const training = drawLog(own, { size: 20_000, seed: 1, stream: "training" });
  const held = drawLog(own, { size: 200, seed: 1, stream: "test" });
  const model = new RewardModel(
    own.catalogue,
    { ...rewardOptions, width: 16 },
    new Random({ seed: 1, stream: "test", step: 0 }),
  );
  const task = rewardTask(model, training, {
    unexposed: "ignore",
    unseen: { mixed: 0 },
    seed: 1,
    stage: "reward model",
  });
  await train(task, { ...DEFAULT_TRAINING, batchSize: 64, learningRate: 5e-3 });
  const predicted = await predictedRewards(model, held, held.exposed);
  const correlation = pearsonCorrelation(predicted, expectedRewards(own, held, held.exposed)) ?? 0;
  assert.ok(correlation > 0.6, `${correlation}`);
});

test("appendix B alone is the squared error of what shown lists got, whatever else is drawn elsewhere", async () => {
  const rows = Int32Array.of(3, 8, 1);
  for (const head of ["positions", "total"] as const) {
    const model = create({ head });
    const batch = feedbackBatch(log, rows);
    const { length } = rows;
    const predicted = noGrad(() => {
      const lists = tensor(batch.exposed, [length, 1, batch.listLength]);
      return [...model.rewards(batch, lists).dataSync()];
    });
    const expected = predicted.reduce((sum, reward, row) => {
      const own = batch.feedback.subarray(row * batch.listLength, (row + 1) * batch.listLength);
      return sum + (reward - own.reduce((total, label) => total + label, 0)) ** 2 / length;
    }, 0);
    for (const unexposed of ["ignore", "negative"] as const) {
      const options = { loss: "appendix-b", unexposed, unseen: { mixed: 3 }, seed: 1, stage: "reward model" } as const;
      const { loss } = await rewardTask(model, log, options).computeLoss(rows, 0);
      assert.ok(Math.abs((await loss.item()) - expected) < 1e-5);
    }
  }
});

test.run();
