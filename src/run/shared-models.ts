/** Trains the models that all methods share: the pointwise ranker, the generator that imitates the log, the judge. */
import { allRows, listRewards, showableLists } from "../data/labels.ts";
import { type RewardReport, rewardReport } from "../evaluation/reward-report.ts";
import { pearsonCorrelation } from "../evaluation/statistics.ts";
import type { Generator } from "../goalrank/generator.ts";
import { imitationTask } from "../goalrank/imitation-task.ts";
import { type ListJudge, predictedRewards } from "../goalrank/judge.ts";
import type { RewardModel } from "../goalrank/reward-model.ts";
import { rewardTask } from "../goalrank/reward-task.ts";
import { byPolicy, byScores } from "../methods/answering.ts";
import { findMethod } from "../methods/index.ts";
import type { MethodContext, SharedModels } from "../methods/method.ts";
import type { PointwiseRanker } from "../methods/pointwise-ranker.ts";
import { pointwiseTask } from "../methods/pointwise-ranker.ts";
import {
  createImitation,
  createJudge,
  createPointwise,
  createRewardModels,
  type JudgeShape,
} from "../methods/shared-models.ts";
import type { Module } from "../nn/index.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { expectedRewards } from "../world/oracle.ts";
import type { RunData } from "./data.ts";
import type { RunSettings } from "./settings.ts";
import { trainValidated, rankingMetricsOf } from "./validated-training.ts";

/** The shared models of a run. */
export interface RunModels {
  /** What methods are given, these models among it. */
  readonly context: MethodContext & { readonly shared: Pick<SharedModels, "pointwise" | "judge"> };
  /** What the judge is made of; none for item-bce-discounted. */
  readonly rewardModels: readonly RewardModel[];
}

/** Trains what the settings and their methods need, on `data.training`; the judge comes last. */
export async function trainSharedModels(
  data: RunData,
  settings: RunSettings,
  training: TrainingContext,
): Promise<RunModels> {
  const models = createSharedModels(data, settings);
  const { pointwise, imitation } = models.context.shared;
  await trainPointwise(pointwise, data, settings, training);
  if (imitation !== undefined) await trainImitation(imitation, data, settings, training);
  for (const [member, model] of models.rewardModels.entries()) {
    await trainRewardModel(model, member, models, data, settings, training);
  }
  return models;
}

/** The shared models with initial weights. */
export function createSharedModels(data: RunData, settings: RunSettings): RunModels {
  const { catalogue, world, training } = data;
  const { listLength, candidateCount, historyLength } = training;
  const { width, heads, layers, dropoutRate, seed } = settings;
  const sizes = { listLength, candidateCount, historyLength, width, heads, layers, dropoutRate, seed };
  const context: MethodContext = { ...sizes, catalogue, world, shared: {} };
  const pointwise = createPointwise(context);
  const rewardModels = createRewardModels(context, judgeShape(data, settings));
  const judge = createJudge(pointwise, rewardModels, settings.reward);
  const imitation = needsImitation(settings) ? { imitation: createImitation(context) } : {};
  return { context: { ...context, shared: { pointwise, judge, ...imitation } }, rewardModels };
}

/** What the judge of a run is made of. */
export function judgeShape({ unexposed }: RunData, { reward }: RunSettings): JudgeShape {
  const { kind, contextLayers, head, members, pessimism } = reward;
  // A log whose labels do not depend on the list has nothing to be read from the top.
  const reading = unexposed === "ignore" ? "top-down" : "whole-list";
  return { kind, contextLayers, head, members, pessimism, reading };
}

/** Whether something starts from the generator that imitates the log, draws from it, or is it. */
function needsImitation({ methods, reward, generatorStart }: RunSettings): boolean {
  const read = methods.map(findMethod).flatMap(({ answersWith, learnsWith = [] }) => [...answersWith, ...learnsWith]);
  const starts = [reward.start, methods.includes("goalrank") ? generatorStart : "scratch"];
  return read.includes("imitation") || starts.includes("imitation") || reward.policyLists > 0;
}

/** The shared models by the names under which their weights are kept. */
export function namedSharedModels({ context: { shared }, rewardModels }: RunModels): [string, Module][] {
  const { pointwise, imitation } = shared as Partial<SharedModels> & typeof shared;
  return [
    ["pointwise", pointwise],
    ...(imitation === undefined ? [] : [["imitation", imitation] as [string, Module]]),
    ...rewardModels.map((model, member): [string, Module] => [
      member === 0 ? "reward-model" : `reward-model-${member + 1}`,
      model,
    ]),
  ];
}
