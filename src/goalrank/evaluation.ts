/** What a method's lists are worth: ranking metrics against the log, and the true reward where a world knows it. */
import type { ListDataset } from "./dataset.ts";
import type { ExperimentData } from "./experiment-data.ts";
import { candidateLabels } from "./feedback-training.ts";
import { type AverageMetrics, averageMetrics, generatorOrder, rankByScore, userMetrics } from "./metrics.ts";
import { predictedRewards, type RankedLists } from "./rankers.ts";
import type { RewardModel } from "./reward-model.ts";
import { meanConfidenceInterval, pearsonCorrelation } from "./statistics.ts";
import { expectedRewards } from "./world/index.ts";

/** A method's row in a table of results. */
export interface MethodResult {
  readonly method: string;
  /** Mean expected positives per list, as the world defines them; undefined where the truth is not known. */
  readonly trueReward: number | undefined;
  /** How far the true reward stays under the oracle's. */
  readonly regret: number | undefined;
  /** Mean reward that the reward model predicts. */
  readonly predictedReward: number;
  /** H@L, with L the list length; the other metrics of the same depth. */
  readonly hit: number;
  readonly ndcg: number;
  readonly map: number;
  readonly f1: number;
  readonly auc: number | undefined;
}

/**
 * Metrics of lists against what was exposed and liked. Candidates outside the list follow it in the order of their
 * scores. Requests without a positive are left out and counted.
 */
export function evaluateLists(dataset: ListDataset, { lists, scores }: RankedLists): AverageMetrics {
  const { size, listLength, candidateCount } = dataset;
  function* users() {
    for (let row = 0; row < size; row++) {
      const list = lists.subarray(row * listLength, (row + 1) * listLength);
      const own = scores.subarray(row * candidateCount, (row + 1) * candidateCount);
      const order = generatorOrder(list, own);
      const labels = candidateLabels(dataset, [row]);
      yield userMetrics({ ranking: rankByScore(order), labels, scores: order, k: listLength });
    }
  }
  return averageMetrics(users());
}

/** Mean of a - b over the same requests, and half the width of its 95% confidence interval. */
export function pairedDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): { readonly mean: number; readonly halfWidth: number } {
  const { mean: difference, halfWidth } = meanConfidenceInterval(Array.from(a, (value, i) => value - b[i]));
  return { mean: difference, halfWidth };
}

/** How well predicted rewards agree with held-out lists; undefined where one side is constant. */
export interface RewardModelReport {
  /** Correlation of the prediction with the feedback that the exposed lists got. */
  readonly feedbackCorrelation: number | undefined;
  /** Correlation with the feedback that was to be expected; undefined where the truth is not known. */
  readonly trueCorrelation: number | undefined;
}

/** Compares the reward model's predictions for the validation lists with their feedback, and with the truth. */
export async function judgeRewardModel(
  rewardModel: RewardModel,
  { validation, world }: Pick<ExperimentData, "validation" | "world">,
): Promise<RewardModelReport> {
  const { size, listLength, feedback, exposed } = validation;
  const predicted = await predictedRewards(rewardModel, validation, exposed);
  const observed = Float64Array.from({ length: size }, (_, row) =>
    feedback.subarray(row * listLength, (row + 1) * listLength).reduce((sum, label) => sum + label, 0),
  );
  return {
    feedbackCorrelation: pearsonCorrelation(predicted, observed),
    trueCorrelation: world && pearsonCorrelation(predicted, expectedRewards(world, validation, exposed)),
  };
}
