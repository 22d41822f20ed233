import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  averageRanks,
  holm,
  logSumExp,
  mean,
  meanConfidenceInterval,
  pearsonCorrelation,
  percentile,
  randomisationTest,
  spearmanCorrelation,
  standardDeviation,
  studentTQuantile,
} from "../../src/evaluation/statistics.ts";

function assertNear(actual: number | undefined, expected: number, tolerance = 1e-12): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected}`,
  );
}

test("mean and sample standard deviation of known values", () => {
  assert.is(mean([2, 4, 4, 4, 5, 5, 7, 9]), 5);
  assertNear(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9]), Math.sqrt(32 / 7));
  assert.is(mean([7]), 7);
});

test("the log of a sum of exponentials neither overflows nor underflows", () => {
  assertNear(logSumExp([Math.log(2), Math.log(3), Number.NEGATIVE_INFINITY]), Math.log(5));
  assertNear(logSumExp([1000, 1000]), 1000 + Math.log(2));
  assertNear(logSumExp([-1000, -1000]), -1000 + Math.log(2));
});

test("equal values have exactly their mean, no deviation and no correlation", () => {
  const equal = new Array(10).fill(0.1);
  assert.is(mean(equal), 0.1);
  assert.is(standardDeviation(equal), 0);
  assert.is(pearsonCorrelation(equal, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), undefined);
  assert.is(spearmanCorrelation([1, 2, 3], [5, 5, 5]), undefined);
});

test("Pearson's correlation of known pairs", () => {
  // Deviations (-1.5, -0.5, 0.5, 1.5) and (-2, 1, -1, 2): products sum to 5, squares to 5 and 10.
  assertNear(pearsonCorrelation([1, 2, 3, 4], [1, 4, 2, 5]), 5 / Math.sqrt(50));
  assertNear(pearsonCorrelation([1, 2, 3], [10, 20, 30]), 1);
  assertNear(pearsonCorrelation([1, 2, 3], [3, 2, 1]), -1);
});

test("ranks of equal values are the mean of the places they take", () => {
  assert.equal([...averageRanks([30, 10, 20, 10])], [4, 1.5, 3, 1.5]);
  assert.equal([...averageRanks([0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])], [2.5, 2.5, 4, 1]);
  assert.equal([...averageRanks([])], []);
  assert.throws(() => averageRanks([1, Number.NaN]), /NaN, which has no rank/);
});

test("Spearman's correlation sees only the order", () => {
  assertNear(spearmanCorrelation([1, 2, 3, 4], [1, 8, 27, 64]), 1);
  // With distinct values: 1 - 6 sum d^2 / (n (n^2 - 1)), here d = (0, 1, 1, 2, 0).
  assertNear(spearmanCorrelation([1, 2, 3, 4, 5], [1, 3, 5, 2, 9]), 0.7);
  // Ranks (1.5, 1.5, 3) and (1, 2, 3).
  assertNear(spearmanCorrelation([5, 5, 6], [1, 2, 3]), Math.sqrt(3) / 2);
});

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const pairs = fc
  .array(fc.tuple(finite, finite), { minLength: 2, maxLength: 20 })
  .map((rows) => ({ x: rows.map(([x]) => x), y: rows.map(([, y]) => y) }));

test("correlations lie in [-1, 1] and do not change when x and y trade places", () => {
  fc.assert(
    fc.property(pairs, ({ x, y }) => {
      for (const correlation of [pearsonCorrelation, spearmanCorrelation]) {
        const value = correlation(x, y);
        assert.ok(value === undefined || Math.abs(value) <= 1, `${value}`);
        assert.is(correlation(y, x), value);
      }
    }),
  );
});

test("a rank counts the values under it and half of the others equal to it", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 12 }), (values) => {
      const counted = values.map((value) => {
        const under = values.filter((other) => other < value).length;
        const equal = values.filter((other) => other === value).length;
        return under + (equal + 1) / 2;
      });
      assert.equal([...averageRanks(values)], counted);
    }),
  );
});

test("t quantiles agree with the published tables, and at 1 and 2 degrees of freedom with their formulas", () => {
  // SciPy 1.17, scipy.stats.t.ppf.
  const known: [number, number, number][] = [
    [0.975, 3, 3.1824463052837078],
    [0.975, 4, 2.7764451051977934],
    [0.975, 9, 2.262157162798205],
    [0.975, 6019, 1.960358192918911],
    [0.9, 5, 1.4758840488244815],
    [0.999, 7, 4.785289628638333],
    [0.25, 3, -0.7648923284043444],
    [0.5, 8, 0],
  ];
  for (const [probability, degrees, quantile] of known) {
    assertNear(studentTQuantile(probability, degrees), quantile, 1e-11);
  }
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), (probability) => {
      const offset = probability - 0.5;
      assertNear(studentTQuantile(probability, 1), Math.tan(Math.PI * offset), 1e-9);
      const two = (2 * offset * Math.SQRT2) / Math.sqrt(1 - 4 * offset * offset);
      assertNear(studentTQuantile(probability, 2), two, 1e-9);
    }),
  );
});

test("the interval of a mean is Student's", () => {
  const { mean: centre, lower, upper, halfWidth } = meanConfidenceInterval([1, 2, 3, 4, 5]);
  assert.is(centre, 3);
  assertNear(halfWidth, 2.7764451051977934 * Math.sqrt(2.5 / 5), 1e-11);
  assert.is(lower, centre - halfWidth);
  assert.is(upper, centre + halfWidth);
  assert.is(meanConfidenceInterval([0.3, 0.3, 0.3]).halfWidth, 0);
  assertNear(meanConfidenceInterval([0, 2], 0.5).halfWidth, 1, 1e-11);
});

/** The share of all 2^n signs under which the mean lies as far from 0 as it does. */
function exactRandomisation(differences: readonly number[]): number {
  const observed = Math.abs(mean(differences));
  const count = 2 ** differences.length;
  let asFar = 0;
  for (let signs = 0; signs < count; signs++) {
    const changed = differences.map((value, i) => ((signs >> i) & 1 ? -value : value));
    if (Math.abs(mean(changed)) >= observed - 1e-12) asFar++;
  }
  return asFar / count;
}

test("the randomisation test samples what all signs would give", () => {
  // All of one sign: only that one and its opposite lie as far, 2 of 2^n.
  assert.is(exactRandomisation([1, 2, 1, 3]), 1 / 8);
  assert.is(exactRandomisation([1, 1, 2, 0.5, 3, 1, 1]), 1 / 64);
  const cases = [[1, 2, 1, 3], [1, 1, 2, 0.5, 3, 1, 1], [0.3, -0.2, 0.9, 0.4, -0.1], [1, 1, 1, -1], [5]];
  for (const differences of cases) {
    const exact = exactRandomisation(differences);
    // Five standard errors of 9,999 draws.
    const bound = 5 * Math.sqrt((exact * (1 - exact)) / 9999) + 1e-4;
    const found = randomisationTest(differences, 1);
    assert.ok(Math.abs(found - exact) <= bound, `${differences}: ${found}, exactly ${exact}`);
  }
});

test("differences that cancel, or are none, are no evidence; many of one sign are the strongest there is", () => {
  assert.is(randomisationTest([1, -1, 2, -2], 1), 1);
  assert.is(randomisationTest([0, 0, 0], 1), 1);
  assert.is(randomisationTest(new Array(40).fill(0.1), 1), 1 / 10_000);
  assert.is(randomisationTest(new Array(40).fill(0.1), 1, 99), 1 / 100);
});

test("a randomisation test follows its seed, and takes either method as the first", () => {
  const differences = [0.3, -0.2, 0.9, 0.4, -0.1, 0.5];
  const found = randomisationTest(differences, 1);
  assert.is(randomisationTest(differences, 1), found);
  assert.not.equal(randomisationTest(differences, 2), found);
  assert.is(
    randomisationTest(
      differences.map((value) => -value),
      1,
    ),
    found,
  );
});

test("input that has no answer is an error that says what was expected", () => {
  assert.throws(() => mean([]), /mean: needs a value, got 0/);
  assert.throws(() => mean([1, Number.NaN]), /mean: value 1 is NaN, all must be finite/);
  assert.throws(() => standardDeviation([1]), /standard deviation: needs 2 values, got 1/);
  assert.throws(() => pearsonCorrelation([1, 2], [1, 2, 3]), /one length, got 2 and 3/);
  assert.throws(() => spearmanCorrelation([1], [1]), /needs 2 values, got 1/);
  assert.throws(() => meanConfidenceInterval([1]), /confidence interval: needs 2 values/);
  assert.throws(() => meanConfidenceInterval([1, 2], 95), /between 0 and 1, got 95/);
  assert.throws(() => randomisationTest([], 1), /randomisation test: expected at least one difference/);
  assert.throws(() => studentTQuantile(1, 4), /probability must lie between 0 and 1, got 1/);
  assert.throws(() => studentTQuantile(0.9, 2.5), /positive integer, got 2.5/);
});

test("Holm's values are those of a worked example, in the order given", () => {
  const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
  const expected = [0.03, 0.06, 0.06, 0.02];
  adjusted.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) < 1e-12, `${value} ${expected[i]}`);
  });
  assert.equal(holm([]), []);
  assert.equal(holm([0.7, 0.8]), [1, 1]);
  assert.throws(() => holm([0.1, 1.5]), /value 1 is 1.5, expected a p-value from 0 to 1/);
});

test("Holm rejects what its step-down procedure rejects, at any level", () => {
  const values = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(values, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (thousandths, level) => {
      const pValues = thousandths.map((value) => value / 1000);
      const adjusted = holm(pValues);
      const rising = [...pValues].sort((a, b) => a - b);
      const stop = rising.findIndex((value, i) => Math.min(1, (rising.length - i) * value) > level);
      const rejected = stop < 0 ? rising.length : stop;
      assert.is(adjusted.filter((value) => value <= level).length, rejected);
    }),
  );
});

test("percentiles of known samples", () => {
  const hundred = Array.from({ length: 101 }, (_, i) => (i * 37) % 101);
  for (const share of [0, 0.5, 0.9, 0.99, 1]) {
    assert.ok(Math.abs(percentile(hundred, share) - 100 * share) < 1e-9);
  }
  assert.is(percentile([4, 1], 0.25), 1.75);
  assert.is(percentile([7], 0.99), 7);
  assert.throws(() => percentile([], 0.5), /at least one sample/);
  assert.throws(() => percentile([1], 50), /between 0 and 1/);
});

test("a percentile lies among the samples, and does not fall with its share", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 1 }), share, share, (samples, a, b) => {
      const [low, high] = [percentile(samples, Math.min(a, b)), percentile(samples, Math.max(a, b))];
      assert.ok(low <= high + 1e-9);
      assert.ok(low >= Math.min(...samples) - 1e-9 && high <= Math.max(...samples) + 1e-9);
    }),
  );
});

test.run();
