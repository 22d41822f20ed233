/** Whole models on the WebGPU device: the same losses, gradients and training as on the CPU device. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, feedbackBatch } from "../../../src/data/batch.ts";
import { FeatureEncoder } from "../../../src/goalrank/feature-encoder.ts";
import { Generator } from "../../../src/goalrank/generator.ts";
import { goalRankTask } from "../../../src/goalrank/goalrank-task.ts";
import { DEFAULT_GROUPS, type GroupOptions } from "../../../src/goalrank/groups/group-settings.ts";
import { imitationTask } from "../../../src/goalrank/imitation-task.ts";
import { listwiseLoss } from "../../../src/goalrank/listwise-loss.ts";
import { RewardModel, type RewardModelOptions } from "../../../src/goalrank/reward-model.ts";
import { rewardTask } from "../../../src/goalrank/reward-task.ts";
import { type Device, Random } from "../../../src/kernels/index.ts";
import { PointwiseRanker, pointwiseTask } from "../../../src/methods/pointwise-ranker.ts";
import { PersonalisedReranker } from "../../../src/methods/prm.ts";
import { scoringTask } from "../../../src/methods/scoring/scoring-method.ts";
import { scope, tensor } from "../../../src/tensor/index.ts";
import type { StepMetrics, TrainingListener } from "../../../src/training/listener.ts";
import { DEFAULT_TRAINING } from "../../../src/training/options.ts";
import { type TrainingTask, train } from "../../../src/training/trainer.ts";
import { generatorOptions, log, rewardOptions, world } from "../../small-world.ts";
import { cpu, on, testOnDevice } from "./adapter.ts";

const test = suite("models");

const random = () => new Random({ seed: 2, stream: "test", step: 0 });

/** The loss of a task on its first rows, and every parameter's gradient of it. */
async function differentiate(task: TrainingTask): Promise<Map<string, ArrayLike<number>>> {
  using _ = scope();
  const { loss } = await task.computeLoss(rows, 0);
  loss.backward();
  const found = new Map<string, ArrayLike<number>>([["loss", await loss.data()]]);
  for (const [name, { grad }] of task.model.namedParameters()) {
    if (grad !== undefined) found.set(name, await grad.data());
  }
  return found;
}

/**
 * Every tensor of `actual` within 1e-4 of the largest element of that of `expected`; 1e-6 for gradients that are 0 in
 * exact arithmetic, as that of a bias which shifts all logits.
 */
function compareAll(actual: Map<string, ArrayLike<number>>, expected: Map<string, ArrayLike<number>>): void {
  assert.equal([...actual.keys()], [...expected.keys()]);
  for (const [name, values] of expected) {
    const largest = Array.from(values).reduce((high, value) => Math.max(high, Math.abs(value)), 0);
    const own = actual.get(name) ?? [];
    for (let i = 0; i < values.length; i++) {
      const difference = Math.abs(own[i] - values[i]);
      assert.ok(difference <= 1e-4 * largest + 1e-6, `${name}[${i}] is ${own[i]}, expected ${values[i]}`);
    }
  }
}

const rows = Int32Array.from({ length: 8 }, (_, row) => row);

const createReward = (options: Partial<RewardModelOptions> = {}) =>
  new RewardModel(world.catalogue, { ...rewardOptions, ...options }, random());
const createGenerator = () => new Generator(world.catalogue, generatorOptions, random());
const createPointwise = () => new PointwiseRanker(world.catalogue, 8, random());

const rewardSettings = { unexposed: "negative", unseen: { mixed: 1 }, seed: 1, stage: "reward model" } as const;

/** The mean log-probability of the exposed lists, which every loss of a generator is made of. */
function likelihoodTask(): TrainingTask {
  const model = createGenerator();
  const computeLoss = () => {
    const memory = model.encode(candidateBatch(log, rows));
    return { loss: model.logProbabilities(memory, feedbackBatch(log, rows).exposed, 1).mean() };
  };
  return { stage: "generator", model, size: log.size, computeLoss };
}

function createPrmTask(): TrainingTask {
  const options = { width: 8, heads: 2, layers: 1, candidateCount: 12, dropoutRate: 0, seed: 3 };
  return scoringTask(
    "prm",
    new PersonalisedReranker(world.catalogue, createPointwise(), options, random()),
    listwiseLoss,
    log,
    "negative",
  );
}

const tasks: readonly (readonly [string, () => TrainingTask])[] = [
  ["the reward model", () => rewardTask(createReward(), log, { ...rewardSettings, unexposed: "ignore" })],
  [
    "a reward model that sees all candidates",
    () => rewardTask(createReward({ contextLayers: 1, reading: "whole-list" }), log, rewardSettings),
  ],
  ["the generator", likelihoodTask],
  ["imitation of positives", () => imitationTask(createGenerator(), log, "positives")],
  ["PRM", createPrmTask],
];

