/** Makes and trains all models of an experiment, one stage after another; a resumed run skips the finished stages. */

import { type ListDataset, selectRows } from "../data/dataset.ts";
import { allRows, listRewards, showableLists } from "../data/labels.ts";
import { rewardReport } from "../evaluation/reward-report.ts";
import { mean } from "../evaluation/statistics.ts";
import { Generator } from "../goalrank/generator.ts";
import { goalRankTask } from "../goalrank/goalrank-task.ts";
import { imitationTask } from "../goalrank/imitation-task.ts";
import { DiscountedItemJudge, JudgeEnsemble, type ListJudge } from "../goalrank/judge.ts";
import { RewardModel } from "../goalrank/reward-model.ts";
import { rewardTask } from "../goalrank/reward-task.ts";
import {
  type CandidateScorer,
  generatorRanking,
  predictedRewards,
  type RankedLists,
  scorerRanking,
} from "../methods/answers.ts";
import { PointwiseRanker } from "../methods/dnn.ts";
import { isGroupObjective } from "../methods/objectives/objective-loss.ts";
import { pointwiseTask } from "../methods/pointwise-task.ts";
import { PersonalisedReranker, prmTask } from "../methods/prm.ts";
import type { Module, StateDict } from "../nn/index.ts";
import { Random } from "../tensor/index.ts";
import type { StepMetrics } from "../training/listener.ts";
import type { StageOptions } from "../training/options.ts";
import { type TrainingContext, type TrainingTask, train } from "../training/trainer.ts";
import type { ExperimentData } from "./data.ts";
import { evaluateLists } from "./evaluate-lists.ts";
import type { RunSettings } from "./settings.ts";

/** Models that GoalRank needs before its generator learns, and those that it is compared with. */
export interface JudgeModels {
  readonly pointwise: PointwiseRanker;
  readonly prm: PersonalisedReranker | undefined;
  readonly imitation: Generator | undefined;
  readonly judge: ListJudge;
  /** What the judge is made of; none for item-bce-discounted. */
  readonly rewardModels: readonly RewardModel[];
}

/** All models. */
export interface ExperimentModels extends JudgeModels {
  readonly generator: Generator;
}

/** Trains everything that the options ask for, on `data.training`. */
export async function trainModels(
  data: ExperimentData,
  options: RunSettings,
  context: TrainingContext,
): Promise<ExperimentModels> {
  const learned = await trainJudge(data, options, context);
  return { ...learned, generator: await trainGenerator(learned, data, options, context) };
}

/** Trains all that comes before the generator; the judge comes last. */
export async function trainJudge(
  data: ExperimentData,
  options: RunSettings,
  context: TrainingContext,
): Promise<JudgeModels> {
  const stages = new Stages(data, options, context);
  const pointwise = await stages.trainPointwise();
  const prm = options.methods.includes("prm") ? await stages.trainPrm(pointwise) : undefined;
  const imitation = options.methods.includes("imitation") ? await stages.trainImitation() : undefined;
  const rewardModels =
    options.reward.kind === "item-bce-discounted" ? [] : await stages.trainRewardModels(imitation);
  return { pointwise, prm, imitation, judge: createJudge(pointwise, rewardModels, options), rewardModels };
}

/** Trains GoalRank's generator with what {@link trainJudge} trained. */
export function trainGenerator(
  learned: JudgeModels,
  data: ExperimentData,
  options: RunSettings,
  context: TrainingContext,
): Promise<Generator> {
  return new Stages(data, options, context).trainGenerator(learned);
}

/**
 * Models with weights that were trained before, by the names of {@link modelWeights}.
 * @throws RangeError when the weights of a model that the options ask for are missing
 * @throws Error of `loadStateDict` for weights of another shape
 */
export function restoreModels(
  data: ExperimentData,
  options: RunSettings,
  weights: ReadonlyMap<string, StateDict>,
): ExperimentModels {
  const stages = new Stages(data, options, {});
  const restore = <Model extends Module>(name: string, model: Model): Model => {
    const state = weights.get(name);
    if (state === undefined) throw new RangeError(`experiment: there are no weights of ${name}`);
    model.loadStateDict(state);
    model.train(false);
    return model;
  };
  const { methods, reward } = options;
  const pointwise = restore("pointwise", stages.createPointwise());
  const members = reward.kind === "item-bce-discounted" ? 0 : reward.members;
  const rewardModels = Array.from({ length: members }, (_, member) =>
    restore(memberName("reward-model", member), stages.createRewardModel(memberName("reward model", member))),
  );
  return {
    pointwise,
    prm: methods.includes("prm") ? restore("prm", stages.createPrm(pointwise)) : undefined,
    imitation: methods.includes("imitation")
      ? restore("imitation", stages.createGenerator("imitation"))
      : undefined,
    judge: createJudge(pointwise, rewardModels, options),
    rewardModels,
    generator: restore("generator", stages.createGenerator("generator")),
  };
}

