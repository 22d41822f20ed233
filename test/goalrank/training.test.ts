/** What training promises: nothing leaks, the seed decides every bit, and the models learn. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  DEFAULT_TRAINING,
  defaultDevice,
  Generator,
  mixedLists,
  PointwiseRanker,
  Random,
  RewardModel,
  runExperiment,
  type StepMetrics,
  type TrainingListener,
  trainGoalRank,
  trainPointwiseRanker,
  trainRewardModel,
} from "../../src/index.ts";
import { generatorOptions, log, rewardOptions, smallData, smallExperiment, world } from "./small-world.ts";

const test = suite("training");

const random = () => new Random({ seed: 1, stream: "test", step: 0 });
const models = () => ({
  generator: new Generator(world.catalogue, generatorOptions, random()),
  rewardModel: new RewardModel(world.catalogue, rewardOptions, random()),
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
  const before = defaultDevice().live;
  await trainGoalRank(own, log, { ...DEFAULT_TRAINING, batchSize: 16, epochs: 13 }, undefined, listener);
  assert.is(listener.live.length, 52);
  assert.equal(listener.live[51], listener.live[0]);
  assert.equal(defaultDevice().live, before);

  const rewardListener = new LiveListener();
  await trainRewardModel(
    own.rewardModel,
    log,
    "negative",
    { ...DEFAULT_TRAINING, batchSize: 16, epochs: 13 },
    rewardListener,
  );
  assert.equal(rewardListener.live[51], rewardListener.live[0]);
  assert.equal(defaultDevice().live, before);
});

test("every step reports what it used", async () => {
  const listener = new LiveListener();
  await trainGoalRank(models(), log, { ...DEFAULT_TRAINING, batchSize: 32 }, undefined, listener);
  const [first] = listener.metrics;
  const names = [
    "loss",
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

test("mixed lists count what was not shown as 0, and hold shown and other candidates", () => {
  const rows = Int32Array.from({ length: log.size }, (_, row) => row);
  const { lists, labels } = mixedLists(log, rows, { seed: 1, stream: "test", step: 0 });
  let shownCount = 0;
  rows.forEach((row) => {
    const shown = [...log.exposed.slice(row * log.listLength, (row + 1) * log.listLength)];
    const list = [...lists.slice(row * log.listLength, (row + 1) * log.listLength)];
    assert.is(new Set(list).size, log.listLength);
    list.forEach((position, t) => {
      const at = shown.indexOf(position);
      if (at >= 0) shownCount++;
      const expected = at < 0 ? 0 : log.feedback[row * log.listLength + at];
      assert.is(labels[row * log.listLength + t], expected);
    });
  });
  const share = shownCount / lists.length;
  assert.ok(share > 0.35 && share < 0.65, `${share}`);
});

test("the same seed trains the same experiment, to the bit; GoalRank learns to please its reward model", async () => {
  const run = async (seed: number) => (await runExperiment(smallData(), { ...smallExperiment, seed })).rows;
  const rows = await run(1);
  assert.equal(await run(1), rows);
  assert.not.equal(await run(2), rows);
  const predicted = new Map(rows.map((row) => [row.method, row.predictedReward]));
  assert.ok((predicted.get("GoalRank") ?? 0) > (predicted.get("random") ?? 0));
  const regrets = new Map(rows.map((row) => [row.method, row.regret]));
  assert.is(regrets.get("oracle (beam search)"), 0);
  assert.ok((regrets.get("GoalRank") ?? 0) > 0);
});

test("a batch of nothing is an error, not a loop without end", async () => {
  const { pointwise } = models();
  const options = { ...DEFAULT_TRAINING, batchSize: 0 };
  let message = "";
  await trainPointwiseRanker(pointwise, log, "ignore", options).catch((error) => {
    message = error.message;
  });
  assert.is(message, "training: batchSize must be a positive integer, got 0");
});

test("disposing a model frees its weights and tables", () => {
  const before = defaultDevice().live;
  const made = models();
  for (const model of Object.values(made)) model.dispose();
  assert.equal(defaultDevice().live, before);
});

test.run();
