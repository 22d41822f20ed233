/**
 * The whole of GoalRank once: train the pointwise ranker and the reward model on the log, train the generator towards
 * the reference policy, and compare all of them on held-out requests.
 */
import type { StateDict } from "../nn/index.ts";
import { Random } from "../tensor/index.ts";
import { PointwiseRanker } from "./baselines/dnn.ts";
import { selectRows } from "./dataset.ts";
import {
  evaluateLists,
  judgeRewardModel,
  type MethodResult,
  pairedDifference,
  type RewardModelReport,
} from "./evaluation.ts";
import type { ExperimentData } from "./experiment-data.ts";
import { trainPointwiseRanker, trainRewardModel } from "./feedback-training.ts";
import { Generator } from "./generator.ts";
import { DEFAULT_GROUPS, type GroupOptions, trainGoalRank } from "./goalrank-training.ts";
import {
  chooseTemperature,
  generatorEvaluatorRanking,
  generatorRanking,
  pointwiseRanking,
  predictedRewards,
  type RankedLists,
  randomRanking,
  rankingByScores,
} from "./rankers.ts";
import { RewardModel } from "./reward-model.ts";
import { mean } from "./statistics.ts";
import { DEFAULT_TRAINING, SILENT, type TrainingListener, type TrainingOptions } from "./training.ts";
import { bestLists, expectedRewards, redrawLists } from "./world/index.ts";

export interface ExperimentOptions {
  readonly seed: number;
  /** Width D of all models. */
  readonly width: number;
  readonly heads: number;
  /** Blocks of the reward model, and of the generator's encoder and of its decoder. */
  readonly layers: number;
  readonly dropoutRate: number;
  /** Passes over the training lists, for every model. */
  readonly epochs: number;
  /** Requests of the training lists that GoalRank learns from; they need no feedback. */
  readonly policyRequests: number;
  /** Lists that the generator-evaluator proposes. */
  readonly generatorEvaluatorLists: number;
  readonly groups: GroupOptions;
  /** For the models that learn from feedback. */
  readonly feedbackTraining: Omit<TrainingOptions, "epochs" | "seed">;
  /** For the generator. */
  readonly policyTraining: Omit<TrainingOptions, "epochs" | "seed">;
}

export const DEFAULT_EXPERIMENT: ExperimentOptions = {
  seed: 1,
  width: 32,
  heads: 2,
  layers: 1,
  dropoutRate: 0,
  epochs: 1,
  policyRequests: 4800,
  generatorEvaluatorLists: 20,
  groups: DEFAULT_GROUPS,
  feedbackTraining: { ...DEFAULT_TRAINING, batchSize: 64, learningRate: 5e-3 },
  policyTraining: { ...DEFAULT_TRAINING, batchSize: 16, learningRate: 3e-3 },
};

export interface ExperimentModels {
  readonly pointwise: PointwiseRanker;
  readonly rewardModel: RewardModel;
  readonly generator: Generator;
}

export interface ExperimentResult {
  readonly rows: readonly MethodResult[];
  readonly rewardModel: RewardModelReport;
  /** GoalRank's true reward minus that of the generator-evaluator, request by request. */
  readonly advantage: { readonly mean: number; readonly halfWidth: number } | undefined;
  readonly models: ExperimentModels;
  /** Trained weights, by the name of a file. */
  weights(): Promise<Map<string, StateDict>>;
}

/** Trains and compares. The same data and options give the same numbers. */
export async function runExperiment(
  data: ExperimentData,
  options: ExperimentOptions = DEFAULT_EXPERIMENT,
  listener: TrainingListener = SILENT,
): Promise<ExperimentResult> {
  const models = createModels(data, options);
  await trainModels(models, data, options, listener);
  const { rewardModel } = models;
  const rows: MethodResult[] = [];
  const truths = new Map<string, Float64Array>();
  const oracle = data.world && bestLists(data.world, data.test);
  const best = data.world && oracle && mean(expectedRewards(data.world, data.test, oracle));
  for (const [method, ranked] of await rankTestRequests(models, data, options, oracle)) {
    const truth = data.world && expectedRewards(data.world, data.test, ranked.lists);
    if (truth !== undefined) truths.set(method, truth);
    const trueReward = truth && mean(truth);
    rows.push({
      method,
      trueReward,
      regret: best !== undefined && trueReward !== undefined ? best - trueReward : undefined,
      predictedReward: mean(await predictedRewards(rewardModel, data.test, ranked.lists)),
      ...evaluateLists(data.test, ranked),
    });
  }
  const [goalRank, generatorEvaluator] = [truths.get("GoalRank"), truths.get(evaluatorName(options))];
  return {
    rows,
    rewardModel: await judgeRewardModel(rewardModel, data),
    advantage: goalRank && generatorEvaluator && pairedDifference(goalRank, generatorEvaluator),
    models,
    async weights() {
      const named = [
        ["pointwise", models.pointwise],
        ["reward-model", models.rewardModel],
        ["generator", models.generator],
      ] as const;
      return new Map(
        await Promise.all(named.map(async ([name, model]) => [name, await model.stateDict()] as const)),
      );
    },
  };
}

