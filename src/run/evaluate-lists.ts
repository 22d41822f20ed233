/** What a method's lists are worth: ranking metrics against the log, and the true reward where a world knows it. */
import type { ListDataset } from "../data/dataset.ts";
import { candidateLabels } from "../data/labels.ts";
import { shapeOf } from "../data/shapes.ts";
import { type GradedMetrics, gradedMetrics } from "../evaluation/graded-metrics.ts";

import {
  type AverageMetrics,
  averageMetrics,
  generatorOrder,
  rankByScore,
  type UserMetrics,
  userMetrics,
} from "../evaluation/ranking-metrics.ts";
import { meanConfidenceInterval, randomisationTest } from "../evaluation/statistics.ts";
import type { RankedLists } from "../methods/answering.ts";

/** A method's row in a table of results: means over the test requests, which are its users, H@L and the others of the list length L. */
export interface MethodResult extends Omit<AverageMetrics, "halfWidths"> {
  /** As in `--deploy NAME`. */
  readonly name: string;
  /** Its title. */
  readonly method: string;
  /** Mean expected positives per list, as the world defines them; undefined where the truth is not known. */
  readonly trueReward: number | undefined;
  /** How far the true reward stays under the oracle's. */
  readonly regret: number | undefined;
  /** Mean reward that the reward model predicts. */
  readonly predictedReward: number;
  /** Half the width of each mean's 95% confidence interval over requests; undefined where there is none. */
  readonly halfWidths: Readonly<Record<Exclude<MeasureName, keyof GradedMetrics>, number | undefined>> &
    Readonly<Partial<Record<keyof GradedMetrics, number | undefined>>>;
}

/** What a row may have a mean of. */
export type MeasureName = "trueReward" | "regret" | "predictedReward" | keyof UserMetrics;

/**
 * Metrics of each request's list, of as many places as it has, against what was exposed and liked; undefined for a
 * request without a positive.
 * Candidates outside the list follow it in the order of their scores.
 * With grades, a positive is what has a gain, and there are metrics by grade besides.
 */
export function requestMetrics(dataset: ListDataset, { lists, scores }: RankedLists): (UserMetrics | undefined)[] {
  const { size, listLength, candidateCount, maxGrade } = dataset;
  const labels = candidateLabels(dataset);
  return Array.from({ length: size }, (_, row) => {
    const shape = shapeOf(dataset, row);
    const candidates = [row * candidateCount, row * candidateCount + shape.candidateCount] as const;
    const list = lists.subarray(row * listLength, row * listLength + shape.listLength);
    const order = generatorOrder(list, scores.subarray(...candidates));
    const own = labels.subarray(...candidates);
    const ranking = rankByScore(order);
    const metrics = userMetrics({
      ranking,
      labels: own.map((label) => Number(label > 0)),
      scores: order,
      k: shape.listLength,
    });
    if (metrics === undefined || maxGrade === undefined) return metrics;
    return { ...metrics, ...gradedMetrics({ ranking, labels: own }, maxGrade) };
  });
}

/** Their means. Requests without a positive are left out and counted. */
export function evaluateLists(dataset: ListDataset, ranked: RankedLists): AverageMetrics {
  return averageMetrics(requestMetrics(dataset, ranked));
}

/** How far one method is ahead of another over the same requests. */
export interface PairedDifference {
  /** Mean of a - b. */
  readonly mean: number;
  /** Half the width of its 95% confidence interval. */
  readonly halfWidth: number;
  /** Of the two-sided paired randomisation test. */
  readonly pValue: number;
}

/** Compares the values of two methods request by request. */
export function pairedDifference(a: ArrayLike<number>, b: ArrayLike<number>, seed: number): PairedDifference {
  const differences = Array.from(a, (value, i) => value - b[i]);
  const { mean, halfWidth } = meanConfidenceInterval(differences);
  return { mean, halfWidth, pValue: randomisationTest(differences, seed) };
}
