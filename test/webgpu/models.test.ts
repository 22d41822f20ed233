/** Whole models on the WebGPU device: the same losses, gradients and training as on the CPU device. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  candidateBatch,
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
  setDefaultDevice,
  type Tensor,
  type TrainingListener,
  tensor,
  trainGoalRank,
  trainRewardModel,
} from "../../src/index.ts";
import { generatorOptions, log, rewardOptions, world } from "../goalrank/small-world.ts";
import { cpu, testOnDevice } from "./adapter.ts";

const test = suite("models");

const random = () => new Random({ seed: 2, stream: "test", step: 0 });

/** Runs on a device that is the default one meanwhile. */
async function on<Result>(chosen: Device, run: () => Promise<Result>): Promise<Result> {
  setDefaultDevice(chosen);
  try {
    return await run();
  } finally {
    setDefaultDevice(cpu);
  }
}

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
  readonly bytes: number[] = [];
  constructor(private readonly watched: Device) {}
  begin(): void {}
  step(_stage: string, _step: number, { loss }: StepMetrics): void {
    this.losses.push(loss);
    this.bytes.push(this.watched.live.bytes);
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

testOnDevice(
  test,
  "50 steps follow the CPU device's losses, repeat to the bit, and leak nothing",
  async (gpu) => {
    const first = await on(gpu, trainBoth(gpu, 13));
    const again = await on(gpu, trainBoth(gpu, 13));
    const expected = await on(cpu, trainBoth(cpu, 13));
    assert.equal(first.reward.losses, again.reward.losses);
    assert.equal(first.policy.losses, again.policy.losses);
    first.reward.losses.forEach((loss, step) => {
      const reference = expected.reward.losses[step];
      assert.ok(
        Math.abs(loss - reference) < 1e-3 * reference,
        `step ${step}: ${loss}, expected ${reference}`,
      );
    });
    // A sampled list may differ where two candidates are all but tied, and from there on the policies differ a little.
    const mean = (values: number[]) => values.slice(-10).reduce((sum, value) => sum + value, 0) / 10;
    assert.ok(Math.abs(mean(first.policy.losses) / mean(expected.policy.losses) - 1) < 0.05);
    for (const { bytes } of [first.reward, first.policy]) assert.is(bytes[51], bytes[10]);
  },
);

test.run();
