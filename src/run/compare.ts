/** A run's methods compared on held-out requests: the verdict is of validation lists, the figures are of the test. */
import type { ListDataset } from "../data/dataset.ts";
import { listRewards, showableLists } from "../data/labels.ts";
import { type AverageMetrics, averageMetrics, type UserMetrics } from "../evaluation/ranking-metrics.ts";
import { type RewardReport, rewardReport } from "../evaluation/reward-report.ts";
import { mean, meanHalfWidth, pearsonCorrelation } from "../evaluation/statistics.ts";
import { DiscountedItemJudge, type ListJudge, predictedRewards } from "../goalrank/judge.ts";
import type { RankedLists } from "../methods/answering.ts";
import { GOAL_RANK } from "../methods/goalrank.ts";
import { type Method, sharedModel } from "../methods/method.ts";
import { ORACLE, RANDOM, RETRIEVER } from "../methods/references.ts";
import type { SharedSet } from "../methods/shared-models.ts";
import { combineListeners, SILENT } from "../training/listener.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { expectedRewards } from "../world/oracle.ts";
import type { RunData } from "./data.ts";
import { type MethodResult, type PairedDifference, pairedDifference, requestMetrics } from "./evaluate-lists.ts";
import { type LearningRecord, LearningRecords } from "./learning-records.ts";
import { generatorOf, type TrainedMethod, trainMethods } from "./methods.ts";
import { type OffPolicyReport, offPolicyReport } from "./off-policy-report.ts";
import type { Choice, Verdict } from "./result-schema.ts";
import { checkRun, DEFAULT_RUN, type RunSettings } from "./settings.ts";
import { trainSharedModels } from "./shared-models.ts";
import { choose, type MethodWorth, RIVAL } from "./verdict/choice.ts";
import { besideRival } from "./verdict/rival.ts";
import { createVerdict } from "./verdict/verdict.ts";

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
  /** How the lists were split and their candidates chosen; undefined for a world. */
  readonly protocols: RunData["protocols"];
  /** What to serve, by validation lists. */
  readonly verdict: Verdict;
  /** On the test lists. */
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
  const learning = new LearningRecords();
  const context = { ...training, listener: combineListeners([training.listener ?? SILENT, learning]) };
  const models = await trainSharedModels(data, settings, context);
  const methods = await trainMethods(models, data, settings, context);
  return { models, methods, result: await compareMethods(models, methods, data, settings, learning.all) };
}

/** Compares methods that are trained. @param learning how the models were trained, as far as that is known */
export async function compareMethods(
  { context }: Pick<SharedSet, "context">,
  methods: readonly TrainedMethod[],
  data: RunData,
  { seed, deploy }: Pick<RunSettings, "seed" | "deploy">,
  learning: readonly LearningRecord[] = [],
): Promise<RunResult> {
  const judge = sharedModel(context, "judge");
  const { test, validation, world, propensities, protocols, rival } = data;
  const worths: TestedMethod[] = [];
  const validated: MethodWorth[] = [];
  for (const { method, instance } of methods) {
    worths.push(await testMethod(method, await instance.rank(test), judge, data));
    const isServable = instance.answering !== undefined;
    const own = validation.size === 0 ? [] : valuesOf(data, validation, await instance.rank(validation));
    validated.push({ ...method, isServable, values: own });
  }
  if (rival !== undefined) {
    const method = { name: RIVAL, title: rival.title };
    worths.push(await testMethod(method, rival.test, judge, data));
    if (rival.validation !== undefined) {
      validated.push({ ...method, isServable: false, values: valuesOf(data, validation, rival.validation) });
    }
  }
  const best = find(worths, ORACLE.name)?.truth;
  const generator = generatorOf(methods);
  const examined = await examineJudge(judge, data, seed);
  const choice = choose(validated, measureOf(worths), seed);
  const judged = methods.filter(({ method }) =>
    [...method.answersWith, ...(method.learnsWith ?? [])].includes("judge"),
  );
  const verdict = createVerdict({
    choice,
    listLength: test.listLength,
    trainingLists: data.training.size,
    testLists: worths[0]?.values.length ?? 0,
    judge:
      judge instanceof DiscountedItemJudge || context.shared.contextual !== undefined
        ? { ...examined.judge, rSquared: undefined }
        : examined.judge,
    judged: judged.map(({ method }) => method.title),
    learning,
    report: data.report,
    tested: testedLeads(worths, choice, seed),
    rival: besideRival(
      validated,
      worths.map(({ method, values }) => ({ ...method, values })),
      choice,
      seed,
    ),
    candidates: protocols?.candidates.validation,
    overruled: deploy,
  });
  return {
    listLength: test.listLength,
    testRequests: test.size,
    protocols,
    verdict,
    rows: worths.map((worth) => summariseMethod(worth, best)),
    ...examined,
    advantages: compareWithGoalRank(worths, world === undefined ? "hits" : "true reward", seed),
    offPolicy:
      generator && propensities && (await offPolicyReport(generator, judge, validation, propensities, { seed, world })),
  };
}

