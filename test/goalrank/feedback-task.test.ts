/** Batches with requests of several shapes: what is lost on them, and what is said of them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { feedbackTask, partStream } from "../../src/goalrank/feedback-task.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { imitationTask } from "../../src/goalrank/imitation-task.ts";
import { RewardModel } from "../../src/goalrank/reward-model.ts";
import { rewardTask } from "../../src/goalrank/reward-task.ts";
import { MatchingGenerator, matchingTask } from "../../src/methods/nar4rec.ts";
import { PointwiseRanker, pointwiseTask } from "../../src/methods/pointwise-ranker.ts";
import { Random, scope, tensor } from "../../src/tensor/index.ts";
import type { TrainingTask } from "../../src/training/trainer.ts";
import { trimmedRows } from "../mixed-lists.ts";
import { generatorOptions, log, rewardOptions, world } from "../small-world.ts";

const test = suite("feedback task");

const mixed = trimmedRows(log, [
  [log.candidateCount, log.listLength],
  [5, 2],
  [4, 3],
]);
const rows = Int32Array.of(4, 0, 1, 2, 5, 3, 7);
const random = () => new Random({ seed: 1, stream: "weights", step: 0 });

/** The loss on those rows, and the gradient of every parameter, flat. */
async function learned(task: TrainingTask, rows: Int32Array): Promise<{ loss: number; gradients: number[] }> {
  using _ = scope();
  for (const parameter of task.model.parameters()) parameter.grad = undefined;
  const { loss } = await task.computeLoss(rows, 0);
  loss.backward();
  const gradients = [...task.model.parameters()].flatMap(({ grad }) => [...(grad?.dataSync() ?? [])]);
  return { loss: loss.itemSync(), gradients };
}

/** Tasks that draw nothing at random. */
const tasks: Readonly<Record<string, () => TrainingTask>> = {
  "the DNN": () => pointwiseTask(new PointwiseRanker(world.catalogue, 8, random()), mixed, "negative"),
  imitation: () => imitationTask(new Generator(world.catalogue, generatorOptions, random()), mixed, "list"),
  "the reward model": () => {
    const model = new RewardModel(world.catalogue, rewardOptions, random());
    return rewardTask(model, mixed, { unexposed: "ignore", unseen: { mixed: 0 }, seed: 1, stage: "reward" });
  },
  NAR4Rec: () => {
    const options = { ...rewardOptions, stream: "matching" };
    return matchingTask(new MatchingGenerator(world.catalogue, options, random()), mixed, "matching");
  },
};

for (const [name, create] of Object.entries(tasks)) {
  test(`of several shapes ${name} loses the mean of what single requests lose, and learns the mean`, async () => {
    const task = create();
    const together = await learned(task, rows);
    const alone: { loss: number; gradients: number[] }[] = [];
    for (const row of rows) alone.push(await learned(task, Int32Array.of(row)));
    const close = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-6);
    close(together.loss, alone.reduce((sum, { loss }) => sum + loss, 0) / rows.length);
    together.gradients.forEach((gradient, at) => {
      close(gradient, alone.reduce((sum, { gradients }) => sum + gradients[at], 0) / rows.length);
    });
    assert.ok(together.gradients.some((gradient) => Math.abs(gradient) > 1e-3));
  });
}

test("of what parts say of themselves, counts add up and the rest is a mean over requests", async () => {
  const model = new PointwiseRanker(world.catalogue, 8, random());
  const parts: [size: number, part: number][] = [];
  const task = feedbackTask("test", model, mixed, ({ size }, _step, part) => {
    parts.push([size, part]);
    const onlyFirst = part === 0 ? { first: 3 } : {};
    return { loss: tensor([size]).sum(), describe: async () => ({ tokens: 10 * size, reward: part, ...onlyFirst }) };
  });
  const { loss, describe } = await task.computeLoss(rows, 0);
  assert.equal(parts, [
    [3, 0],
    [2, 1],
    [2, 2],
  ]);
  assert.ok(Math.abs(loss.itemSync() - (9 + 4 + 4) / 7) < 1e-6);
  const { reward, ...counted } = (await describe?.()) ?? {};
  assert.equal(counted, { tokens: 70, first: 3 });
  assert.ok(Math.abs(reward - (0 * 3 + 1 * 2 + 2 * 2) / 7) < 1e-9);
});

test("each part of a batch draws by itself, the first as a batch of one shape does", () => {
  assert.equal(
    [0, 1, 2].map((part) => partStream("GoalRank", part)),
    ["GoalRank", "GoalRank, shape 2", "GoalRank, shape 3"],
  );
});

test.run();
