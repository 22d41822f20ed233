/** The report on a judge, on predictions whose quality is known. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gapAccuracy, rewardReport } from "../../src/evaluation/reward-report.ts";
import { mean } from "../../src/evaluation/statistics.ts";

const test = suite("reward report");

/** Positives of 40 lists: each of 0 to 3 ten times. */
const observed = Array.from({ length: 40 }, (_, i) => i % 4);
const seed = 1;

function near(actual: number | undefined, expected: number, tolerance = 1e-12): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

test("a perfect judge makes no error, explains everything, and orders every pair", () => {
  const report = rewardReport(observed, observed, { seed });
  assert.is(report.lists, 40);
  assert.is(report.meanSquaredError, 0);
  assert.is(report.rSquared, 1);
  near(report.pearson, 1);
  near(report.spearman, 1);
  assert.ok(report.orderAccuracy.every(({ accuracy }) => accuracy === 1));
  for (const bin of report.calibration) assert.is(bin.predicted, bin.observed);
});

test("a judge that always says the mean explains nothing and orders like a coin", () => {
  const report = rewardReport(new Array(40).fill(1.5), observed, { seed });
  near(report.meanSquaredError, 1.25);
  near(report.rSquared, 0);
  assert.is(report.pearson, undefined);
  assert.is(report.spearman, undefined);
  assert.ok(report.orderAccuracy.every(({ accuracy }) => accuracy === 0.5));
});

test("a judge that turns everything around is wrong on every pair and worse than the mean", () => {
  const report = rewardReport(
    observed.map((value) => 3 - value),
    observed,
    { seed },
  );
  // Squared errors 9, 1, 1, 9.
  near(report.meanSquaredError, 5);
  near(report.rSquared, 1 - 5 / 1.25);
  near(report.pearson, -1);
  near(report.spearman, -1);
  assert.ok(report.orderAccuracy.every(({ accuracy }) => accuracy === 0));
});

test("a judge may be ill calibrated and in order, which the ranks see and the error does not", () => {
  const report = rewardReport(
    observed.map((value) => Math.exp(value) + 10),
    observed,
    { seed },
  );
  near(report.spearman, 1);
  assert.ok((report.pearson ?? 1) < 0.99);
  assert.ok(report.rSquared < -10);
  assert.ok(report.orderAccuracy.every(({ accuracy }) => accuracy === 1));
});

test("calibration bins hold equally many lists by rising prediction, with their means", () => {
  // The list at i is predicted as the rank of i under a fixed shuffle, and observed as twice that and one.
  const predicted = Array.from({ length: 25 }, (_, i) => (i * 7) % 25);
  const report = rewardReport(
    predicted,
    predicted.map((value) => 2 * value + 1),
    { seed },
  );
  assert.equal(
    report.calibration.map(({ lists }) => lists),
    [2, 3, 2, 3, 2, 3, 2, 3, 2, 3],
  );
  let next = 0;
  for (const { predicted: bin, observed: own, lists } of report.calibration) {
    const ranks = Array.from({ length: lists }, () => next++);
    near(bin, mean(ranks));
    near(own, 2 * mean(ranks) + 1);
  }
});

test("fewer lists than bins have a bin each", () => {
  const { calibration } = rewardReport([3, 1, 2], [0, 1, 2], { seed });
  assert.equal(calibration, [
    { predicted: 1, observed: 1, lists: 1 },
    { predicted: 2, observed: 2, lists: 1 },
    { predicted: 3, observed: 0, lists: 1 },
  ]);
});

test("order accuracy counts given pairs by their gap, ties of the prediction as a half", () => {
  const report = rewardReport([0.1, 0.4, 0.4, 0.2, 0.9], [0, 1, 0, 3, 1.25], {
    seed,
    // Gaps: 0 (left out), 1 right, 1 tied, 3 right, 2 wrong, 0.25 right, 3 wrong.
    pairs: Int32Array.of(0, 2, 0, 1, 1, 2, 3, 0, 1, 3, 4, 1, 2, 3),
  });
  assert.equal(report.orderAccuracy, [
    { gap: 0, pairs: 1, accuracy: 1 },
    { gap: 1, pairs: 2, accuracy: 0.75 },
    { gap: 2, pairs: 1, accuracy: 0 },
    { gap: 3, pairs: 2, accuracy: 0.5 },
  ]);
});

test("a judge with noise orders wide gaps better than narrow ones; the pairs follow the seed", () => {
  // Noise of -1.5, 0 or 1.5, the same for each value of the rewards.
  const noisy = Array.from({ length: 120 }, (_, i) => (i % 4) + 1.5 * ((Math.floor(i / 4) % 3) - 1));
  const truth = Array.from({ length: 120 }, (_, i) => i % 4);
  const report = rewardReport(noisy, truth, { seed });
  // A gap of 1 is turned around by 3 of 9 pairs of noise, one of 2 by 1, one of 3 is tied once.
  const expected = [1 - 3 / 9, 1 - 1 / 9, 1 - 0.5 / 9];
  assert.equal(
    report.orderAccuracy.map(({ gap }) => gap),
    [1, 2, 3],
  );
  report.orderAccuracy.forEach(({ accuracy }, i) => {
    near(accuracy, expected[i], 0.03);
  });
  assert.equal(rewardReport(noisy, truth, { seed }), report);
  assert.not.equal(rewardReport(noisy, truth, { seed: 2 }).orderAccuracy, report.orderAccuracy);
});

test("order by predicted gap is of pairs inside a group that are put as far apart, and differ in worth", () => {
  // Two groups of three. Gaps of the first: 1, 3, 2; of the second: 0, 4, 4.
  const predicted = [1, 2, 4, 5, 5, 9];
  const observed = [3, 1, 7, 2, 1, 2];
  const found = gapAccuracy(predicted, observed, 3, [0, 2, 4, 5]);
  // Pairs: (1, 2) wrong, (1, 4) right, (2, 4) right; (5, 9) of equal worth, (5, 9) right.
  assert.equal(found, [
    { gap: 0, pairs: 4, accuracy: 3 / 4 },
    { gap: 2, pairs: 3, accuracy: 1 },
    { gap: 4, pairs: 1, accuracy: 1 },
    { gap: 5, pairs: 0, accuracy: undefined },
  ]);
});

test.run();
