import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  candidateBatch,
  createWorld,
  DEFAULT_TRAINING,
  drawLog,
  expectedRewards,
  findScenario,
  listBatch,
  noGrad,
  pearsonCorrelation,
  predictedRewards,
  Random,
  RewardModel,
  tensor,
  trainRewardModel,
} from "../../src/index.ts";
import { log, rewardOptions, world } from "./small-world.ts";

const test = suite("reward model");

const create = (reading: "top-down" | "whole-list") =>
  new RewardModel(
    world.catalogue,
    { ...rewardOptions, reading },
    new Random({ seed: 5, stream: "test", step: 0 }),
  ).train(false);

/** Logits of two lists that differ in their last item. */
function logitsOfTwins(model: RewardModel): number[][] {
  return [
    [0, 1, 2, 3],
    [0, 1, 2, 4],
  ].map((list) =>
    noGrad(() => [
      ...model.positionLogits(model.encode(listBatch(log, [0], Int32Array.from(list)))).dataSync(),
    ]),
  );
}

test("read from the top, a position does not see what stands below it", () => {
  const [a, b] = logitsOfTwins(create("top-down"));
  assert.equal(a.slice(0, 3), b.slice(0, 3));
  assert.not.equal(a[3], b[3]);
  const [c, d] = logitsOfTwins(create("whole-list"));
  assert.not.equal(c[0], d[0]);
});

test("scoring groups equals scoring their lists one by one", () => {
  const model = create("top-down");
  const lists = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [5, 6, 7, 8],
  ];
  noGrad(() => {
    const features = model.encode(candidateBatch(log, [2]));
    const grouped = model.rewards(features, tensor(Int32Array.from(lists.flat()), [1, 3, 4])).dataSync();
    lists.forEach((list, index) => {
      const logits = model.positionLogits(model.encode(listBatch(log, [2], Int32Array.from(list))));
      const single = logits.sigmoid().sum().itemSync();
      assert.ok(Math.abs(grouped[index] - single) < 1e-5);
    });
  });
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
  await trainRewardModel(model, training, "ignore", {
    ...DEFAULT_TRAINING,
    batchSize: 64,
    learningRate: 5e-3,
  });
  const predicted = await predictedRewards(model, held, held.exposed);
  const correlation = pearsonCorrelation(predicted, expectedRewards(own, held, held.exposed)) ?? 0;
  assert.ok(correlation > 0.6, `${correlation}`);
});

test.run();
