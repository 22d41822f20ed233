/** Trains the models that all methods share: the pointwise ranker, the generator that imitates the log, the judge. */
import type { ListDataset } from "../data/dataset.ts";
import { listRewards, showableLists } from "../data/labels.ts";
import { rewardReport } from "../evaluation/reward-report.ts";
import { helpersOf } from "../goalrank/groups/group-set.ts";
import { imitationTask } from "../goalrank/imitation-task.ts";
import { type ListJudge, predictedRewards } from "../goalrank/judge.ts";
import type { ScoreLoss } from "../goalrank/listwise-loss.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import type { RewardModel } from "../goalrank/reward-model.ts";
import { rewardTask } from "../goalrank/reward-task.ts";
import { pointwiseLoss, scoringTask } from "../goalrank/scoring-task.ts";
import { type Answering, byPolicy, byScores, rankRequests } from "../methods/answering.ts";
import { findMethod } from "../methods/index.ts";
import { type SharedModelName, sharedModel } from "../methods/method.ts";
import { pointwiseTask } from "../methods/pointwise-ranker.ts";
import { SCORE_LOSSES } from "../methods/scoring/score-losses.ts";
import { createSharedModels, memberStage, type SharedSet } from "../methods/shared-models.ts";
import type { StageOptions } from "../training/options.ts";
import type { TrainingContext, TrainingTask } from "../training/trainer.ts";
import type { RunData } from "./data.ts";
import type { RunSettings } from "./settings.ts";
import { tunedHyperparameters, tunedTraining } from "./tuning.ts";
import { type HeldOutJudge, trainValidated, validationMetrics } from "./validated-training.ts";

/** The shared models that the settings and their methods need, or those of these names, with initial weights. */
export function createRunModels(
  data: RunData,
  settings: RunSettings,
  names: readonly SharedModelName[] = [
    "pointwise",
    "judge",
    ...(needsImitation(settings) ? (["imitation"] as const) : []),
  ],
): SharedSet {
  const { catalogue, world, unexposed, training } = data;
  const { listLength, candidateCount, historyLength } = training;
  const { width, heads, layers, dropoutRate, seed, residual, reward } = settings;
  const shape = {
    ...{ listLength, candidateCount, historyLength, width, heads, layers, dropoutRate, seed, residual },
    entireSpace: unexposed === "negative" && settings.loss === "own" && !residual && hasUnshown(training),
    ...policyShape(settings),
  };
  const { kind, contextLayers, head, members, pessimism } = reward;
  // A log whose labels do not depend on the list has nothing to be read from the top.
  const reading = unexposed === "ignore" ? "top-down" : "whole-list";
  return createSharedModels(
    { ...shape, ...tunedHyperparameters(settings), catalogue, world },
    { kind, contextLayers, head, members, pessimism, reading },
    names,
  );
}

/** What the settings say of the shape of GoalRank's generator. */
export function policyShape({ generatorStart }: Pick<RunSettings, "generatorStart">): Pick<ModelShape, "judgeStart"> {
  return { judgeStart: generatorStart === "judge" };
}

/** Whether candidates were not shown of which the labels tell nothing more. */
function hasUnshown({ labels, exposed, candidates }: ListDataset): boolean {
  const isThere = (numbers: Int32Array) => numbers.reduce((count, number) => count + Number(number >= 0), 0);
  return labels === undefined && isThere(exposed) < isThere(candidates);
}

/**
 * Trains the shared models on `data.training`, those that others start from first.
 * @param names of some alone; they must not start from others
 */
export async function trainSharedModels(
  data: RunData,
  settings: RunSettings,
  training: TrainingContext,
  names?: readonly SharedModelName[],
): Promise<SharedSet> {
  const models = createRunModels(data, settings, names);
  const { seed } = settings;
  const feedbackTraining = tunedTraining(settings, "dnn", settings.feedbackTraining);
  const imitationTraining = tunedTraining(settings, "imitation", settings.imitationTraining);
  const rewardTraining = tunedTraining(settings, "judge", settings.rewardTraining);
  const trainJudged = (task: TrainingTask, options: StageOptions, judge: HeldOutJudge) =>
    trainValidated(task, { ...options, seed }, data, judge, training);
  const byRanking = (answering: Answering) => async (held: ListDataset) =>
    validationMetrics(held, await rankRequests(answering, held));
  const { pointwise, imitation } = models.context.shared;
  if (pointwise !== undefined) {
    const task = pointwiseTask(pointwise, data.training, data.unexposed, chosenLoss(settings));
    await trainJudged(task, feedbackTraining, byRanking(byScores(pointwise)));
  }
  if (imitation !== undefined) {
    const task = imitationTask(imitation, data.training, settings.imitation);
    await trainJudged(task, imitationTraining, byRanking(byPolicy(imitation)));
  }
  for (const [member, model] of models.rewardModels.entries()) {
    if (settings.reward.start === "imitation") {
      model.memory?.loadStateDict(await sharedModel(models.context, "imitation").memory.stateDict());
    }
    const task = memberTask(model, member, models, data, settings);
    await trainJudged(task, rewardTraining, (held) => judgeJudge(model, held));
  }
  for (const [member, model] of models.contextualJudges.entries()) {
    const loss = chosenLoss(settings) ?? pointwiseLoss;
    const task = scoringTask(memberStage(member), model, loss, data.training, data.unexposed);
    await trainJudged(task, rewardTraining, (held) => judgeJudge(model, held));
  }
  return models;
}

/** How one of the reward models learns. */
function memberTask(
  model: RewardModel,
  member: number,
  { context }: SharedSet,
  { training, unexposed }: RunData,
  { seed, reward: { loss, mixedLists: mixed, policyLists: count } }: RunSettings,
): TrainingTask {
  const policy = count === 0 ? undefined : { generator: sharedModel(context, "imitation"), count, temperature: 1 };
  const options = { loss, unexposed, unseen: { mixed, policy }, seed, stage: memberStage(member) };
  return rewardTask(model, training, options);
}

/** How well a judge's rewards agree with the feedback on lists that were shown. */
async function judgeJudge(judge: ListJudge, validation: ListDataset) {
  const shown = showableLists(validation);
  const observed = listRewards(validation, shown);
  const report = rewardReport(await predictedRewards(judge, validation, shown), observed, { seed: 0 });
  return { meanSquaredError: report.meanSquaredError, pearson: report.pearson ?? 0 };
}

/** What scores are trained for in place of a method's own loss. */
export function chosenLoss({ loss }: Pick<RunSettings, "loss">): ScoreLoss | undefined {
  return loss === "own" ? undefined : SCORE_LOSSES[loss];
}

/** Whether something starts from the generator that imitates the log, draws from it, or is it. */
function needsImitation({ methods, reward, generatorStart, groups }: RunSettings): boolean {
  const read = [...methods, ...helpersOf(groups.set)]
    .map(findMethod)
    .flatMap(({ answersWith, learnsWith = [] }) => [...answersWith, ...learnsWith]);
  const starts = [reward.start, methods.includes("goalrank") ? generatorStart : "scratch"];
  return read.includes("imitation") || starts.includes("imitation") || reward.policyLists > 0;
}