function createJudge(
  pointwise: PointwiseRanker,
  rewardModels: readonly RewardModel[],
  { reward }: RunSettings,
): ListJudge {
  return rewardModels.length === 0
    ? new DiscountedItemJudge(pointwise)
    : new JudgeEnsemble(rewardModels, reward.pessimism);
}

/** Weights of all models that are there, by the name of a file. */
export async function modelWeights(
  models: JudgeModels & Partial<ExperimentModels>,
): Promise<Map<string, StateDict>> {
  const named: [string, Module | undefined][] = [
    ["pointwise", models.pointwise],
    ["prm", models.prm],
    ["imitation", models.imitation],
    ...models.rewardModels.map((model, member): [string, Module] => [
      memberName("reward-model", member),
      model,
    ]),
    ["generator", models.generator],
  ];
  const weights = new Map<string, StateDict>();
  for (const [name, model] of named) if (model !== undefined) weights.set(name, await model.stateDict());
  return weights;
}

/** "reward model", "reward model 2", ... */
function memberName(name: string, member: number): string {
  return member === 0 ? name : `${name}${name.includes(" ") ? " " : "-"}${member + 1}`;
}

/** Requests on which models are validated while they train. */
const VALIDATION_REQUESTS = 256;

class Stages {
  constructor(
    private readonly data: ExperimentData,
    private readonly options: RunSettings,
    private readonly context: TrainingContext,
  ) {}

  async trainPointwise(): Promise<PointwiseRanker> {
    const { training, unexposed } = this.data;
    const model = this.createPointwise();
    const task = pointwiseTask(model, training, unexposed);
    await this.train(task, this.options.feedbackTraining, (held) => judgeScorer(model, held));
    return model;
  }

  async trainPrm(pointwise: PointwiseRanker): Promise<PersonalisedReranker> {
    const { training, unexposed } = this.data;
    const model = this.createPrm(pointwise);
    const task = prmTask(model, training, unexposed);
    await this.train(task, this.options.feedbackTraining, (held) => judgeScorer(model, held));
    return model;
  }

  async trainImitation(): Promise<Generator> {
    const { imitation, imitationTraining } = this.options;
    const model = this.createGenerator("imitation");
    const task = imitationTask(model, this.data.training, imitation);
    await this.train(task, imitationTraining, (held) => judgeGenerator(model, undefined, held));
    return model;
  }

  async trainRewardModels(imitation: Generator | undefined): Promise<RewardModel[]> {
    const { reward, seed, rewardTraining } = this.options;
    const { training, unexposed } = this.data;
    const members: RewardModel[] = [];
    for (let member = 0; member < reward.members; member++) {
      const stage = memberName("reward model", member);
      const model = this.createRewardModel(stage);
      if (reward.start === "imitation")
        model.memory?.loadStateDict(await required(imitation).memory.stateDict());
      const policy =
        reward.policyLists === 0
          ? undefined
          : { generator: required(imitation), count: reward.policyLists, temperature: 1 };
      const unseen = { mixed: reward.mixedLists, policy };
      const task = rewardTask(model, training, { unexposed, unseen, seed, stage });
      await this.train(task, rewardTraining, (held) => judgeJudge(model, held));
      members.push(model);
    }
    return members;
  }

  async trainGenerator({ pointwise, judge, rewardModels, imitation }: JudgeModels): Promise<Generator> {
    const { generatorStart, groups, seed, policyTraining } = this.options;
    const generator = this.createGenerator("generator");
    if (generatorStart === "imitation") generator.loadStateDict(await required(imitation).stateDict());
    if (generatorStart === "reward" && rewardModels.length > 0)
      await startFromReward(generator, rewardModels[0]);
    const sampler = groups.refreshEvery > 1 ? this.createGenerator("sampler") : undefined;
    const reference = isGroupObjective(groups.objective) ? this.createGenerator("reference") : undefined;
    reference?.train(false).loadStateDict(await generator.stateDict());
    const models = { generator, judge, pointwise, sampler, reference };
    const task = goalRankTask(models, this.policyRequests(), groups, seed);
    await this.train(task, policyTraining, (held) => judgeGenerator(generator, judge, held));
    return generator;
  }

