/** Solutions of lecture 4. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Generator, groupSize } from "../../../examples/course/4-goalrank.ts";
import { LISTS, type List, truth } from "../../../examples/course/six-films.ts";
import { AdamW } from "../../../src/nn/index.ts";
import { groupCrossEntropy, noGrad, Random, scope, tensor } from "../../../src/tensor/index.ts";

type Draw = (probabilities: ArrayLike<number>, random: Random) => readonly List[];

const byChance: Draw = (_, random) => {
  const group = new Set<List>();
  while (group.size < groupSize) group.add(LISTS[random.integer(LISTS.length)]);
  return [...group];
};

const byPolicy: Draw = (probabilities, random) => {
  const noisy = LISTS.map((list, i) => ({ list, value: Math.log(probabilities[i]) + random.gumbel() }));
  return noisy
    .sort((a, b) => b.value - a.value)
    .slice(0, groupSize)
    .map(({ list }) => list);
};

/** The probabilities of all lists after training with `judge` on the groups of `draw`. */
async function learned(judge: (list: List) => number, draw: Draw, steps = 120): Promise<ArrayLike<number>> {
  const generator = new Generator();
  const optimiser = new AdamW(generator.parameters(), { learningRate: 0.02 });
  const probabilities = () => noGrad(() => generator.logProbabilities(LISTS).exp()).data();
  for (let step = 0; step < steps; step++) {
    using _ = scope();
    const lists = draw(await probabilities(), new Random({ seed: 1, stream: "groups", step }));
    generator.zeroGrad();
    const logs = generator.logProbabilities(lists).reshape([1, lists.length]);
    groupCrossEntropy(tensor([lists.map(judge)]), logs)
      .loss.mean()
      .backward();
    optimiser.step();
  }
  return probabilities();
}

const expected = (reward: (list: List) => number, probabilities: ArrayLike<number>) =>
  LISTS.reduce((sum, list, i) => sum + probabilities[i] * reward(list), 0);

test("b: with all lists in every step, training ends at their reference policy, not at the best list", async () => {
  const probabilities = await learned(truth, () => LISTS, 300);
  const { referencePolicy } = groupCrossEntropy(tensor([LISTS.map(truth)]), tensor([LISTS.map(() => 0)]));
  const reference = await referencePolicy.data();
  assert.ok(Math.abs(expected(truth, probabilities) - expected(truth, reference)) < 0.01);
  assert.ok(Math.abs(expected(truth, probabilities) - 1.427) < 0.01);
  assert.ok(Math.max(...Array.from(probabilities)) < 0.1);
});

test("c: a judge that is kind to two dramas is hacked: what it expects rises, the truth falls", async () => {
  const kind = (list: List) => truth(list) + Number(list.includes(4) && list.includes(5));
  const start = await noGrad(() => new Generator().logProbabilities(LISTS).exp()).data();
  const end = await learned(kind, byPolicy);
  assert.ok(expected(kind, end) > expected(kind, start) + 0.3, `${expected(kind, end)}`);
  assert.ok(expected(truth, end) < expected(truth, start) - 0.03, `${expected(truth, end)}`);
});

test("d: groups by chance alone end near the reference policy of all lists; the policy's own go beyond it", async () => {
  const [chance, own] = [await learned(truth, byChance), await learned(truth, byPolicy)];
  assert.ok(expected(truth, chance) < 1.45, `${expected(truth, chance)}`);
  assert.ok(expected(truth, own) > expected(truth, chance) + 0.05, `${expected(truth, own)}`);
  assert.ok(Math.max(...Array.from(own)) > 3 * Math.max(...Array.from(chance)));
});

test.run();