function evaluatorName({ generatorEvaluatorLists }: ExperimentOptions): string {
  return `generator-evaluator, ${generatorEvaluatorLists} lists`;
}

function createModels({ catalogue, training }: ExperimentData, options: ExperimentOptions): ExperimentModels {
  const { seed, width, heads, layers, dropoutRate } = options;
  const { listLength } = training;
  const initial = (stream: string) => new Random({ seed, stream: `${stream} initial weights`, step: 0 });
  const rewardOptions = { width, heads, layers, listLength, reading: "top-down", dropoutRate, seed } as const;
  const shape = { width, heads, encoderLayers: layers, decoderLayers: layers, listLength, dropoutRate, seed };
  return {
    pointwise: new PointwiseRanker(catalogue, width, initial("pointwise")),
    rewardModel: new RewardModel(catalogue, rewardOptions, initial("reward model")),
    generator: new Generator(catalogue, shape, initial("generator")),
  };
}

async function trainModels(
  { pointwise, rewardModel, generator }: ExperimentModels,
  { training, unexposed }: ExperimentData,
  options: ExperimentOptions,
  listener: TrainingListener,
): Promise<void> {
  const { seed, epochs } = options;
  const feedbackTraining = { ...options.feedbackTraining, seed, epochs };
  await trainPointwiseRanker(pointwise, training, unexposed, feedbackTraining, listener);
  await trainRewardModel(rewardModel, training, unexposed, feedbackTraining, listener);

  // The policy starts from what the reward model knows of users and items, and learns what makes a list (ours).
  generator.encoder.loadStateDict(await rewardModel.encoder.stateDict());
  const count = Math.min(options.policyRequests, training.size);
  const order = new Random({ seed, stream: "policy requests", step: 0 }).permutation(training.size);
  const requests = selectRows(training, order.subarray(0, count));
  const policyTraining = { ...options.policyTraining, seed, epochs };
  await trainGoalRank(
    { generator, rewardModel, pointwise },
    requests,
    policyTraining,
    options.groups,
    listener,
  );
}

/** Every method's answers to the test requests, by the method's name, in the order of the table. */
async function rankTestRequests(
  { pointwise, rewardModel, generator }: ExperimentModels,
  { training, test, world }: ExperimentData,
  options: ExperimentOptions,
  oracle: Int32Array | undefined,
): Promise<[string, RankedLists][]> {
  const { seed, generatorEvaluatorLists: lists } = options;
  const tuning = selectRows(
    training,
    Int32Array.from({ length: Math.min(256, training.size) }, (_, row) => row),
  );
  const temperature = await chooseTemperature(pointwise, rewardModel, tuning, { lists, seed });
  const ranked: [string, RankedLists][] = [
    ["random", randomRanking(test, seed)],
    world === undefined
      ? ["retriever", rankingByScores(test, test.retrieverScores)]
      : ["logging policy", unscored(test, redrawLists(world, test, seed))],
    [`DNN, top ${test.listLength}`, await pointwiseRanking(pointwise, test)],
    [
      evaluatorName(options),
      await generatorEvaluatorRanking(pointwise, rewardModel, test, { lists, temperature, seed }),
    ],
    ["GoalRank", await generatorRanking(generator, test)],
  ];
  if (oracle !== undefined) ranked.push(["oracle (beam search)", unscored(test, oracle)]);
  return ranked;
}

/** Lists without an opinion on the candidates outside of them. */
function unscored({ candidates }: ExperimentData["test"], lists: Int32Array): RankedLists {
  return { lists, scores: new Float32Array(candidates.length) };
}
