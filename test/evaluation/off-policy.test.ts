/** Off-policy estimates against values that are known by enumeration. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  doublyRobust,
  importanceWeights,
  inversePropensity,
  type OffPolicyLog,
  plainInversePropensity,
  sequentialInversePropensity,
} from "../../src/evaluation/off-policy.ts";
import { Random } from "../../src/kernels/index.ts";

const test = suite("off-policy estimates");

/** Probability of `second` after `first` of 4 items, by the items' strengths (Plackett-Luce). */
function chances(strengths: readonly number[], first: number, second: number): [number, number] {
  const total = strengths.reduce((sum, strength) => sum + strength, 0);
  return [strengths[first] / total, strengths[second] / (total - strengths[first])];
}

const LOGGING = [4, 3, 2, 1];
const POLICY = [1, 2, 3, 4];
/** Chance of feedback at the top, and below it, where the item above takes some away. */
const top = (item: number) => 0.1 + 0.2 * item;
const below = (first: number, second: number) => Math.max(0, top(second) - 0.1 * first);

function trueValue(strengths: readonly number[]): number {
  let value = 0;
  for (let first = 0; first < 4; first++) {
    for (let second = 0; second < 4; second++) {
      if (first === second) continue;
      const [a, b] = chances(strengths, first, second);
      value += a * b * (top(first) + below(first, second));
    }
  }
  return value;
}

/** A log of lists of 2 out of 4 by the logging policy; also each list. */
function draw(size: number): OffPolicyLog & { readonly lists: readonly [number, number][] } {
  const random = new Random({ seed: 1, stream: "off-policy", step: 0 });
  const pick = (weights: readonly number[]) => {
    const target = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
    return weights.findIndex((_, item) => target < weights.slice(0, item + 1).reduce((sum, weight) => sum + weight, 0));
  };
  const columns = { policy: [] as number[], logging: [] as number[], feedback: [] as number[] };
  const lists: [number, number][] = [];
  for (let s = 0; s < size; s++) {
    const first = pick(LOGGING);
    const second = pick(LOGGING.map((weight, item) => (item === first ? 0 : weight)));
    lists.push([first, second]);
    columns.policy.push(...chances(POLICY, first, second).map(Math.log));
    columns.logging.push(...chances(LOGGING, first, second).map(Math.log));
    columns.feedback.push(random.uniform() < top(first) ? 1 : 0, random.uniform() < below(first, second) ? 1 : 0);
  }
  return { size, length: 2, ...columns, lists };
}

test("all three find a policy's value from another policy's lists", () => {
  const log = draw(20_000);
  const truth = trueValue(POLICY);
  assert.ok(Math.abs(truth - trueValue(LOGGING)) > 0.2, "the policies must differ for this to mean anything");
  // A reward model that is wrong everywhere by the same amount: the correction must take it off.
  const wrong = { logged: new Float64Array(log.size).fill(0.4), policy: new Float64Array(log.size).fill(0.4) };
  for (const estimate of [inversePropensity(log), sequentialInversePropensity(log), doublyRobust(log, wrong)]) {
    assert.ok(Math.abs(estimate.value - truth) < 4 * estimate.standardError, `${estimate.value}, not ${truth}`);
    assert.ok(estimate.standardError < 0.03);
  }
});

test("with perfect predictions the doubly robust estimate needs no correction", () => {
  const log = draw(5000);
  const value = ([first, second]: [number, number]) => top(first) + below(first, second);
  const truth = trueValue(POLICY);
  const predicted = { logged: log.lists.map(value), policy: new Float64Array(log.size).fill(truth) };
  const { value: estimate, standardError } = doublyRobust(log, predicted);
  assert.ok(Math.abs(estimate - truth) < 3 * standardError);
  assert.ok(standardError < inversePropensity(log).standardError);
});

test("a policy judged on its own lists weighs all alike", () => {
  const log = draw(200);
  const own = { ...log, policy: log.logging };
  const average =
    log.feedback.length > 0 ? 2 * (Array.from(log.feedback).reduce((a, b) => a + b, 0) / log.feedback.length) : 0;
  for (const estimate of [inversePropensity(own), sequentialInversePropensity(own)]) {
    assert.ok(Math.abs(estimate.value - average) < 1e-9);
    assert.ok(Math.abs(estimate.effectiveSize - 200) < 1e-9);
  }
});

test("columns of the wrong size are refused", () => {
  assert.throws(
    () => inversePropensity({ size: 2, length: 2, policy: [0, 0, 0], logging: [0, 0, 0, 0], feedback: [0, 0, 0, 0] }),
    /policy holds 3 numbers; expected 2 lists of 2/,
  );
});

test("lists that could not have been shown are named, whoever judges them", () => {
  const half = Math.log(0.5);
  const log = { size: 2, length: 1, policy: [half, half], logging: [half, half], feedback: [1, 0] };
  const predicted = { logged: [0, 0], policy: [0, 0] };
  const estimates = [
    inversePropensity,
    plainInversePropensity,
    sequentialInversePropensity,
    importanceWeights,
    (rows: OffPolicyLog) => doublyRobust(rows, predicted),
  ];
  for (const estimate of estimates) {
    for (const chance of [Number.NEGATIVE_INFINITY, Number.NaN, 0.3]) {
      assert.throws(
        () => estimate({ ...log, logging: [half, chance] }),
        `off-policy: list 1 has ${chance} in logging at place 0; expected the natural logarithm of a chance over 0, ` +
          "since it was shown",
      );
    }
    assert.throws(() => estimate({ ...log, policy: [Number.NaN, half] }), /list 0 has NaN in policy at place 0/);
  }
  assert.is(inversePropensity({ ...log, policy: [half, Number.NEGATIVE_INFINITY] }).value, 1);
});

test("plain inverse propensity divides by the lists, and its weights are not cut", () => {
  const log = {
    size: 4,
    length: 1,
    policy: new Float64Array(4).fill(Math.log(0.5)),
    logging: [0.25, 0.5, 0.001, 1].map(Math.log),
    feedback: [1, 0, 1, 1],
  };
  assert.ok(Math.abs(plainInversePropensity(log, 1e9).value - (2 + 500 + 0.5) / 4) < 1e-9);
  assert.ok(Math.abs(plainInversePropensity(log).value - (2 + 100 + 0.5) / 4) < 1e-9);
  assert.equal(
    Array.from(importanceWeights(log), (weight) => Number(weight.toFixed(6))),
    [2, 1, 500, 0.5],
  );
});

test.run();
