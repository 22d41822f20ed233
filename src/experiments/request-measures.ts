/** What a method's lists are worth, request by request. */
import type { ListDataset } from "../data/dataset.ts";
import { candidateLabels } from "../data/labels.ts";
import { generatorOrder, rankByScore, type UserMetrics, userMetrics } from "../evaluation/ranking-metrics.ts";
import { mean } from "../evaluation/statistics.ts";
import type { ListJudge } from "../goalrank/judge.ts";
import { predictedRewards, type RankedLists } from "../methods/answers.ts";
import type { ExperimentData } from "../run/data.ts";
import { expectedRewards } from "../world/oracle.ts";
import type { TrialOutcome } from "./trial.ts";

/** Measures that are kept for every request. */
export const MEASURES = ["trueReward", "predictedReward", "hit", "ndcg", "map", "f1", "auc"] as const;
export type Measure = (typeof MEASURES)[number];

/** Lists are judged by all measures that the data allows; a request without a positive has no ranking metrics. */
export async function measureLists(
  { test, world }: ExperimentData,
  judge: ListJudge,
  ranked: RankedLists,
): Promise<TrialOutcome> {
  const users = Array.from({ length: test.size }, (_, row) => requestMetrics(test, ranked, row));
  const column = (measure: keyof UserMetrics) => users.map((user) => user?.[measure] ?? null);
  const values: Partial<Record<Measure, readonly (number | null)[]>> = {
    ...(world && { trueReward: [...expectedRewards(world, test, ranked.lists)] }),
    predictedReward: [...(await predictedRewards(judge, test, ranked.lists))],
    hit: column("hit"),
    ndcg: column("ndcg"),
    map: column("map"),
    f1: column("f1"),
    auc: column("auc"),
  };
  const means = Object.entries(values).flatMap(([measure, column]): [string, number][] => {
    const known = column.filter((value) => value !== null);
    return known.length === 0 ? [] : [[measure, mean(known)]];
  });
  return { metrics: { ...Object.fromEntries(means), requests: test.size }, values };
}

/** Metrics of one request's list against what was exposed and liked; undefined without a positive. */
function requestMetrics(
  dataset: ListDataset,
  { lists, scores }: RankedLists,
  row: number,
): UserMetrics | undefined {
  const { listLength, candidateCount } = dataset;
  const list = lists.subarray(row * listLength, (row + 1) * listLength);
  const order = generatorOrder(list, scores.subarray(row * candidateCount, (row + 1) * candidateCount));
  const labels = candidateLabels(dataset, [row]);
  return userMetrics({ ranking: rankByScore(order), labels, scores: order, k: listLength });
}
