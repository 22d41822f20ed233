/** The whole of GoalRank once: train every model, and compare all methods on held-out requests. */
import { selectRows } from "../data/dataset.ts";
import { allRows, listRewards, showableLists } from "../data/labels.ts";
import type { AverageMetrics } from "../evaluation/ranking-metrics.ts";
import { type RewardReport, rewardReport } from "../evaluation/reward-report.ts";
import { mean, meanHalfWidth, pearsonCorrelation } from "../evaluation/statistics.ts";
import type { ListJudge } from "../goalrank/judge.ts";
import {
  chooseProposer,
  generatorEvaluatorRanking,
  generatorProposals,
  generatorRanking,
  predictedRewards,
  type RankedLists,
  randomRanking,
  rankingByScores,
  scorerProposals,
  scorerRanking,
} from "../methods/answers.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { redrawLists } from "../world/logging-policy.ts";
import { bestLists, expectedRewards } from "../world/oracle.ts";
import type { ExperimentData } from "./data.ts";
import {
  evaluateLists,
  type MethodResult,
  type PairedDifference,
  pairedDifference,
} from "./evaluate-lists.ts";
import { type ExperimentModels, trainModels } from "./models.ts";
import { type OffPolicyReport, offPolicyReport } from "./off-policy-report.ts";
import { checkRun, DEFAULT_RUN, type RunSettings } from "./settings.ts";

/** GoalRank against another method over the same requests. */
export interface Advantage extends PairedDifference {
  readonly over: string;
  /** What is compared: the true reward where it is known, hits (the numerator of H@L) where not. */
  readonly measure: "true reward" | "hits";
}

/** What an experiment found out: the content of `result.json`. */
export interface ExperimentResult {
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
  readonly models: ExperimentModels;
}

/** Rows of the table that mean the same in every experiment: what it is about, and its two ends. */
export const LANDMARKS = { goalRank: "GoalRank", random: "random", oracle: "oracle (beam search)" } as const;

/**
 * Trains and compares. The same data and options give the same numbers.
 * @throws RangeError for options that contradict each other, before anything is trained
 */
export async function runExperiment(
  data: ExperimentData,
  options: RunSettings = DEFAULT_RUN,
  context: TrainingContext = {},
): Promise<ExperimentResult> {
  checkRun(options);
  return compareMethods(await trainModels(data, options, context), data, options);
}

/** Compares all methods on the test requests, with models that are trained. */
export async function compareMethods(
  models: ExperimentModels,
  data: ExperimentData,
  options: RunSettings,
): Promise<ExperimentResult> {
  const { judge } = models;
  const { test, validation, world } = data;
  const rows: MethodResult[] = [];
  const values = new Map<string, ArrayLike<number>>();
  const oracle = world && bestLists(world, test);
  const best = world && oracle && expectedRewards(world, test, oracle);
  for (const [method, ranked] of await rankTestRequests(models, data, options, oracle)) {
    const truth = world && expectedRewards(world, test, ranked.lists);
    values.set(method, truth ?? listRewards(test, ranked.lists));
    rows.push(
      summariseMethod(method, {
        truth,
        best,
        predicted: await predictedRewards(judge, test, ranked.lists),
        ranking: evaluateLists(test, ranked),
      }),
    );
  }
  return {
    listLength: test.listLength,
    testRequests: test.size,
    rows,
    ...(await examineJudge(judge, data, options.seed)),
    advantages: compareWithGoalRank(values, world === undefined ? "hits" : "true reward", options.seed),
    offPolicy:
      data.propensities &&
      (await offPolicyReport(models.generator, judge, validation, data.propensities, {
        seed: options.seed,
        world,
      })),
    models,
  };
}

/** How well a judge knows the validation lists. */
export async function examineJudge(
  judge: ListJudge,
  { validation, world }: ExperimentData,
  seed: number,
): Promise<Pick<ExperimentResult, "judge" | "trueCorrelation">> {
  const shown = showableLists(validation, allRows(validation));
  const predicted = await predictedRewards(judge, validation, shown);
  return {
    judge: rewardReport(predicted, listRewards(validation, shown), { seed }),
    trueCorrelation: world && pearsonCorrelation(predicted, expectedRewards(world, validation, shown)),
  };
}

/** A method's row from what each of its lists is worth, [S], by itself and beside the best list. */
function summariseMethod(
  method: string,
  {
    truth,
    best,
    predicted,
    ranking,
  }: {
    readonly truth: Float64Array | undefined;
    readonly best: Float64Array | undefined;
    readonly predicted: Float32Array;
    readonly ranking: AverageMetrics;
  },
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
  values: ReadonlyMap<string, ArrayLike<number>>,
  measure: Advantage["measure"],
  seed: number,
): Advantage[] {
  const own = values.get(LANDMARKS.goalRank);
  if (own === undefined) return [];
  return [...values].flatMap(([over, other]) =>
    Object.values<string>(LANDMARKS).includes(over)
      ? []
      : [{ over, measure, ...pairedDifference(own, other, seed) }],
  );
}

/** Requests on which the temperature of a generator-evaluator's proposals is chosen. */
const TUNING_REQUESTS = 256;

/** Every method's answers to the test requests, by the method's name, in the order of the table. */
async function rankTestRequests(
  { pointwise, prm, imitation, judge, generator }: ExperimentModels,
  { training, test, world }: ExperimentData,
  options: RunSettings,
  oracle: Int32Array | undefined,
): Promise<[string, RankedLists][]> {
  const { seed } = options;
  const ranked: [string, RankedLists][] = [
    [LANDMARKS.random, randomRanking(test, seed)],
    world === undefined
      ? ["retriever", rankingByScores(test, test.retrieverScores)]
      : ["logging policy", unscored(test, redrawLists(world, test, seed))],
    [`DNN, top ${test.listLength}`, await scorerRanking(pointwise, test)],
  ];
  if (prm !== undefined) ranked.push([`PRM, top ${test.listLength}`, await scorerRanking(prm, test)]);
  if (imitation !== undefined) ranked.push(["imitation", await generatorRanking(imitation, test)]);
  const tuning = selectRows(
    training,
    Int32Array.from({ length: Math.min(TUNING_REQUESTS, training.size) }, (_, row) => row),
  );
  for (const lists of options.generatorEvaluatorLists) {
    const proposer = await chooseProposer(
      (temperature) => scorerProposals(pointwise, temperature),
      judge,
      tuning,
      {
        lists,
        seed,
      },
    );
    const chosen = await generatorEvaluatorRanking(proposer, judge, test, { lists, seed });
    ranked.push([`generator-evaluator, ${lists} lists`, chosen]);
    if (imitation === undefined) continue;
    const sampled = await generatorEvaluatorRanking(generatorProposals(imitation, 1), judge, test, {
      lists,
      seed,
    });
    ranked.push([`imitation-evaluator, ${lists} lists`, sampled]);
  }
  ranked.push([LANDMARKS.goalRank, await generatorRanking(generator, test)]);
  if (oracle !== undefined) ranked.push([LANDMARKS.oracle, unscored(test, oracle)]);
  return ranked;
}

/** Lists without an opinion on the candidates outside of them. */
function unscored({ candidates }: ExperimentData["test"], lists: Int32Array): RankedLists {
  return { lists, scores: new Float32Array(candidates.length) };
}
