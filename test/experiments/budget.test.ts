/** What is counted of a method's budget. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../src/data/batch.ts";
import { budgetOf, JudgedLists, StageCosts, sharedNeeds } from "../../src/experiments/budget.ts";
import { splitLines } from "../../src/experiments/split-lines.ts";
import { JudgeEnsemble, type ListJudge } from "../../src/goalrank/judge.ts";
import { findMethod } from "../../src/methods/index.ts";
import { Module } from "../../src/nn/index.ts";
import { DEFAULT_RUN, LOG_RUN } from "../../src/run/settings.ts";
import { full, type Tensor, tensor } from "../../src/tensor/index.ts";
import { log } from "../small-world.ts";

class Constant extends Module implements ListJudge {
  rewards(batch: Parameters<ListJudge["rewards"]>[0], lists: Tensor): Tensor {
    return this.positionRewards(batch, lists).sum(2);
  }
  positionRewards(_: Parameters<ListJudge["rewards"]>[0], lists: Tensor): Tensor {
    return full(lists.shape, 0.5);
  }
}

test("lists are counted once each, whatever the judge asks itself; the judge stays what it is", () => {
  const judged = new JudgedLists();
  const judge = judged.counting(new JudgeEnsemble([new Constant()], 0));
  const batch = candidateBatch(log, [0, 1]);
  const lists = tensor(new Int32Array(2 * 3 * 4), [2, 3, 4]);
  assert.equal([...judge.rewards(batch, lists).dataSync()], [2, 2, 2, 2, 2, 2]);
  assert.is(judged.count, 6);
  judge.positionRewards?.(batch, lists);
  assert.is(judged.count, 12);
  assert.instance(judge, JudgeEnsemble);
  const plain: ListJudge = { rewards: (_, asked) => full(asked.shape.slice(0, 2), 1) };
  assert.is(judged.counting(plain).positionRewards, undefined);
});

test("steps of all stages add up, and those of some", () => {
  const costs = new StageCosts();
  for (const [stage, steps] of [
    ["DNN", 3],
    ["reward model", 4],
  ] as const) {
    costs.begin(stage, steps);
    costs.end(stage);
  }
  assert.is(costs.total().steps, 7);
  assert.is(costs.total((stage) => stage === "DNN").steps, 3);
  assert.ok(costs.total().cpuSeconds >= 0);
});

test("a budget says how a method learned as tuned, and nothing of one that did not", () => {
  const settings = {
    ...DEFAULT_RUN,
    tuned: { prm: { epochs: 7 }, goalrank: { hyperparameters: { referenceTemperature: 1 } } },
  };
  const { learningRate, batchSize, weightDecay } = DEFAULT_RUN.feedbackTraining;
  assert.equal(budgetOf("prm", settings, 12), {
    metrics: { learningRate, batchSize, weightDecay, epochs: 7, steps: 12 },
    facts: { start: "scratch", hyperparameters: "entireSpace 0, historyLoss 0" },
  });
  const { metrics, facts } = budgetOf("goalrank", settings, 3);
  assert.is(metrics.referenceTemperature, 1);
  assert.equal(facts, { start: "reward", hyperparameters: "referenceTemperature 1" });
  assert.equal(budgetOf("random", settings, 0), { metrics: {}, facts: {} });
});

test("a method needs the shared models that it reads, with what these start from", () => {
  assert.equal(sharedNeeds(findMethod("random"), DEFAULT_RUN), []);
  assert.equal(sharedNeeds(findMethod("prm"), DEFAULT_RUN), ["pointwise"]);
  const ofLog = { ...LOG_RUN, reward: { ...LOG_RUN.reward, kind: "list", start: "imitation" } } as const;
  assert.ok(sharedNeeds(findMethod("pier-permutations"), ofLog).includes("imitation"));
});

test("a trial gives a line for each split that it measured", () => {
  const trial = { experiment: "table1", dataset: "d", method: "PRM", seed: 2, variant: "", key: "k", facts: {} };
  const metrics = { ndcg: 0.5, hit: 0.25, "validation ndcg": 0.75, "validation requests": 9, seconds: 1 };
  assert.equal(splitLines({ ...trial, metrics }), [
    { dataset: "d", method: "prm", seed: 2, split: "validation", ndcg: 0.75 },
    { dataset: "d", method: "prm", seed: 2, split: "test", hit: 0.25, ndcg: 0.5 },
  ]);
  assert.equal(splitLines({ ...trial, metrics: { seconds: 1 } }), []);
});

test.run();
