import { test } from "uvu";
import * as assert from "uvu/assert";
import { expectedReciprocalRank, gainOfGrade, gradedMetrics, gradedNdcg } from "../../src/evaluation/graded-metrics.ts";
import { rankingMetrics } from "../../src/evaluation/ranking-metrics.ts";
import { Random } from "../../src/kernels/philox.ts";
import { throwsMessage } from "../throws-message.ts";

function assertNear(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

const labelsOf = (grades: readonly number[], most: number) => grades.map((grade) => gainOfGrade(grade, most));

test("gains double with each grade, from 0 to 1", () => {
  assert.equal(labelsOf([0, 1, 2, 3, 4], 4), [0, 1 / 15, 3 / 15, 7 / 15, 1]);
  assert.is(gainOfGrade(0, 0), 0);
});

test("NDCG of grades 3, 2, 3, 0, 1, 2 in that order, by hand", () => {
  // Gains 7, 3, 7, 0, 1, 3 at discounts 1, log2 3, 2, log2 5, log2 6, log2 7; the best order is 7, 7, 3, 3, 1, 0.
  const labels = labelsOf([3, 2, 3, 0, 1, 2], 3);
  const ranking = [0, 1, 2, 3, 4, 5];
  const [three, five, six] = [3, 5, 6].map((n) => Math.log2(n));
  assertNear(gradedNdcg({ ranking, labels }, 1), 1);
  assertNear(gradedNdcg({ ranking, labels }, 3), (7 + 3 / three + 7 / 2) / (7 + 7 / three + 3 / 2));
  const gained = 7 + 3 / three + 7 / 2 + 1 / six + 3 / Math.log2(7);
  assertNear(gradedNdcg({ ranking, labels }, 10), gained / (7 + 7 / three + 3 / 2 + 3 / five + 1 / six));
});

test("the scale of grades does not change NDCG, and grades 0 and 1 give the binary one", () => {
  const random = new Random({ seed: 3, stream: "graded", step: 0 });
  for (let draw = 0; draw < 50; draw++) {
    const grades = Array.from({ length: 8 }, () => random.integer(2));
    const ranking = [...random.permutation(8)];
    assertNear(
      gradedNdcg({ ranking, labels: labelsOf(grades, 4) }, 5) ?? -1,
      gradedNdcg({ ranking, labels: labelsOf(grades, 1) }, 5) ?? -1,
    );
    assertNear(
      gradedNdcg({ ranking, labels: labelsOf(grades, 1) }, 5) ?? -1,
      rankingMetrics({ ranking, labels: grades, k: 5 })?.ndcg ?? -1,
    );
  }
});

test("ERR by hand: the reader stops at a grade with probability (2^grade - 1) / 2^most", () => {
  // Of 4: R is 3/4, 1/4, 0 for grades 2, 1, 0.
  const labels = labelsOf([2, 1, 0], 2);
  assertNear(expectedReciprocalRank({ ranking: [0, 1, 2], labels }, 2), 3 / 4 + (1 / 4) * (1 / 4) * (1 / 2));
  assertNear(
    expectedReciprocalRank({ ranking: [2, 1, 0], labels }, 2),
    (1 / 4) * (1 / 2) + (3 / 4) * (3 / 4) * (1 / 3),
  );
  assert.is(expectedReciprocalRank({ ranking: [0, 1], labels: [0, 0] }, 4), 0);
});

test("a request without a gain has no metrics, and one with fewer candidates than places has all", () => {
  assert.is(gradedMetrics({ ranking: [1, 0], labels: [0, 0] }, 4), undefined);
  assert.equal(gradedMetrics({ ranking: [1, 0], labels: [0, 1] }, 1), {
    ndcg1: 1,
    ndcg3: 1,
    ndcg5: 1,
    ndcg10: 1,
    err: 0.5,
  });
});

test("grades in place of gains, and a ranking that is no ranking, are refused", () => {
  throwsMessage(
    () => gradedNdcg({ ranking: [0, 1], labels: [0, 4] }, 1),
    "metrics: the label at 1 must be a gain from 0 to 1, got 4",
  );
  throwsMessage(
    () => expectedReciprocalRank({ ranking: [0, 0], labels: [0, 1] }, 1),
    "metrics: position 0 is ranked twice",
  );
  throwsMessage(() => gradedNdcg({ ranking: [0], labels: [1] }, 0), "metrics: k must be a positive integer, got 0");
});

test.run();
