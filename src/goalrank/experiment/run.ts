/** The whole of GoalRank once: train every model, and compare all methods on held-out requests. */
import { selectRows } from "../dataset.ts";
import { allRows, listRewards, showableLists } from "../feedback.ts";
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
} from "../rankers.ts";
import { type RewardReport, rewardReport } from "../reward-report.ts";
import { mean, pearsonCorrelation } from "../statistics.ts";
import type { TrainingContext } from "../training/index.ts";
import { bestLists, expectedRewards, redrawLists } from "../world/index.ts";
import type { ExperimentData } from "./data.ts";
import { evaluateLists, type MethodResult, type PairedDifference, pairedDifference } from "./evaluation.ts";
import { type ExperimentModels, trainModels } from "./models.ts";
import { type OffPolicyReport, offPolicyReport } from "./off-policy-report.ts";
import { checkExperiment, DEFAULT_EXPERIMENT, type ExperimentOptions } from "./options.ts";

/** GoalRank against another method over the same requests. */
export interface Advantage extends PairedDifference {
  readonly over: string;
  /** What is compared: the true reward where it is known, hits (the numerator of H@L) where not. */
  readonly measure: "true reward" | "hits";
}

export interface ExperimentResult {
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

const GOALRANK = "GoalRank";
const RANDOM = "random";
const ORACLE = "oracle (beam search)";

/**
 * Trains and compares. The same data and options give the same numbers.
 * @throws RangeError for options that contradict each other, before anything is trained
 */
export async function runExperiment(
  data: ExperimentData,
  options: ExperimentOptions = DEFAULT_EXPERIMENT,
  context: TrainingContext = {},
): Promise<ExperimentResult> {
  checkExperiment(options);
  const models = await trainModels(data, options, context);
  const { judge } = models;
  const { test, validation, world } = data;
  const rows: MethodResult[] = [];
  const values = new Map<string, ArrayLike<number>>();
  const oracle = world && bestLists(world, test);
  const best = world && oracle && mean(expectedRewards(world, test, oracle));
  for (const [method, ranked] of await rankTestRequests(models, data, options, oracle)) {
    const truth = world && expectedRewards(world, test, ranked.lists);
    values.set(method, truth ?? listRewards(test, ranked.lists));
    const trueReward = truth && mean(truth);
    rows.push({
      method,
      trueReward,
      regret: best !== undefined && trueReward !== undefined ? best - trueReward : undefined,
      predictedReward: mean(await predictedRewards(judge, test, ranked.lists)),
      ...evaluateLists(test, ranked),
    });
  }
  const shown = showableLists(validation, allRows(validation));
  const predicted = await predictedRewards(judge, validation, shown);
  return {
    rows,
    judge: rewardReport(predicted, listRewards(validation, shown), { seed: options.seed }),
    trueCorrelation: world && pearsonCorrelation(predicted, expectedRewards(world, validation, shown)),
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

/** GoalRank against every method that learned something. */
function compareWithGoalRank(
  values: ReadonlyMap<string, ArrayLike<number>>,
  measure: Advantage["measure"],
  seed: number,
): Advantage[] {
  const own = values.get(GOALRANK);
  if (own === undefined) return [];
  return [...values].flatMap(([over, other]) =>
    [GOALRANK, RANDOM, ORACLE].includes(over)
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
  options: ExperimentOptions,
  oracle: Int32Array | undefined,
): Promise<[string, RankedLists][]> {
  const { seed } = options;
  const ranked: [string, RankedLists][] = [
    [RANDOM, randomRanking(test, seed)],
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
  ranked.push([GOALRANK, await generatorRanking(generator, test)]);
  if (oracle !== undefined) ranked.push([ORACLE, unscored(test, oracle)]);
  return ranked;
}

/** Lists without an opinion on the candidates outside of them. */
function unscored({ candidates }: ExperimentData["test"], lists: Int32Array): RankedLists {
  return { lists, scores: new Float32Array(candidates.length) };
}
