/** Whole models on the WebGPU device: the same losses, gradients and training as on the CPU device. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  candidateBatch,
  DEFAULT_GROUPS,
  DEFAULT_TRAINING,
  type Device,
  Generator,
  type ListDataset,
  listBatch,
  type Module,
  meanSquaredError,
  PointwiseRanker,
  Random,
  RewardModel,
  type StepMetrics,
  scope,
  type Tensor,
  type TrainingListener,
  tensor,
  trainGoalRank,
  trainPointwiseRanker,
  trainRewardModel,
} from "../../src/index.ts";
import { generatorOptions, log, rewardOptions, world } from "../goalrank/small-world.ts";
import { cpu, on, testOnDevice } from "./adapter.ts";

const test = suite("models");

const random = () => new Random({ seed: 2, stream: "test", step: 0 });

/** The loss of a model, and every parameter's gradient of it. */
async function differentiate(
  model: Module,
  computeLoss: () => Tensor,
): Promise<Map<string, ArrayLike<number>>> {
  using _ = scope();
  const loss = computeLoss();
  loss.backward();
  const found = new Map<string, ArrayLike<number>>([["loss", await loss.data()]]);
  for (const [name, { grad }] of model.namedParameters()) {
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
const lists = (dataset: ListDataset) => dataset.exposed.slice(0, rows.length * dataset.listLength);

testOnDevice(test, "the reward model's loss and gradients agree with the CPU device's", async (gpu) => {
  const run = () => {
    const model = new RewardModel(world.catalogue, rewardOptions, random());
    return differentiate(model, () => {
      const logits = model.positionLogits(model.encode(listBatch(log, rows, lists(log))));
      return meanSquaredError(logits, tensor(log.feedback.slice(0, logits.size), logits.shape));
    });
  };
  compareAll(await on(gpu, run), await on(cpu, run));
});

testOnDevice(test, "the generator's loss and gradients agree with the CPU device's", async (gpu) => {
  const run = () => {
    const model = new Generator(world.catalogue, generatorOptions, random());
    return differentiate(model, () => {
      const memory = model.encode(candidateBatch(log, rows));
      return model.logProbabilities(memory, lists(log), 1).mean();
    });
  };
  compareAll(await on(gpu, run), await on(cpu, run));
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
    const rewardModel = new RewardModel(world.catalogue, rewardOptions, random());
    const generator = new Generator(world.catalogue, generatorOptions, random());
    const pointwise = new PointwiseRanker(world.catalogue, 8, random());
    const options = { ...DEFAULT_TRAINING, batchSize: 16, epochs };
    await trainRewardModel(rewardModel, log, "ignore", options, reward);
    await trainGoalRank({ generator, rewardModel, pointwise }, log, options, undefined, policy);
    for (const model of [rewardModel, generator, pointwise]) model.dispose();
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

testOnDevice(
  test,
  "200 steps of every training loop leave as much storage live as the tenth",
  async (gpu) => {
    const notes = { pointwise: new Notes(gpu), policy: new Notes(gpu) };
    const groups = { ...DEFAULT_GROUPS, policy: 2, pointwise: 1, random: 1, substitution: 1 };
    // 16 steps in each of 13 passes over the 64 requests.
    const options = { ...DEFAULT_TRAINING, batchSize: 4, epochs: 13 };
    const before = gpu.live;
    await on(gpu, async () => {
      const rewardModel = new RewardModel(world.catalogue, rewardOptions, random());
      const generator = new Generator(world.catalogue, generatorOptions, random());
      const pointwise = new PointwiseRanker(world.catalogue, 8, random());
      await trainPointwiseRanker(pointwise, log, "negative", options, notes.pointwise);
      await trainGoalRank({ generator, rewardModel, pointwise }, log, options, groups, notes.policy);
      for (const model of [rewardModel, generator, pointwise]) model.dispose();
    });
    for (const { live } of [notes.pointwise, notes.policy]) {
      assert.is(live.length, 208);
      assert.equal(live[207], live[9]);
    }
    assert.equal(gpu.live, before, "nor does anything outlive training and its models");
  },
);

test.run();
