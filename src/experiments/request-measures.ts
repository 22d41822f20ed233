/** What a method's lists are worth, request by request. */
import type { UserMetrics } from "../evaluation/ranking-metrics.ts";
import { mean } from "../evaluation/statistics.ts";
import { type ListJudge, predictedRewards } from "../goalrank/judge.ts";
import type { RankedLists } from "../methods/answering.ts";
import type { RunData } from "../run/data.ts";
import { requestMetrics } from "../run/evaluate-lists.ts";
import { expectedRewards } from "../world/oracle.ts";
import type { TrialOutcome } from "./trial.ts";

/** Lists are judged by all measures that the data allows; a request without a positive has no ranking metrics. */
export async function measureLists(
  { test, world }: RunData,
  judge: ListJudge,
  ranked: RankedLists,
): Promise<TrialOutcome> {
  const users = requestMetrics(test, ranked);
  const column = (measure: keyof UserMetrics) => users.map((user) => user?.[measure] ?? null);
  const values: NonNullable<TrialOutcome["values"]> = {
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
