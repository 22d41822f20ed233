/** The work of most experiments: a method learns from a dataset, answers its test requests, and is measured. */
import { join } from "node:path";
import { selectRows } from "../data/dataset.ts";
import { allRows } from "../data/labels.ts";
import type { UserMetrics } from "../evaluation/ranking-metrics.ts";
import { mean } from "../evaluation/statistics.ts";
import { fileName, writeWhole } from "../files/write-whole.ts";
import { type ListJudge, predictedRewards } from "../goalrank/judge.ts";
import type { RankedLists } from "../methods/answering.ts";
import type { MethodInstance } from "../methods/method.ts";
import type { SharedSet } from "../methods/shared-models.ts";
import type { RunData } from "../run/data.ts";
import { requestMetrics } from "../run/evaluate-lists.ts";
import { combineListeners, SILENT } from "../training/listener.ts";
import { expectedRewards } from "../world/oracle.ts";
import { budgetOf, type CostedModel, cpuSecondsSince, JudgedLists, StageCosts, sharedNeeds } from "./budget.ts";
import { exposedFirst } from "./candidate-order.ts";
import { type Contender, learn, learningSettings, withJudge } from "./contenders.ts";
import type { Surroundings } from "./experiment.ts";
import { loadShared, type Shared, type SharedWork, sharedCosts } from "./shared-work.ts";
import { USER } from "./stored-results.ts";
import { formatQrels, formatRun } from "./trec.ts";
import type { TrialOutcome, Work } from "./trial.ts";

export interface RankingWork extends Work {
  readonly kind: "ranking";
  readonly shared: SharedWork;
  readonly contender: Contender;
  /** How candidates stand in test requests, where that is not as in training. */
  readonly testOrder?: "exposed first";
  /** The requests that are ranked, where a choice is made by them: the test is left alone. */
  readonly split?: "validation";
}

/** Validation requests that are ranked at most. */
const VALIDATION_REQUESTS = 2000;

/** Its CPU seconds are those of the contender alone; the total has the shared models that it needs. */
export async function runRankingWork(work: RankingWork, surroundings: Surroundings): Promise<TrialOutcome> {
  const shared = ordered(await loadShared(work.shared, surroundings), work);
  const { data, models } = shared;
  const { seed } = work.shared.data;
  const [judged, stages] = [new JudgedLists(), new StageCosts()];
  const { listener = SILENT } = surroundings.context;
  const context = { ...surroundings.context, listener: combineListeners([stages, listener]) };
  const before = process.cpuUsage();
  const { method, instance } = await learn(
    work.contender,
    { ...shared, models: counted(models, judged) },
    seed,
    context,
  );
  const judgedLearning = judged.count;
  const ranked = work.split === "validation" ? undefined : await instance.rank(data.test);
  const cpuSeconds = cpuSecondsSince(before);
  const judgedServing = judged.count - judgedLearning;
  const found = ranked && (await measureLists(data, models.context.shared.judge, ranked));
  if (ranked !== undefined) exportRankings(data, ranked.lists, surroundings);
  const validated = await validationMetrics(data, instance);
  const own = Object.values(instance.models);
  const parameters = own.reduce((sum, model) => sum + model.parameterCount(), 0);
  for (const model of own) model.dispose();
  const spent = sharedCosts(surroundings.root, work.shared);
  const settings = learningSettings(work.contender, shared, seed);
  const budget = budgetOf(method.name, settings, stepsOf(method.name, stages, spent));
  const metrics = {
    ...found?.metrics,
    ...validated,
    ...budget.metrics,
    ...(judgedLearning > 0 && { judgedLearning: judgedLearning / data.training.size }),
    ...(judgedServing > 0 && { judgedServing: judgedServing / data.test.size }),
    ...(own.length > 0 && { parameters }),
    ...totalCost(cpuSeconds, sharedNeeds(method, settings), spent),
    cpuSeconds,
  };
  return { metrics, facts: budget.facts, ...(found && { values: found.values }) };
}

/** With the shared models that are needed; nothing where it is not known what one of them took. */
function totalCost(
  cpuSeconds: number,
  needs: readonly CostedModel[],
  spent: TrialOutcome["metrics"],
): TrialOutcome["metrics"] {
  const ofShared = needs.map((name): number | undefined => spent[`${name}CpuSeconds`]);
  const known = ofShared.filter((seconds) => seconds !== undefined);
  if (known.length < ofShared.length) return {};
  return { totalCpuSeconds: known.reduce((sum, seconds) => sum + seconds, cpuSeconds) };
}

/** The shared models with a judge whose questions are counted. */
function counted(models: SharedSet, judged: JudgedLists): SharedSet {
  const { judge } = models.context.shared;
  return judge === undefined ? models : withJudge(models, judged.counting(judge));
}

/** Updates of a method's own models, or of the shared one that it is. */
function stepsOf(method: string, stages: StageCosts, spent: TrialOutcome["metrics"]): number {
  const { steps } = stages.total();
  if (steps > 0) return steps;
  const shared: Readonly<Record<string, string>> = { dnn: "pointwise", imitation: "imitation", judge: "judge" };
  return spent[`${shared[method]}Steps`] ?? 0;
}

function ordered(shared: Shared, { testOrder }: RankingWork): Shared {
  if (testOrder === undefined) return shared;
  return { ...shared, data: { ...shared.data, test: exposedFirst(shared.data.test) } };
}

/** What validation metrics are called. */
export const VALIDATION = "validation ";

/** Of the first validation requests; they are part of no processor time. */
async function validationMetrics(
  data: RunData,
  instance: Pick<MethodInstance, "rank">,
): Promise<TrialOutcome["metrics"]> {
  if (data.validation.size === 0) return {};
  const held = selectRows(data.validation, allRows(data.validation).subarray(0, VALIDATION_REQUESTS));
  const { metrics } = await measureLists({ ...data, test: held }, undefined, await instance.rank(held));
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${VALIDATION}${name}`, value]));
}

/** Lists are judged by all measures that the data allows; a request without a positive has no ranking metrics. */
export async function measureLists(
  { test, world }: Pick<RunData, "test" | "world">,
  judge: ListJudge | undefined,
  ranked: RankedLists,
): Promise<Required<Pick<TrialOutcome, "metrics" | "values">>> {
  const users = requestMetrics(test, ranked);
  const column = (measure: keyof UserMetrics) => users.map((user) => user?.[measure] ?? null);
  const values: NonNullable<TrialOutcome["values"]> = {
    ...(world && { trueReward: [...expectedRewards(world, test, ranked.lists)] }),
    ...(judge && { predictedReward: [...(await predictedRewards(judge, test, ranked.lists))] }),
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
  const withPositive = users.filter((user) => user !== undefined).length;
  const metrics = { ...Object.fromEntries(means), requests: test.size, withPositive };
  return { metrics, values: { ...values, ...(world === undefined && { [USER]: [...test.users] }) } };
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
