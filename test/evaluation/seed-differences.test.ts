/** Differences over seeds and requests: by hand, and how often their intervals cover the truth. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { differenceOverSeeds } from "../../src/evaluation/seed-differences.ts";
import { studentTPValue, studentTQuantile } from "../../src/evaluation/statistics.ts";
import { RequestMoments } from "../../src/experiments/request-moments.ts";
import { Random } from "../../src/kernels/index.ts";

const near = (a: number, b: number, tolerance = 1e-9) => assert.ok(Math.abs(a - b) < tolerance, `${a}, expected ${b}`);

test("the p-value is the chance beyond the quantile", () => {
  for (const degrees of [1, 2, 4, 33]) {
    for (const probability of [0.6, 0.975, 0.999]) {
      near(studentTPValue(studentTQuantile(probability, degrees), degrees), 2 * (1 - probability), 1e-8);
    }
    assert.is(studentTPValue(0, degrees), 1);
  }
  // With two degrees of freedom P(|T| < t) = t / sqrt(2 + t^2).
  near(studentTPValue(-3, 2), 1 - 3 / Math.sqrt(11));
  assert.throws(() => studentTPValue(1, 1.5), /degrees of freedom must be a positive integer/);
});

test("several seeds: Student's interval of their means, wider by what they share", () => {
  const means = [0.1, 0.2, 0.6];
  const own = { means, variances: [9, 9, 9], covariance: -1, requests: 1000 };
  // The variance of the three is 0.07, over three seeds; t(0.975, 2) = 4.3027.
  const error = Math.sqrt(0.07 / 3);
  const found = differenceOverSeeds(own);
  near(found.mean, 0.3);
  near(found.halfWidth, 4.30265 * error, 1e-5);
  near(found.pValue, studentTPValue(0.3 / error, 2));
  // As much again that all seeds share doubles the variance, and the degrees of freedom become 4 * 2 = 8, less a little.
  const shared = differenceOverSeeds({ ...own, covariance: 0.07 / 3 });
  near(shared.halfWidth, studentTQuantile(0.975, 7) * Math.SQRT2 * error);
});

test("one seed knows the variance of requests alone; no variance at all leaves no doubt", () => {
  const one = differenceOverSeeds({ means: [0.2], variances: [0.01], covariance: 5, requests: 41 });
  near(one.halfWidth, studentTQuantile(0.975, 40) * 0.1);
  assert.equal(differenceOverSeeds({ means: [0, 0], variances: [0, 0], covariance: 0, requests: 9 }), {
    mean: 0,
    halfWidth: 0,
    pValue: 1,
  });
  assert.throws(
    () => differenceOverSeeds({ means: [], variances: [], covariance: 0, requests: 9 }),
    /at least one seed/,
  );
});

/** How often intervals cover the truth, 0, when trainings, users and single answers vary. */
function coverage(shares: boolean, { ofTraining, ofUsers }: { readonly ofTraining: number; readonly ofUsers: number }) {
  const [rounds, seeds, requests] = [600, 5, 50];
  const random = new Random({ seed: 11, stream: "coverage", step: shares ? 1 : 0 });
  let [covered, naive] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const users = Array.from({ length: requests }, () => ofUsers * random.normal());
    const own = Array.from({ length: seeds }, (_, seed) => {
      const training = ofTraining * random.normal();
      const values = users.map((user, request): [string, number] => {
        const taste = shares ? user : ofUsers * random.normal();
        return [shares ? `${request}` : `${seed} ${request}`, training + taste + random.normal()];
      });
      return new Map(values);
    });
    const nothing = own.map((values) => new Map([...values.keys()].map((key) => [key, 0])));
    const moments = RequestMoments.of([
      { name: "a", seeds: own },
      { name: "b", seeds: nothing },
    ]);
    const difference = moments.difference("a", "b");
    assert.ok(difference);
    const { mean, halfWidth } = differenceOverSeeds(difference);
    if (Math.abs(mean) <= halfWidth) covered++;
    const pooled = difference.variances.reduce((sum, own) => sum + own, 0) / seeds ** 2;
    if (Math.abs(mean) <= 1.96 * Math.sqrt(pooled)) naive++;
  }
  return { covered: covered / rounds, naive: naive / rounds };
}

test("intervals cover the truth as often as they say, where trainings differ and where seeds share users", () => {
  for (const shares of [false, true]) {
    const { covered, naive } = coverage(shares, { ofTraining: 0.3, ofUsers: 1 });
    // Three standard errors of a share of 0.95 in 600 rounds are 0.027.
    assert.ok(Math.abs(covered - 0.95) < 0.027, `${shares}: ${covered}`);
    assert.ok(naive < 0.85, `an interval over the requests alone covers too seldom: ${naive}`);
  }
  const users = coverage(true, { ofTraining: 0, ofUsers: 1 });
  assert.ok(users.covered > 0.92, `${users.covered}`);
});

test.run();