for (const [name, create] of tasks) {
  testOnDevice(test, `${name}: loss and gradients agree with the CPU device's`, async (gpu) => {
    const run = () => differentiate(create());
    compareAll(await on(gpu, run), await on(cpu, run));
  });
}

testOnDevice(test, "observed features are encoded as on the CPU device", async (gpu) => {
  const features = { width: 2, data: Float32Array.of(0.5, -1, 2, 0, -0.25, 3) };
  const categories = {
    vocabularySize: 5,
    slots: 3,
    indices: Int32Array.of(1, 2, 3, 4, 0, 0, 2, 3, 0),
    weights: Float32Array.of(1, 0.5, 0.5, 1, 0, 0, 1, 1, 0),
    unknown: Int32Array.of(1),
  };
  const run = async () => {
    const encoder = FeatureEncoder.of(features, categories, 8, random());
    const numbers = tensor(Int32Array.of(2, 0, 1, 1), [2, 2]);
    return encoder === undefined ? [] : [...(await encoder.forward(numbers).data())];
  };
  const [own, expected] = [await on(gpu, run), await on(cpu, run)];
  assert.is(own.length, 2 * 2 * 8);
  own.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) < 1e-5, `${i}: ${value}, ${expected[i]}`);
  });
});

/** Notes the loss and the live storage after each step. */
class Notes implements TrainingListener {
  readonly losses: number[] = [];
  readonly live: Device["live"][] = [];
  constructor(private readonly watched: Device) {}
  begin(): void {}
  step(_stage: string, _step: number, { loss }: StepMetrics): void {
    this.losses.push(loss);
    this.live.push(this.watched.live);
  }
  end(): void {}
}

/** Trains a reward model, and a generator towards it, and notes every step. */
function trainBoth(on: Device, epochs: number): () => Promise<{ reward: Notes; policy: Notes }> {
  return async () => {
    const [reward, policy] = [new Notes(on), new Notes(on)];
    const models = { generator: createGenerator(), judge: createReward(), pointwise: createPointwise() };
    const options = { ...DEFAULT_TRAINING, batchSize: 16, epochs };
    const learning = rewardTask(models.judge, log, { ...rewardSettings, unexposed: "ignore" });
    await train(learning, options, { listener: reward });
    await train(goalRankTask(models, log, DEFAULT_GROUPS, { seed: 1 }), options, { listener: policy });
    for (const model of Object.values(models)) model.dispose();
    return { reward, policy };
  };
}

testOnDevice(test, "50 steps follow the CPU device's losses, and repeat to the bit", async (gpu) => {
  const first = await on(gpu, trainBoth(gpu, 13));
  const again = await on(gpu, trainBoth(gpu, 13));
  const expected = await on(cpu, trainBoth(cpu, 13));
  assert.equal(first.reward.losses, again.reward.losses);
  assert.equal(first.policy.losses, again.policy.losses);
  first.reward.losses.forEach((loss, step) => {
    const reference = expected.reward.losses[step];
    assert.ok(Math.abs(loss - reference) < 1e-3 * reference, `step ${step}: ${loss}, expected ${reference}`);
  });
  // A sampled list may differ where two candidates are all but tied, and from there on the policies differ a little.
  const mean = (values: number[]) => values.slice(-10).reduce((sum, value) => sum + value, 0) / 10;
  assert.ok(Math.abs(mean(first.policy.losses) / mean(expected.policy.losses) - 1) < 0.05);
});

testOnDevice(test, "200 steps of every training loop leave as much storage live as the tenth", async (gpu) => {
  const notes = { pointwise: new Notes(gpu), policy: new Notes(gpu) };
  const groups: GroupOptions = {
    ...DEFAULT_GROUPS,
    set: [
      { source: "policy", count: 2 },
      { source: "pointwise", count: 1, temperature: 0.5 },
      { source: "random", count: 1 },
      { source: "substitution", count: 1 },
    ],
  };
  // 16 steps in each of 13 passes over the 64 requests.
  const options = { ...DEFAULT_TRAINING, batchSize: 4, epochs: 13 };
  const before = gpu.live;
  await on(gpu, async () => {
    const models = { generator: createGenerator(), judge: createReward(), pointwise: createPointwise() };
    await train(pointwiseTask(models.pointwise, log, "negative"), options, { listener: notes.pointwise });
    await train(goalRankTask(models, log, groups, { seed: 1 }), options, { listener: notes.policy });
    for (const model of Object.values(models)) model.dispose();
  });
  for (const { live } of [notes.pointwise, notes.policy]) {
    assert.is(live.length, 208);
    assert.equal(live[207], live[9]);
  }
  assert.equal(gpu.live, before, "nor does anything outlive training and its models");
});

test.run();
