/** Judges of lists on cases that are worked out by hand. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, type RequestBatch } from "../../src/data/batch.ts";
import { DiscountedItemJudge, JudgeEnsemble, type ListJudge } from "../../src/goalrank/judge.ts";
import { RewardModel } from "../../src/goalrank/reward-model.ts";
import { Random } from "../../src/kernels/index.ts";
import { PointwiseRanker } from "../../src/methods/pointwise-ranker.ts";
import { Module } from "../../src/nn/index.ts";
import { noGrad, type Tensor, tensor } from "../../src/tensor/index.ts";
import { log, rewardOptions, world } from "../small-world.ts";
import { throwsMessage } from "../throws-message.ts";

const test = suite("list judges");

const random = (stream: string) => new Random({ seed: 2, stream, step: 0 });
const batch = candidateBatch(log, [0, 1]);
const lists = tensor(Int32Array.of(0, 1, 2, 3, 5, 4, 3, 2, 11, 10, 9, 8, 1, 3, 5, 7), [2, 2, 4]);

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  assert.is(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) < tolerance, `${i}: ${actual[i]}, expected ${expected[i]}`);
  }
}

/** Always of the same opinion on two lists of two requests. */
class FixedJudge extends Module implements ListJudge {
  constructor(private readonly opinion: readonly number[]) {
    super();
  }

  rewards(_batch: RequestBatch, _lists: Tensor): Tensor {
    return tensor(Float32Array.from(this.opinion), [2, 2]);
  }
}

const opinions = [
  [1, 0, 4, 2],
  [3, 0, 1, 2],
  [5, 3, 1, 2],
];
const members = opinions.map((opinion) => new FixedJudge(opinion));

test("an ensemble's reward is the mean less pessimism times the population's deviation", () => {
  const means = [3, 1, 2, 2];
  const deviations = [Math.sqrt(8 / 3), Math.sqrt(2), Math.sqrt(2), 0];
  for (const pessimism of [0, 0.5, 2]) {
    const rewards = new JudgeEnsemble(members, pessimism).rewards(batch, lists);
    assert.equal(rewards.shape, [2, 2]);
    close(
      rewards.dataSync(),
      means.map((value, i) => value - pessimism * deviations[i]),
    );
  }
});

test("an ensemble of one says what that one says, at any pessimism", () => {
  const model = new RewardModel(world.catalogue, rewardOptions, random("reward model")).train(false);
  noGrad(() => {
    const own = [...model.rewards(batch, lists).dataSync()];
    assert.equal([...new JudgeEnsemble([model], 3).rewards(batch, lists).dataSync()], own);
    // Members that agree have no deviation to take off, but for rounding.
    close(new JudgeEnsemble([model, model, model], 1).rewards(batch, lists).dataSync(), own, 1e-4);
  });
});

test("an ensemble of nobody, or one that is an optimist, is an error", () => {
  throwsMessage(() => new JudgeEnsemble([], 0), "ensemble: expected at least one judge");
  for (const pessimism of [-1, Number.NaN]) {
    throwsMessage(
      () => new JudgeEnsemble(members, pessimism),
      `ensemble: pessimism must not be negative, got ${pessimism}`,
    );
  }
});

test("an ensemble's members are its modules", () => {
  const models = ["first", "second"].map((name) => new RewardModel(world.catalogue, rewardOptions, random(name)));
  const ensemble = new JudgeEnsemble(models, 1).train(false);
  assert.ok(models.every((model) => !model.training));
  assert.is(ensemble.parameterCount(), 2 * models[0].parameterCount());
});

test("the item judge adds up probabilities over log2 of the position and one", () => {
  const scorer = new PointwiseRanker(world.catalogue, 8, random("pointwise"));
  noGrad(() => {
    const logits = scorer.forward(batch).dataSync();
    const positions = lists.dataSync();
    const expected = [0, 1, 2, 3].map((list) => {
      const start = list * 4;
      const request = Math.floor(list / 2);
      return [1, Math.log2(3), 2, Math.log2(5)].reduce((sum, discount, t) => {
        const logit = logits[request * log.candidateCount + positions[start + t]];
        return sum + 1 / (1 + Math.exp(-logit)) / discount;
      }, 0);
    });
    const rewards = new DiscountedItemJudge(scorer).rewards(batch, lists);
    assert.equal(rewards.shape, [2, 2]);
    close(rewards.dataSync(), expected);
  });
});

test.run();
