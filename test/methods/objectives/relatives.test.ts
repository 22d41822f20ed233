/** Objectives of the wider literature on small groups, against what their formulas give by hand. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { GroupEvidence, Objective, ObjectiveOptions } from "../../../src/methods/objectives/evidence.ts";
import { GROUP_OBJECTIVES } from "../../../src/methods/objectives/objective-settings.ts";
import { reinforce } from "../../../src/methods/objectives/policy-gradient.ts";
import { trajectoryBalance } from "../../../src/methods/objectives/trajectory-balance.ts";
import { groupCrossEntropy, scope, type Tensor, tensor } from "../../../src/tensor/index.ts";

const test = suite("objectives by hand");

const options: ObjectiveOptions = { clip: 0.2, beta: 0.5, referenceTemperature: 0.5 };
const row = (values: readonly number[]) => tensor(Float64Array.from(values), [1, values.length]);

/** Four lists of one item; the last repeats the third. */
const LOGS = [-1, -2.5, -0.3, -0.3];
const REFERENCE = [-1.2, -1.5, -0.9, -0.9];
const REWARDS = [2, 1, 0.5, 0.5];
const KEPT = [0, 1, 2];
const SCORES = LOGS.map((log, g) => options.beta * (log - REFERENCE[g]));

function evidence(changes: Partial<GroupEvidence> = {}): GroupEvidence {
  const steps = (values: readonly number[]) => row(values).reshape([1, values.length, 1]);
  return {
    steps: steps(LOGS),
    sampledSteps: steps(LOGS),
    referenceSteps: steps(REFERENCE),
    rewards: row(REWARDS),
    positionRewards: undefined,
    distinct: tensor(Int32Array.of(1, 1, 1, 0), [1, 4]),
    ...changes,
  };
}

const numberOf = (loss: Tensor) => loss.dataSync()[0];

function assertLoss(name: keyof typeof GROUP_OBJECTIVES, expected: number): void {
  using _ = scope();
  const actual = numberOf(GROUP_OBJECTIVES[name].objective(evidence(), options));
  assert.ok(Math.abs(actual - expected) < 1e-9, `${name}: ${actual} is not ${expected}`);
}

const softplus = (x: number) => Math.log1p(Math.exp(x));
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

test("DPO on all pairs is the mean of RankNet's losses of the three pairs", () => {
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 2],
  ];
  assertLoss("dpo-all-pairs", total(pairs.map(([i, j]) => softplus(SCORES[j] - SCORES[i]))) / 3);
});

test("ListMLE is the Plackett-Luce likelihood of the order of rewards", () => {
  const weights = LOGS.map(Math.exp);
  const first = weights[0] / (weights[0] + weights[1] + weights[2]);
  assertLoss("listmle", -Math.log(first * (weights[1] / (weights[1] + weights[2]))));
});

test("PRO weighs every list against those below it by how far below they are", () => {
  const term = (own: number, gap: number, below: readonly (readonly [number, number])[]) => {
    const against = below.map(([log, distance]) => Math.exp(log * distance));
    return -Math.log(Math.exp(own * gap) / (Math.exp(own * gap) + total(against)));
  };
  const first = term(LOGS[0], 1.5, [
    [LOGS[1], 1],
    [LOGS[2], 1.5],
  ]);
  const second = term(LOGS[1], 0.5, [[LOGS[2], 0.5]]);
  assertLoss("pro", first + second - options.beta * LOGS[0]);
});

test("ApproxNDCG is 1 less the DCG at smooth ranks by the best one", () => {
  const gains = KEPT.map((g) => 2 ** (REWARDS[g] - 0.5) - 1);
  const rankOf = (g: number) =>
    1 + total(KEPT.filter((j) => j !== g).map((j) => 1 / (1 + Math.exp(SCORES[g] - SCORES[j]))));
  const reached = total(KEPT.map((g) => gains[g] / Math.log2(1 + rankOf(g))));
  assertLoss("approx-ndcg", 1 - reached / (gains[0] + gains[1] / Math.log2(3)));
});

test("leave-one-out rewards sharpen Eq. 4 by n / (n - 1)", () => {
  const { steps, rewards, distinct } = evidence();
  const sharper = { mask: distinct, temperature: (options.referenceTemperature * 2) / 3 };
  assertLoss("leave-one-out", numberOf(groupCrossEntropy(rewards, steps.sum(2), sharper).loss));
});

test("a tournament looks at the order of the rewards alone", () => {
  const { steps, distinct } = evidence();
  const settings = { mask: distinct, temperature: options.referenceTemperature };
  assertLoss("tournament", numberOf(groupCrossEntropy(row([2, 1, 0, 0]), steps.sum(2), settings).loss));
  const { objective } = GROUP_OBJECTIVES.tournament;
  const stretched = evidence({ rewards: row([2000, 1, -3, -3]) });
  assert.is(numberOf(objective(stretched, options)), numberOf(objective(evidence(), options)));
});

test("trajectory balance is lost on what is not drawn in proportion to e^(r / beta)", () => {
  const residuals = KEPT.map((g) => options.beta * LOGS[g] - REWARDS[g]);
  const mean = total(residuals) / 3;
  assertLoss("trajectory-balance", total(residuals.map((value) => (value - mean) ** 2)) / 3);
  const balanced = REWARDS.map((reward) => reward / options.beta - 4);
  const steps = row(balanced).reshape([1, 4, 1]);
  assert.ok(Math.abs(numberOf(trajectoryBalance(evidence({ steps }), options))) < 1e-12);
});

test("towards beta = 0 trajectory balance becomes REINFORCE", () => {
  using _ = scope();
  const gradientOf = (objective: Objective, beta: number) => {
    const steps = row(LOGS).reshape([1, 4, 1]).requireGrad();
    const distinct = tensor(Int32Array.of(1, 1, 1, 1), [1, 4]);
    objective(evidence({ steps, distinct }), { ...options, beta })
      .sum()
      .backward();
    return [...(steps.grad?.dataSync() ?? [])];
  };
  const own = gradientOf(trajectoryBalance, 1e-7);
  gradientOf(reinforce, 0).forEach((value, g) => {
    assert.ok(Math.abs(own[g] / 2e-7 - value) < 1e-6, `${own[g] / 2e-7} ${value}`);
  });
});

test.run();
