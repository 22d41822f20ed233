/** The steps of the theorem's proof as docs/theorem.md states them: our reading, where each can be checked. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { logSumExp } from "../../../src/evaluation/statistics.ts";
import { boltzmannPolicy } from "../../../src/goalrank/optimal-policy.ts";
import { approximate, divergence, randomTargets } from "../../../src/goalrank/theorem/approximation.ts";
import { mixtureDimension, rankOf } from "../../../src/goalrank/theorem/dimension.ts";
import { enumerateLists } from "../../../src/goalrank/theorem/list-space.ts";

const test = suite("lemmas of theorem 1");

const numbers = (length: number, bound = 5) =>
  fc.array(fc.double({ min: -bound, max: bound, noNaN: true }), { minLength: length, maxLength: length });

test("the rank of columns is how many of them are no combination of the others", () => {
  const column = (...values: number[]) => Float64Array.from(values);
  assert.is(rankOf([]), 0);
  assert.is(rankOf([column(0, 0)]), 0);
  assert.is(rankOf([column(1, 2, 3), column(2, 4, 6)]), 1);
  assert.is(rankOf([column(1, 0, 1), column(0, 1, 1), column(1, 1, 2), column(1e-3, 0, 0)]), 3);
});

test("Lemma 1: k generators have at most k d + k - 1 dimensions, less what shifts of logits and features repeat", () => {
  for (const candidates of [4, 5]) {
    const space = enumerateLists(candidates, 3);
    for (const members of [1, 2, 3]) {
      const { rank, numbers: d, policies } = mixtureDimension(space, { members, width: 1 }, 1);
      // Of L + 2 N inputs, 2 follow from the others; outputs and biases have a shift each.
      const own = 3 + 2 * candidates - 2 + 2 * (candidates - 1);
      assert.is(d, members * (3 + 2 * candidates + 2 * candidates) + members - 1);
      assert.ok(rank <= Math.min(d, policies));
      assert.is(rank, Math.min(members * own + members - 1, policies), `N = ${candidates}, k = ${members}`);
    }
  }
});

test("the hypothesis of the theorem holds for N = 5 with k up to 2, and no further", () => {
  const space = enumerateLists(5, 3);
  const isSmaller = [1, 2, 3].map((members) => {
    const { rank, policies } = mixtureDimension(space, { members, width: 1 }, 1);
    return rank < policies;
  });
  assert.equal(isSmaller, [true, true, false]);
});

test("Lemma 2: a wider and deeper generator comes nearer than the mixture whose dimension is too small", async () => {
  const space = enumerateLists(4, 3);
  const targets = randomTargets(space, 1, 1, 5);
  const { rank, policies } = mixtureDimension(space, { members: 1, width: 1 }, 1);
  assert.ok(rank < policies);
  const options = { seed: 1, restarts: 1, steps: 250 };
  const [small, large] = [
    await approximate(space, targets, { members: 1, width: 1 }, options),
    // k alpha + n and beta + 1, of k = alpha = beta = 1.
    await approximate(space, targets, { members: 1, width: 1 + 5, depth: 2 }, options),
  ];
  assert.is(large.depth, 2);
  assert.ok(large.errors[0] < small.errors[0] / 10, `${small.errors[0]} ${large.errors[0]}`);
});

test("Lemma 3: a step from any policy towards the target brings it strictly nearer, by at least the step's share", () => {
  fc.assert(
    fc.property(numbers(12), numbers(12), fc.double({ min: 0.01, max: 1, noNaN: true }), (a, b, step) => {
      const [target, policy] = [boltzmannPolicy(a, 1), boltzmannPolicy(b, 1)];
      const before = divergence(target, policy.map(Math.log));
      const moved = policy.map((share, list) => Math.log((1 - step) * share + step * target[list]));
      const after = divergence(target, moved);
      assert.ok(after <= (1 - step) * before + 1e-9, `${before} ${after}`);
    }),
  );
});

test("Fact 1: tau log sum exp(x / tau) lies above the maximum by at most tau log k", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }).chain((k) => numbers(k)),
      fc.double({ min: 0.01, max: 3, noNaN: true }),
      (values, temperature) => {
        const soft = temperature * logSumExp(values.map((value) => value / temperature));
        const highest = Math.max(...values);
        assert.ok(soft >= highest - 1e-9);
        assert.ok(soft <= highest + temperature * Math.log(values.length) + 1e-9);
      },
    ),
  );
});

test("Fact 2: logits that are off by at most e give log-probabilities that are off by at most 2 e", () => {
  fc.assert(
    fc.property(numbers(6), numbers(6, 1), (logits, noise) => {
      const off = Math.max(...noise.map(Math.abs));
      const log = (values: readonly number[]) => values.map((value) => value - logSumExp(values));
      const [before, after] = [log(logits), log(logits.map((logit, i) => logit + noise[i]))];
      before.forEach((own, i) => {
        assert.ok(Math.abs(own - after[i]) <= 2 * off + 1e-9);
      });
      assert.ok(divergence(Float64Array.from(before, Math.exp), after) <= 2 * off + 1e-9);
    }),
  );
});

test.run();
