/** A run's methods compared on held-out requests. */
import { listRewards, showableLists } from "../data/labels.ts";
import type { AverageMetrics } from "../evaluation/ranking-metrics.ts";
import { type RewardReport, rewardReport } from "../evaluation/reward-report.ts";
import { mean, meanHalfWidth, pearsonCorrelation } from "../evaluation/statistics.ts";
import { type ListJudge, predictedRewards } from "../goalrank/judge.ts";
import { GOAL_RANK } from "../methods/goalrank.ts";
import { sharedModel } from "../methods/method.ts";
import { ORACLE, RANDOM } from "../methods/references.ts";
import type { SharedSet } from "../methods/shared-models.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { expectedRewards } from "../world/oracle.ts";
import type { RunData } from "./data.ts";
import { evaluateLists, type MethodResult, type PairedDifference, pairedDifference } from "./evaluate-lists.ts";
import { generatorOf, type TrainedMethod, trainMethods } from "./methods.ts";
import { type OffPolicyReport, offPolicyReport } from "./off-policy-report.ts";
import { checkRun, DEFAULT_RUN, type RunSettings } from "./settings.ts";
import { trainSharedModels } from "./shared-models.ts";

/** GoalRank against another method over the same requests. */
export interface Advantage extends PairedDifference {
  readonly over: string;
  /** What is compared: the true reward where it is known, hits (the numerator of H@L) where not. */
  readonly measure: "true reward" | "hits";
}

/** What a run found out: the content of `result.json`. */
export interface RunResult {
  /** Items of a list, L. */
  readonly listLength: number;
  readonly testRequests: number;
  readonly rows: readonly MethodResult[];
  /** The judge's predictions for the validation lists against their feedback. */
  readonly judge: RewardReport;
  /** Its correlation with what was to be expected of those lists; undefined where the truth is not known. */
  readonly trueCorrelation: number | undefined;
  readonly advantages: readonly Advantage[];
  /** GoalRank's policy judged by the validation log, where its propensities are known. */
  readonly offPolicy: OffPolicyReport | undefined;
}

/** A run that is over: what was trained, and what it found out. */
export interface FinishedRun {
  readonly models: SharedSet;
  readonly methods: readonly TrainedMethod[];
  readonly result: RunResult;
}

/**
 * Trains and compares. The same data and settings give the same numbers.
 * @throws SettingsError for settings that contradict each other, before anything is trained
 */
export async function run(
  data: RunData,
  settings: RunSettings = DEFAULT_RUN,
  training: TrainingContext = {},
): Promise<FinishedRun> {
  checkRun(settings);
  const models = await trainSharedModels(data, settings, training);
  const methods = await trainMethods(models, data, settings, training);
  return { models, methods, result: await compareMethods(models, methods, data, settings) };
}

/** Compares methods that are trained on the test requests. */
export async function compareMethods(
  { context }: Pick<SharedSet, "context">,
  methods: readonly TrainedMethod[],
  data: RunData,
  { seed }: Pick<RunSettings, "seed">,
): Promise<RunResult> {
  const judge = sharedModel(context, "judge");
  const { test, validation, world, propensities } = data;
  const worths = new Map<string, ListWorth>();
  for (const { method, instance } of methods) {
    const ranked = await instance.rank(test);
    const truth = world && expectedRewards(world, test, ranked.lists);
    const predicted = await predictedRewards(judge, test, ranked.lists);
    const measured = truth ?? listRewards(test, ranked.lists);
    worths.set(method.title, { truth, measured, predicted, ranking: evaluateLists(test, ranked) });
  }
  const best = worths.get(ORACLE.title)?.truth;
  const generator = generatorOf(methods);
  return {
    listLength: test.listLength,
    testRequests: test.size,
    rows: [...worths].map(([method, worth]) => summariseMethod(method, worth, best)),
    ...(await examineJudge(judge, data, seed)),
    advantages: compareWithGoalRank(worths, world === undefined ? "hits" : "true reward", seed),
    offPolicy:
      generator && propensities && (await offPolicyReport(generator, judge, validation, propensities, { seed, world })),
  };
}

/** How well a judge knows the validation lists; the test lists, where a small log leaves none for validation. */
export async function examineJudge(
  judge: ListJudge,
  { validation, test, world }: RunData,
  seed: number,
): Promise<Pick<RunResult, "judge" | "trueCorrelation">> {
  const held = validation.size > 0 ? validation : test;
  const shown = showableLists(held);
  const predicted = await predictedRewards(judge, held, shown);
  return {
    judge: rewardReport(predicted, listRewards(held, shown), { seed }),
    trueCorrelation: world && pearsonCorrelation(predicted, expectedRewards(world, held, shown)),
  };
}

/** What each of a method's lists is worth: [S]. */
interface ListWorth {
  readonly truth: Float64Array | undefined;
  /** The true reward where it is known, hits where not. */
  readonly measured: ArrayLike<number>;
  readonly predicted: Float32Array;
  readonly ranking: AverageMetrics;
}

/** A method's row from what its lists are worth, by themselves and beside the best lists. */
function summariseMethod(
  method: string,
  { truth, predicted, ranking }: ListWorth,
  best: Float64Array | undefined,
): MethodResult {
  const regrets = truth && best?.map((reward, row) => reward - truth[row]);
  return {
    method,
    trueReward: truth && mean(truth),
    regret: regrets && mean(regrets),
    predictedReward: mean(predicted),
    ...ranking,
    halfWidths: {
      trueReward: truth && meanHalfWidth(truth),
      regret: regrets && meanHalfWidth(regrets),
      predictedReward: meanHalfWidth(predicted),
      ...ranking.halfWidths,
    },
  };
}

/** GoalRank against every method that learned something. */
function compareWithGoalRank(
  worths: ReadonlyMap<string, ListWorth>,
  measure: Advantage["measure"],
  seed: number,
): Advantage[] {
  const own = worths.get(GOAL_RANK.title);
  if (own === undefined) return [];
  const others = [...worths].filter(([name]) => ![GOAL_RANK, RANDOM, ORACLE].some(({ title }) => title === name));
  return others.map(([over, { measured }]) => ({ over, measure, ...pairedDifference(own.measured, measured, seed) }));
}
