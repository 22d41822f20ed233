import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  areaUnderCurve,
  averageMetrics,
  generatorOrder,
  rankByScore,
  rankingMetrics,
  userMetrics,
} from "../../src/evaluation/ranking-metrics.ts";
import { Random } from "../../src/kernels/philox.ts";

const INFINITY = Number.POSITIVE_INFINITY;

function assertNear(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

/** Values that must be there: the case under test has a positive. */
function metricsOf(ranking: ArrayLike<number>, labels: ArrayLike<number>, k?: number) {
  const metrics = rankingMetrics(k === undefined ? { ranking, labels } : { ranking, labels, k });
  if (metrics === undefined) throw new Error("the user has no positive");
  return metrics;
}

test("metrics of a list worked out by hand", () => {
  // Positives 0, 2, 5 and 7; the first six places hold three of them, at places 1, 3 and 6.
  const labels = [1, 0, 1, 0, 0, 1, 0, 1];
  const metrics = metricsOf([0, 1, 2, 3, 4, 5, 6, 7], labels);
  assert.is(metrics.hit, 3 / 6);
  assertNear(metrics.map, (1 / 1 + 2 / 3 + 3 / 6) / 4);
  const discount = (place: number) => 1 / Math.log2(place + 1);
  assertNear(
    metrics.ndcg,
    (discount(1) + discount(3) + discount(6)) / (discount(1) + discount(2) + discount(3) + discount(4)),
  );
  // Precision 3/6, recall 3/4.
  assertNear(metrics.f1, (2 * (3 / 6) * (3 / 4)) / (3 / 6 + 3 / 4));
});

test("the best ranking has NDCG and MAP 1, the worst has 0 in everything", () => {
  const labels = [0, 1, 0, 1, 0, 0, 0, 0];
  const best = metricsOf([1, 3, 0, 2, 4, 5], labels);
  assert.is(best.ndcg, 1);
  assert.is(best.map, 1);
  assert.is(best.hit, 2 / 6);
  assert.is(best.f1, (2 * 2) / (6 + 2));
  assert.equal(metricsOf([0, 2, 4, 5, 6, 7], labels), { hit: 0, ndcg: 0, map: 0, f1: 0 });
});

test("with more positives than places the ideal fills the places, and MAP still divides by the positives", () => {
  assert.equal(metricsOf([0, 1], [1, 1, 1, 1], 2), { hit: 1, ndcg: 1, map: 0.5, f1: 4 / 6 });
});

test("fewer candidates than places: the empty places are misses", () => {
  assert.equal(metricsOf([1, 0], [1, 1], 6), { hit: 2 / 6, ndcg: 1, map: 1, f1: 4 / 8 });
});

test("a user without a positive has no metrics", () => {
  assert.is(rankingMetrics({ ranking: [0, 1], labels: [0, 0], k: 2 }), undefined);
  assert.is(userMetrics({ ranking: [0, 1], scores: [2, 1], labels: [0, 0], k: 2 }), undefined);
});

test("the area under the curve of pairs counted by hand", () => {
  assert.is(areaUnderCurve([3, 2, 1], [1, 0, 0]), 1);
  assert.is(areaUnderCurve([3, 2, 1], [0, 0, 1]), 0);
  assert.is(areaUnderCurve([1, 1, 1], [1, 0, 0]), 0.5);
  // Positives 4 and 2 against negatives 3, 2 and 1: 3 pairs won, then 1 tie and 1 won of 3.
  assert.is(areaUnderCurve([4, 3, 2, 2, 1], [1, 0, 1, 0, 0]), 4.5 / 6);
  assert.is(areaUnderCurve([INFINITY, -INFINITY, -INFINITY], [1, 1, 0]), 0.75);
});

test("the area is undefined where one class is absent", () => {
  assert.is(areaUnderCurve([1, 2], [0, 0]), undefined);
  assert.is(areaUnderCurve([1, 2], [1, 1]), undefined);
  assert.is(areaUnderCurve([], []), undefined);
});

test("candidates rank by score, ties by position", () => {
  assert.equal([...rankByScore([1, 3, 2, 3, 1])], [1, 3, 2, 0, 4]);
  assert.equal([...rankByScore(Float32Array.of(-INFINITY, 0, INFINITY, -INFINITY, -0, INFINITY))], [2, 5, 1, 4, 0, 3]);
  assert.equal([...rankByScore([])], []);
});

test("a generator's order is its list, then the others by the first step's logits", () => {
  const logits = [5, -INFINITY, 9, 5, 7];
  const scores = generatorOrder([1, 3], logits);
  assert.equal([...rankByScore(scores)], [1, 3, 2, 4, 0]);
  assert.equal([...rankByScore(generatorOrder([], logits))], [...rankByScore(logits)]);
  // Candidates 0 and 2 are tied outside the list, so the pair counts half.
  assert.is(areaUnderCurve(generatorOrder([1], [4, 0, 4]), [1, 0, 0]), 0.25);
  assert.equal(logits, [5, -INFINITY, 9, 5, 7]);
});

test("averages leave out users without a positive and count them", () => {
  const first = userMetrics({ ranking: [0, 1], scores: [2, 1], labels: [1, 0], k: 1 });
  const second = userMetrics({ ranking: [0, 1], scores: [2, 1], labels: [0, 1], k: 1 });
  assert.equal(first, { hit: 1, ndcg: 1, map: 1, f1: 1, auc: 1 });
  assert.equal(second, { hit: 0, ndcg: 0, map: 0, f1: 0, auc: 0 });
  const third = userMetrics({ ranking: [0, 1], scores: [2, 1], labels: [1, 1], k: 1 });
  assert.is(third?.auc, undefined);
  const { halfWidths, ...means } = averageMetrics([first, undefined, second]);
  // Student's t of one degree of freedom, 12.706, times the standard error of 0 and 1.
  for (const name of ["hit", "ndcg", "map", "f1", "auc"] as const) {
    assertNear(halfWidths[name] ?? 0, 12.7062047361747 / 2);
  }
  assert.equal(means, {
    hit: 0.5,
    ndcg: 0.5,
    map: 0.5,
    f1: 0.5,
    auc: 0.5,
    users: 2,
    usersWithoutPositive: 1,
    usersWithoutNegative: 0,
  });
  const withoutNegative = averageMetrics([first, third]);
  assert.is(withoutNegative.auc, 1);
  assert.is(withoutNegative.usersWithoutNegative, 1);
  assertNear(withoutNegative.f1, (1 + 2 / 3) / 2);
  assert.is(averageMetrics([third]).auc, undefined);
  assert.is(averageMetrics([first, third]).halfWidths.auc, undefined);
  assert.is(averageMetrics([third]).halfWidths.hit, undefined);
});

test("input that has no answer is an error that says what was expected", () => {
  const labels = [1, 0, 0];
  const rank = (ranking: number[], k = 2) => rankingMetrics({ ranking, labels, k });
  assert.throws(() => rank([0, 0]), /position 0 is ranked twice/);
  assert.throws(() => rank([0, 3]), /positions must be from 0 to 2, got 3/);
  assert.throws(() => rank([0, -1]), /from 0 to 2, got -1/);
  assert.throws(() => rank([0, 0.5]), /from 0 to 2, got 0.5/);
  assert.throws(() => rank([0, 1, 1]), /position 1 is ranked twice/);
  assert.throws(() => rank([0]), /must hold 2 positions for k = 2 and 3 candidates, got 1/);
  assert.throws(() => rank([0, 1], 6), /must hold 3 positions for k = 6 and 3 candidates, got 2/);
  assert.throws(() => rank([0, 1], 0), /k must be a positive integer, got 0/);
  assert.throws(() => rankingMetrics({ ranking: [0, 1], labels: [1, 5], k: 2 }), /0 or 1, got 5 at 1/);
  assert.throws(() => areaUnderCurve([1], [1, 0]), /one length, got 1 and 2/);
  assert.throws(() => areaUnderCurve([1, 2], [1, Number.NaN]), /0 or 1, got NaN at 1/);
  assert.throws(() => areaUnderCurve([1, Number.NaN], [1, 0]), /NaN/);
  assert.throws(() => rankByScore([1, Number.NaN]), /score at 1 is NaN/);
  assert.throws(() => generatorOrder([2], [1, 2]), /from 0 to 1, got 2/);
  assert.throws(() => generatorOrder([1, 1], [1, 2]), /position 1 is ranked twice/);
  assert.throws(() => averageMetrics([undefined]), /none of 1 users has a positive/);
});

/** A user with tied scores, at least one positive, and K from 1 to 8. */
const users = fc
  .record({
    candidates: fc.array(fc.record({ score: fc.integer({ min: -3, max: 3 }), positive: fc.boolean() }), {
      minLength: 1,
      maxLength: 14,
    }),
    positive: fc.nat(),
    k: fc.integer({ min: 1, max: 8 }),
  })
  .map(({ candidates, positive, k }) => {
    const scores = candidates.map(({ score }) => score);
    const labels = candidates.map((candidate) => Number(candidate.positive));
    labels[positive % labels.length] = 1;
    return { scores, labels, ranking: [...rankByScore(scores)], k };
  });

test("the area is the share of pairs won, ties counting half", () => {
  fc.assert(
    fc.property(users, ({ scores, labels }) => {
      let won = 0;
      let pairs = 0;
      for (const [i, positive] of labels.entries()) {
        for (const [j, other] of labels.entries()) {
          if (positive === 0 || other === 1) continue;
          pairs++;
          won += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0;
        }
      }
      const area = areaUnderCurve(scores, labels);
      if (pairs === 0) assert.is(area, undefined);
      else assertNear(area, won / pairs);
    }),
  );
});

test("the metrics are their definitions", () => {
  fc.assert(
    fc.property(users, ({ ranking, labels, k }) => {
      const relevant = ranking.slice(0, k).map((position) => labels[position]);
      const positives = labels.filter((label) => label === 1).length;
      const hits = (places: number) => relevant.slice(0, places).filter((label) => label === 1).length;
      const gain = (gains: number[]) => gains.reduce((sum, value, i) => sum + value / Math.log2(i + 2), 0);
      const precision = hits(k) / k;
      const recall = hits(k) / positives;
      const metrics = metricsOf(ranking, labels, k);
      assert.is(metrics.hit, precision);
      assertNear(metrics.ndcg, gain(relevant) / gain(new Array(Math.min(positives, k)).fill(1)));
      assertNear(metrics.map, relevant.reduce((sum, label, i) => sum + (label * hits(i + 1)) / (i + 1), 0) / positives);
      assertNear(metrics.f1, hits(k) === 0 ? 0 : (2 * precision * recall) / (precision + recall));
    }),
  );
});

test("every metric lies in [0, 1], and labels outside the first K places count only by their number", () => {
  fc.assert(
    fc.property(users, fc.nat(), ({ ranking, labels, k }, seed) => {
      const metrics = metricsOf(ranking, labels, k);
      for (const value of Object.values(metrics)) assert.ok(value >= 0 && value <= 1, `${value}`);
      const below = ranking.slice(k);
      const shuffled = [...labels];
      const order = new Random({ seed, stream: "labels", step: 0 }).permutation(below.length);
      for (const [i, position] of below.entries()) shuffled[position] = labels[below[order[i]]];
      assert.equal(metricsOf(ranking, shuffled, k), metrics);
    }),
  );
});

test("ranking by score sorts every candidate once, earlier positions first among equals", () => {
  fc.assert(
    fc.property(users, ({ scores, ranking }) => {
      assert.equal(
        [...ranking].sort((left, right) => left - right),
        [...scores.keys()],
      );
      for (let place = 1; place < ranking.length; place++) {
        const [before, after] = [ranking[place - 1], ranking[place]];
        assert.ok(scores[before] > scores[after] || (scores[before] === scores[after] && before < after));
      }
    }),
  );
});

test.run();
