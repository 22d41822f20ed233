/** What training promises: nothing leaks, the seed decides every bit, and the models learn. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Generator } from "../../src/goalrank/generator.ts";
import { goalRankTask } from "../../src/goalrank/goalrank-task.ts";
import { DEFAULT_GROUPS } from "../../src/goalrank/groups/group-settings.ts";
import { RewardModel } from "../../src/goalrank/reward-model.ts";
import { rewardTask } from "../../src/goalrank/reward-task.ts";
import { Random } from "../../src/kernels/index.ts";
import { PointwiseRanker, pointwiseTask } from "../../src/methods/pointwise-ranker.ts";
import { run } from "../../src/run/compare.ts";
import { defaultDevice } from "../../src/tensor/index.ts";
import type { StepMetrics, TrainingListener } from "../../src/training/listener.ts";
import { DEFAULT_TRAINING } from "../../src/training/options.ts";
import { train } from "../../src/training/trainer.ts";
import { generatorOptions, log, rewardOptions, smallData, smallExperiment, world } from "../small-world.ts";

const test = suite("training");

const random = () => new Random({ seed: 1, stream: "test", step: 0 });
const models = () => ({
  generator: new Generator(world.catalogue, generatorOptions, random()),
  judge: new RewardModel(world.catalogue, rewardOptions, random()),
  pointwise: new PointwiseRanker(world.catalogue, 8, random()),
});

/** Notes the live storage after each step. */
class LiveListener implements TrainingListener {
  readonly live: { buffers: number; bytes: number }[] = [];
  readonly metrics: StepMetrics[] = [];
  begin(): void {}
  step(_stage: string, _step: number, metrics: StepMetrics): void {
    this.live.push(defaultDevice().live);
    this.metrics.push(metrics);
  }
  end(): void {}
}

test("50 training steps leave live buffers and bytes as the first step left them", async () => {
  const listener = new LiveListener();
  const own = models();
  const options = { ...DEFAULT_TRAINING, batchSize: 16, epochs: 13 };
  const before = defaultDevice().live;
  await train(goalRankTask(own, log, DEFAULT_GROUPS, { seed: 1 }), options, { listener });
  assert.is(listener.live.length, 52);
  assert.equal(listener.live[51], listener.live[0]);
  assert.equal(defaultDevice().live, before);

  const rewardListener = new LiveListener();
  const unseen = { mixed: 1, policy: { generator: own.generator, count: 2, temperature: 1 } };
  const settings = { unexposed: "negative", unseen, seed: 1, stage: "reward model" } as const;
  await train(rewardTask(own.judge, log, settings), options, { listener: rewardListener });
  assert.equal(rewardListener.live[51], rewardListener.live[0]);
  assert.equal(defaultDevice().live, before);
});

test("every step reports what it used", async () => {
  const listener = new LiveListener();
  const options = { ...DEFAULT_TRAINING, batchSize: 32 };
  await train(goalRankTask(models(), log, DEFAULT_GROUPS, { seed: 1 }), options, { listener });
  const [first] = listener.metrics;
  const names = [
    "loss",
    "groupLoss",
    "learningRate",
    "gradientNorm",
    "spread",
    "policyEntropy",
    "referenceEntropy",
    "divergence",
  ];
  for (const name of [...names, "reward policy", "reward random", "zeroSpread", "duplicates"]) {
    assert.ok(Number.isFinite(first[name]), `${name} is ${first[name]}`);
  }
  // An untrained policy is nearly uniform over the 12 * 11 * 10 * 9 lists.
  assert.ok(Math.abs(first.policyEntropy - Math.log(12 * 11 * 10 * 9)) < 1, `${first.policyEntropy}`);
});

test("the same seed trains the same experiment, to the bit; GoalRank learns to please its reward model", async () => {
  const rowsOf = async (seed: number) => (await run(smallData(), { ...smallExperiment, seed })).result.rows;
  const rows = await rowsOf(1);
  assert.equal(await rowsOf(1), rows);
  assert.not.equal(await rowsOf(2), rows);
  const predicted = new Map(rows.map((row) => [row.method, row.predictedReward]));
  assert.ok((predicted.get("GoalRank") ?? 0) > (predicted.get("random") ?? 0));
  const regrets = new Map(rows.map((row) => [row.method, row.regret]));
  assert.is(regrets.get("oracle"), 0);
  assert.ok((regrets.get("GoalRank") ?? 0) > 0);
});

test("a batch of nothing is an error, not a loop without end", async () => {
  const { pointwise } = models();
  const options = { ...DEFAULT_TRAINING, batchSize: 0 };
  let message = "";
  await train(pointwiseTask(pointwise, log, "ignore"), options).catch((error) => {
    message = error.message;
  });
  assert.is(message, "training.batchSize: expected an integer of at least 1, got 0");
});

test("disposing a model frees its weights and tables", () => {
  const before = defaultDevice().live;
  const made = models();
  for (const model of Object.values(made)) model.dispose();
  assert.equal(defaultDevice().live, before);
});

test.run();
