/** The work of most experiments: a method learns from a dataset, answers its test requests, and is measured. */
import { join } from "node:path";
import type { UserMetrics } from "../evaluation/ranking-metrics.ts";
import { mean } from "../evaluation/statistics.ts";
import { fileName, writeWhole } from "../files/write-whole.ts";
import { type ListJudge, predictedRewards } from "../goalrank/judge.ts";
import type { RankedLists } from "../methods/answering.ts";
import { sharedModel } from "../methods/method.ts";
import type { RunData } from "../run/data.ts";
import { requestMetrics } from "../run/evaluate-lists.ts";
import { expectedRewards } from "../world/oracle.ts";
import { exposedFirst } from "./candidate-order.ts";
import { type Contender, learn } from "./contenders.ts";
import type { Surroundings } from "./experiment.ts";
import { loadShared, type Shared, type SharedWork } from "./shared-work.ts";
import { formatQrels, formatRun } from "./trec.ts";
import type { TrialOutcome, Work } from "./trial.ts";

export interface RankingWork extends Work {
  readonly kind: "ranking";
  readonly shared: SharedWork;
  readonly contender: Contender;
  /** How candidates stand in test requests, where that is not as in training. */
  readonly testOrder?: "exposed first";
}

/** Its CPU seconds are those of the contender alone, without what is shared. */
export async function runRankingWork(work: RankingWork, surroundings: Surroundings): Promise<TrialOutcome> {
  const shared = ordered(await loadShared(work.shared, surroundings), work);
  const before = process.cpuUsage();
  const { seed } = work.shared.data;
  const { instance } = await learn(work.contender, shared, seed, surroundings.context);
  const ranked = await instance.rank(shared.data.test);
  const models = Object.values(instance.models);
  const { user, system } = process.cpuUsage(before);
  exportRankings(shared.data, ranked.lists, surroundings);
  const { metrics, values } = await measureLists(shared.data, sharedModel(shared.models.context, "judge"), ranked);
  const parameters = models.reduce((sum, model) => sum + model.parameterCount(), 0);
  for (const model of models) model.dispose();
  const cost = { ...(models.length > 0 && { parameters }), cpuSeconds: (user + system) / 1e6 };
  return { metrics: { ...metrics, ...cost }, ...(values && { values }) };
}

function ordered(shared: Shared, { testOrder }: RankingWork): Shared {
  if (testOrder === undefined) return shared;
  return { ...shared, data: { ...shared.data, test: exposedFirst(shared.data.test) } };
}

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

/** Writes the lists, and what they are judged by, for programs of others. */
function exportRankings({ test }: RunData, lists: Int32Array, { root, label }: Surroundings): void {
  const { experiment, dataset, method, variant, seed } = label;
  const folder = join(root, experiment, "trec");
  const tag = fileName(method, variant);
  // Variants may differ in what is exposed among the candidates.
  writeWhole(join(folder, `${fileName(dataset, variant)}-seed-${seed}.qrels`), formatQrels(test));
  const run = formatRun(test, lists, tag);
  writeWhole(join(folder, `${fileName(dataset, method, variant)}-seed-${seed}.run`), run);
}