/** What the lists of a method for the test requests are worth. */
async function testMethod(
  method: TestedMethod["method"],
  ranked: RankedLists,
  judge: ListJudge,
  { test, world }: RunData,
): Promise<TestedMethod> {
  const truth = world && expectedRewards(world, test, ranked.lists);
  const metrics = requestMetrics(test, ranked);
  const counted = metrics.filter((own) => own !== undefined);
  return {
    method,
    truth,
    measured: truth ?? listRewards(test, ranked.lists).filter((_, row) => metrics[row] !== undefined),
    predicted: await predictedRewards(judge, test, ranked.lists),
    values: truth ?? counted.map(discountedGain),
    ranking: averageMetrics(metrics),
  };
}

/** What counts of each list: the true reward where it is known, NDCG of the requests with a positive otherwise. */
function valuesOf({ world }: RunData, requests: ListDataset, ranked: RankedLists): ArrayLike<number> {
  if (world !== undefined) return expectedRewards(world, requests, ranked.lists);
  return requestMetrics(requests, ranked).flatMap((metrics) => (metrics ? [discountedGain(metrics)] : []));
}

/** What methods are compared by. */
function measureOf([first]: readonly TestedMethod[]): Choice["measure"] {
  if (first?.truth !== undefined) return "trueReward";
  return first?.ranking.ndcg10 === undefined ? "ndcg" : "ndcg10";
}

/** By grade where there are grades. */
function discountedGain({ ndcg10, ndcg }: UserMetrics): number {
  return ndcg10 ?? ndcg;
}

/** The chosen method's leads over retriever and random on the test lists. */
function testedLeads(worths: readonly TestedMethod[], { chosen }: Choice, seed: number) {
  const own = chosen === undefined ? undefined : find(worths, chosen);
  if (own === undefined || own.values.length < 2) return [];
  return [RETRIEVER, RANDOM].flatMap(({ name }) => {
    const other = name === chosen ? undefined : find(worths, name);
    return other === undefined ? [] : [{ over: name, ...pairedDifference(own.values, other.values, seed) }];
  });
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

/** A method, and what each of its lists for the test requests is worth: [S]. */
interface TestedMethod {
  readonly method: Pick<Method, "name" | "title">;
  readonly truth: Float64Array | undefined;
  /** The true reward where it is known, hits of the requests with a positive where not. */
  readonly measured: ArrayLike<number>;
  readonly predicted: Float32Array;
  /** What counts, of the requests that do. */
  readonly values: ArrayLike<number>;
  readonly ranking: AverageMetrics;
}

function find(worths: readonly TestedMethod[], name: string): TestedMethod | undefined {
  return worths.find(({ method }) => method.name === name);
}

/** A method's row from what its lists are worth, by themselves and beside the best lists. */
function summariseMethod(
  { method, truth, predicted, ranking }: TestedMethod,
  best: Float64Array | undefined,
): MethodResult {
  const regrets = truth && best?.map((reward, row) => reward - truth[row]);
  return {
    name: method.name,
    method: method.title,
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
  worths: readonly TestedMethod[],
  measure: Advantage["measure"],
  seed: number,
): Advantage[] {
  const own = find(worths, GOAL_RANK.name);
  if (own === undefined || own.measured.length < 2) return [];
  const apart = [GOAL_RANK, RANDOM, ORACLE].map(({ name }) => name);
  const others = worths.filter(({ method }) => !apart.includes(method.name));
  return others.map(({ method, measured }) => {
    return { over: method.title, measure, ...pairedDifference(own.measured, measured, seed) };
  });
}
