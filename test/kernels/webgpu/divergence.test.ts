/** Training that breaks stops at the step where it broke, and says what broke and what to do, on every device. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Generator } from "../../../src/goalrank/generator.ts";
import { goalRankTask } from "../../../src/goalrank/goalrank-task.ts";
import { DEFAULT_GROUPS } from "../../../src/goalrank/groups/group-settings.ts";
import { RewardModel } from "../../../src/goalrank/reward-model.ts";
import { type Device, Random } from "../../../src/kernels/index.ts";
import { PointwiseRanker, pointwiseTask } from "../../../src/methods/pointwise-ranker.ts";
import { NonFiniteError } from "../../../src/nn/index.ts";
import type { Tensor } from "../../../src/tensor/index.ts";
import type { StepMetrics, TrainingListener } from "../../../src/training/listener.ts";
import { DEFAULT_TRAINING } from "../../../src/training/options.ts";
import { train } from "../../../src/training/trainer.ts";
import { generatorOptions, log, rewardOptions, world } from "../../small-world.ts";
import { cpu, on, testOnDevice } from "./adapter.ts";

const test = suite("divergence");

const random = () => new Random({ seed: 1, stream: "test", step: 0 });

async function failureOf(run: () => Promise<unknown>): Promise<NonFiniteError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof NonFiniteError) return error;
    throw error;
  }
  throw new Error("training did not fail");
}

/** Counts the steps that were reported. */
class StepCount implements TrainingListener {
  steps = 0;
  begin(): void {}
  step(_stage: string, _step: number, _metrics: StepMetrics): void {
    this.steps++;
  }
  end(): void {}
}

/** Writes `value` to the second element. */
async function poison(tensor: Tensor, value: number): Promise<void> {
  const data = await tensor.data();
  data[1] = value;
  tensor.assign(data);
}

const advice =
  /; lower the learning rate, clip gradients to a smaller norm, or check the features for NaN and huge numbers$/;

async function refusesPoisonedParameter(device: Device): Promise<void> {
  const generator = new Generator(world.catalogue, generatorOptions, random());
  const judge = new RewardModel(world.catalogue, rewardOptions, random());
  const pointwise = new PointwiseRanker(world.catalogue, 8, random());
  const [name, parameter] = [...generator.namedParameters()][3];
  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    await poison(parameter, value);
    const before = device.live;
    const steps = new StepCount();
    const task = goalRankTask({ generator, judge, pointwise }, log, DEFAULT_GROUPS, { seed: 1 });
    const { message } = await failureOf(() => train(task, DEFAULT_TRAINING, { listener: steps }));
    const start = `GoalRank, before step 1: NaN or infinity in ${name} (1 of ${parameter.size} numbers);`;
    assert.ok(message.startsWith(start), message);
    assert.match(message, advice);
    assert.is(steps.steps, 0);
    assert.equal(device.live, before, "nothing leaks");
  }
  for (const model of [generator, judge, pointwise]) model.dispose();
}

async function stopsAtAbsurdLearningRate(device: Device): Promise<void> {
  const model = new PointwiseRanker(world.catalogue, 8, random());
  const before = device.live;
  const steps = new StepCount();
  const options = { ...DEFAULT_TRAINING, batchSize: 16, epochs: 5, learningRate: 1e30 };
  const { message } = await failureOf(() => train(pointwiseTask(model, log, "ignore"), options, { listener: steps }));
  assert.match(
    message,
    /^DNN, step \d+ of 20: NaN or infinity in (the gradient of )?[a-zA-Z]+\.[a-zA-Z.0-9]+ \(\d+ of/,
  );
  assert.match(message, advice);
  const [, step] = /step (\d+) of/.exec(message) ?? [];
  assert.ok(steps.steps < 5, `stopped after ${steps.steps} steps`);
  assert.is(Number(step), steps.steps + 1, "the step is the one that was not reported");
  assert.equal(device.live, before, "nothing leaks");
  model.dispose();
}

async function stopsAtInfiniteLabels(): Promise<void> {
  const model = new PointwiseRanker(world.catalogue, 8, random());
  const feedback = Float32Array.from(log.feedback);
  feedback[5] = Number.POSITIVE_INFINITY;
  const options = { ...DEFAULT_TRAINING, batchSize: 64 };
  const poisoned = { ...log, feedback };
  const { message } = await failureOf(() => train(pointwiseTask(model, poisoned, "ignore"), options));
  assert.match(message, /^DNN, step 1 of 1: NaN or infinity in /);

  model.dispose();
}

const promises: readonly (readonly [string, (device: Device) => Promise<void>])[] = [
  ["a parameter that is not finite is named before anything is trained", refusesPoisonedParameter],
  ["an absurd learning rate stops training within a few steps", stopsAtAbsurdLearningRate],
  ["labels that are not finite stop training at the first step", stopsAtInfiniteLabels],
];

for (const [promise, check] of promises) {
  test(`on the CPU, ${promise}`, () => on(cpu, () => check(cpu)));
  testOnDevice(test, `on a GPU, ${promise}`, (gpu) => on(gpu, () => check(gpu)));
}

test.run();