  /** The training requests that GoalRank learns from, drawn with the seed. */
  private policyRequests(): ListDataset {
    const { training } = this.data;
    const { policyRequests, seed } = this.options;
    if (policyRequests >= training.size) return training;
    const order = new Random({ seed, stream: "policy requests", step: 0 }).permutation(training.size);
    return selectRows(training, order.subarray(0, policyRequests));
  }

  createPointwise(): PointwiseRanker {
    return new PointwiseRanker(this.data.catalogue, this.options.width, this.random("pointwise"));
  }

  createPrm(pointwise: PointwiseRanker): PersonalisedReranker {
    const { catalogue, training } = this.data;
    const { width, heads, layers, dropoutRate, seed } = this.options;
    const { candidateCount } = training;
    const shape = { width, heads, layers, candidateCount, dropoutRate, seed };
    return new PersonalisedReranker(catalogue, pointwise, shape, this.random("PRM"));
  }

  createGenerator(stream: string): Generator {
    const { width, heads, layers, dropoutRate, seed } = this.options;
    const { listLength } = this.data.training;
    const shape = {
      width,
      heads,
      encoderLayers: layers,
      decoderLayers: layers,
      listLength,
      dropoutRate,
      seed,
    };
    return new Generator(this.data.catalogue, { ...shape, stream }, this.random(stream));
  }

  createRewardModel(stream: string): RewardModel {
    const { width, heads, layers, dropoutRate, seed, reward } = this.options;
    const { listLength } = this.data.training;
    const { contextLayers, head } = reward;
    // A log whose labels do not depend on the list has nothing to be read from the top.
    const reading = this.data.unexposed === "ignore" ? "top-down" : "whole-list";
    const shape = {
      width,
      heads,
      layers,
      contextLayers,
      listLength,
      reading,
      head,
      dropoutRate,
      seed,
      stream,
    } as const;
    return new RewardModel(this.data.catalogue, shape, this.random(stream));
  }

  private random(stream: string): Random {
    return new Random({ seed: this.options.seed, stream: `${stream} initial weights`, step: 0 });
  }

  /** Trains; where the options ask for it, `judge` looks at the model on held-out requests from time to time. */
  private train(
    task: TrainingTask,
    options: StageOptions,
    judge: (validation: ListDataset) => Promise<StepMetrics>,
  ): Promise<void> {
    const isValidated = (options.validateEvery ?? options.earlyStopping) !== undefined;
    const held = this.heldOut();
    const validated = isValidated ? { ...task, validate: () => judge(held) } : task;
    return train(validated, { ...options, seed: this.options.seed }, this.context);
  }

  private heldOut(): ListDataset {
    const { validation } = this.data;
    return selectRows(validation, allRows(validation).subarray(0, VALIDATION_REQUESTS));
  }
}

/** Ranking metrics of a scorer's best candidates. */
async function judgeScorer(scorer: CandidateScorer, validation: ListDataset): Promise<StepMetrics> {
  return rankingMetricsOf(validation, await scorerRanking(scorer, validation));
}

/** Ranking metrics of a generator's greedy lists, and what a judge predicts for them. */
async function judgeGenerator(
  generator: Generator,
  judge: ListJudge | undefined,
  validation: ListDataset,
): Promise<StepMetrics> {
  const ranked = await generatorRanking(generator, validation);
  const metrics = rankingMetricsOf(validation, ranked);
  if (judge === undefined) return metrics;
  return { ...metrics, predicted: mean(await predictedRewards(judge, validation, ranked.lists)) };
}

/** How well a judge's rewards agree with the feedback on lists that were shown. */
async function judgeJudge(judge: ListJudge, validation: ListDataset): Promise<StepMetrics> {
  const shown = showableLists(validation, allRows(validation));
  const observed = listRewards(validation, shown);
  const report = rewardReport(await predictedRewards(judge, validation, shown), observed, { seed: 0 });
  const { meanSquaredError, pearson = 0 } = report;
  return { meanSquaredError, pearson };
}

function rankingMetricsOf(dataset: ListDataset, ranked: RankedLists): StepMetrics {
  const { hit, ndcg, map } = evaluateLists(dataset, ranked);
  return { hit, ndcg, map };
}

/** The policy starts from what the reward model knows of users and items, and learns what makes a list (ours). */
async function startFromReward(generator: Generator, { memory, encoder }: RewardModel): Promise<void> {
  if (memory === undefined) generator.memory.encoder.loadStateDict(await encoder.stateDict());
  else generator.memory.loadStateDict(await memory.stateDict());
}

function required(imitation: Generator | undefined): Generator {
  if (imitation === undefined)
    throw new Error("experiment: the generator that imitates the log was not trained");
  return imitation;
}
