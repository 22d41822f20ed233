/** A generator that is trained towards other objectives than Eq. 5, by their names. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { selectRows } from "../../../src/data/dataset.ts";
import { mean } from "../../../src/evaluation/statistics.ts";
import { Generator } from "../../../src/goalrank/generator.ts";
import { predictedRewards } from "../../../src/goalrank/judge.ts";
import { RewardModel, type RewardModelOptions } from "../../../src/goalrank/reward-model.ts";
import { Random } from "../../../src/kernels/index.ts";
import { byPolicy, rankRequests } from "../../../src/methods/answering.ts";
import {
  DEFAULT_POLICY,
  isGroupObjective,
  OBJECTIVES,
  type ObjectiveName,
  type PolicyOptions,
} from "../../../src/methods/objectives/objective-settings.ts";
import { type PolicyModels, policyTask } from "../../../src/methods/objectives/policy-task.ts";
import { PointwiseRanker } from "../../../src/methods/pointwise-ranker.ts";
import { DEFAULT_TRAINING } from "../../../src/training/options.ts";
import { train } from "../../../src/training/trainer.ts";
import { generatorOptions, log, rewardOptions, world } from "../../small-world.ts";

const test = suite("objectives of the policy task");

const random = (stream: string) => new Random({ seed: 3, stream, step: 0 });
const requests = selectRows(
  log,
  Array.from({ length: 32 }, (_, row) => row),
);

async function createModels(options: Partial<RewardModelOptions> = {}): Promise<PolicyModels> {
  const create = () => new Generator(world.catalogue, generatorOptions, random("generator"));
  return {
    generator: create(),
    reference: create().train(false),
    judge: new RewardModel(world.catalogue, { ...rewardOptions, ...options }, random("reward model")).train(false),
    pointwise: new PointwiseRanker(world.catalogue, 8, random("pointwise")),
  };
}

const optionsOf = (objective: ObjectiveName, changes: Partial<PolicyOptions> = {}): PolicyOptions => ({
  ...DEFAULT_POLICY,
  set: [{ source: "policy", count: 8 }],
  objective,
  ...changes,
});

async function rewardOf({ generator, judge }: PolicyModels): Promise<number> {
  generator.train(false);
  const { lists } = await rankRequests(byPolicy(generator), requests);
  return mean(await predictedRewards(judge, requests, lists));
}

for (const objective of OBJECTIVES.filter((name) => name !== "imitation")) {
  test(`${objective} makes lists that the judge likes better`, async () => {
    const models = await createModels();
    const before = await rewardOf(models);
    const options = optionsOf(objective, { beta: objective.endsWith("grpo") ? 0.01 : 0.5 });
    const training = { ...DEFAULT_TRAINING, epochs: 25, batchSize: 16, learningRate: 0.01, seed: 1 };
    await train(policyTask(models, requests, options, { seed: 1 }), training);
    const after = await rewardOf(models);
    assert.ok(after > before + 0.02, `${before} ${after}`);
  });
}

test("imitation learns the lists of the log", async () => {
  const models = await createModels();
  const losses: number[] = [];
  const listener = {
    begin() {},
    step: (_: string, _step: number, { loss }: { loss: number }) => losses.push(loss),
    validation() {},
    end() {},
  };
  const training = { ...DEFAULT_TRAINING, epochs: 25, batchSize: 16, learningRate: 0.01, seed: 1 };
  await train(policyTask(models, requests, optionsOf("imitation"), { seed: 1 }), training, { listener });
  assert.ok((losses.at(-1) ?? 0) < 0.6 * losses[0], `${losses[0]} ${losses.at(-1)}`);
});

test("what an objective cannot learn from is an error before anything is trained", async () => {
  const models = await createModels();
  const taskOf =
    (options: PolicyOptions, own = models) =>
    () =>
      policyTask(own, requests, options, { seed: 1 });
  for (const objective of ["reinforce", "grpo", "rank-grpo"] as const) {
    const set = [
      { source: "policy", count: 4 },
      { source: "random", count: 1 },
    ] as const;
    assert.throws(taskOf(optionsOf(objective, { set })), /lists of the policy itself.*"source":"random"/);
    const warm = [{ source: "policy", count: 4, temperature: 2 }] as const;
    assert.throws(taskOf(optionsOf(objective, { set: warm })), /at temperature 1/);
  }
  assert.not.throws(taskOf(optionsOf("dpo", { set: DEFAULT_POLICY.set })));
  assert.throws(taskOf(optionsOf("dpo"), { ...models, reference: undefined }), /needs a reference/);
  assert.throws(taskOf(optionsOf("grpo", { clip: 0 })), /groups\.clip: expected a number over 0, got 0/);
  assert.throws(taskOf(optionsOf("dpo", { beta: -1 })), /groups\.beta: expected a number of at least 0/);
  assert.throws(taskOf(optionsOf("ppo" as ObjectiveName)), /groups\.objective: expected one of .*, got "ppo"/);
  assert.ok(isGroupObjective("dpo") && !isGroupObjective("goalrank"));
  const total = await createModels({ head: "total" });
  const step = async () =>
    policyTask(total, requests, optionsOf("rank-grpo"), { seed: 1 }).computeLoss(Int32Array.of(0, 1), 0);
  assert.match(
    await step().then(
      () => "no error",
      (error: Error) => error.message,
    ),
    /what each position earns/,
  );
});

test.run();
