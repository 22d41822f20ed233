/** Every number of the paper leads to a symbol that exists, or is listed as missing; and Eq. 1 and 2 hold. */
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { boltzmannPolicy, logPartition, regularisedReward } from "../../src/goalrank/optimal-policy.ts";
import { PAPER } from "../../src/goalrank/paper.ts";
import { enumerateLists } from "../../src/goalrank/theorem/list-space.ts";
import { paperPage } from "../docs/paper-page.ts";

const test = suite("the paper by number");

/** What the paper numbers, as far as code can hold it. */
const NUMBERS = [
  ...[1, 2, 3, 4, 5, 6].map((n) => `Eq. ${n}`),
  ...[1, 2, 3].map((n) => `Definition ${n}`),
  ...["Theorem 1", "Theorem 2", "Lemma 1", "Lemma 2", "Lemma 3", "Fact 1", "Fact 2", "Proposition 1"],
  "Appendix B",
  ...[1, 2, 3, 4, 5, 6, 7].map((n) => `Appendix C, ${n}`),
  ...[1, 2, 3].map((n) => `Appendix D.${n}`),
];

test("every number is there once", () => {
  const numbers = PAPER.map(({ number }) => number);
  assert.is(new Set(numbers).size, numbers.length);
  for (const number of NUMBERS) assert.ok(numbers.includes(number), number);
});

test("every symbol that a number leads to exists, and what has none says what is missing", () => {
  for (const { number, at, missing } of PAPER) {
    for (const place of at) {
      const [name, symbol] = place.split("#");
      const file = `src/${name}`;
      assert.ok(existsSync(file), `${number}: there is no ${file}`);
      const declaration = new RegExp(`^export (?:async )?(?:function|class|const|interface|type) ${symbol}\\b`, "m");
      assert.match(readFileSync(file, "utf8"), declaration, `${number}: ${place}`);
    }
    assert.ok(at.length > 0 || missing !== undefined, number);
  }
});

test("docs/paper.md is the table of this file", () => {
  assert.is(readFileSync("docs/paper.md", "utf8"), paperPage(), "write it with: npx tsx test/docs/paper-page.ts");
});

const rewards = (count: number) =>
  fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: count, maxLength: count });
const temperature = fc.double({ min: 0.1, max: 5, noNaN: true });
/** Of 5 candidates in lists of 3. */
const { listCount } = enumerateLists(5, 3);
const policy = fc
  .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: listCount, maxLength: listCount })
  .filter((weights) => weights.some((weight) => weight > 0))
  .map((weights) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  });

test("Eq. 1: over all lists, no policy has a higher regularised reward than the Boltzmann policy", () => {
  fc.assert(
    fc.property(rewards(listCount), temperature, policy, (own, tau, other) => {
      const best = boltzmannPolicy(own, tau);
      assert.ok(Math.abs(best.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
      const highest = regularisedReward(best, own, tau);
      assert.ok(Math.abs(highest - tau * logPartition(own, tau)) < 1e-6);
      assert.ok(regularisedReward(other, own, tau) <= highest + 1e-9);
    }),
  );
});

test("Eq. 2: what a policy lacks of the highest regularised reward is tau times its divergence", () => {
  fc.assert(
    fc.property(rewards(listCount), temperature, policy, (own, tau, other) => {
      const logZ = logPartition(own, tau);
      // log pi* from the rewards, since pi* itself may underflow.
      const divergence = other.reduce(
        (sum, share, list) => sum + (share === 0 ? 0 : share * (Math.log(share) - (own[list] / tau - logZ))),
        0,
      );
      assert.ok(divergence > -1e-9);
      const expected = tau * logZ - tau * divergence;
      assert.ok(Math.abs(regularisedReward(other, own, tau) - expected) < 1e-6);
    }),
  );
});

test("a temperature that is not positive is an error", () => {
  for (const tau of [0, -1, Number.NaN]) {
    assert.throws(() => boltzmannPolicy([1, 2], tau), /the temperature must be positive/);
  }
});

test.run();
