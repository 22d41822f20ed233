/** What an experiment compares: methods that learn, and landmarks that anyone could reach or nobody can pass. */

import { generatorRanking } from "../methods/answers.ts";
import { findMethod, METHODS } from "../methods/index.ts";
import type { MethodContext, TrainedMethod } from "../methods/method.ts";
import { trainGenerator } from "../run/models.ts";
import { DEFAULT_RUN, type RunSettings } from "../run/settings.ts";
import { type TrainingContext, type TrainingTask, train } from "../training/trainer.ts";
import type { DatasetChoice, PolicyOptions } from "./datasets.ts";
import { NoisyJudge, rewardSpread } from "./noisy-judge.ts";
import type { Shared } from "./shared-work.ts";

/** What is trained from what all methods share. */
export type Learner =
  /** A method of `src/goalrank/baselines`, by its name. */
  | { readonly name: "method"; readonly method: string }
  | { readonly name: "goalrank"; readonly policy: PolicyOptions; readonly bias?: number };

/** What answers the requests. */
export type Contender =
  | Learner
  | { readonly name: "random" | "retriever" | "logging policy" | "oracle" | "imitation" }
  | { readonly name: "candidates as they come" }
  /** The best, by the judge, of lists drawn from the pointwise ranker. */
  | { readonly name: "generator-evaluator"; readonly lists: number };

/** GoalRank's name in tables, and where a learner is named by a word. */
export const GOAL_RANK = "GoalRank";

/** Rows that are no methods of the comparison: what anyone could do, and the best there is. */
export function landmarks({ settings }: DatasetChoice): readonly Contender[] {
  return settings.source === "world"
    ? [{ name: "random" }, { name: "logging policy" }, { name: "imitation" }, { name: "oracle" }]
    : [{ name: "random" }, { name: "retriever" }, { name: "imitation" }];
}

/** All methods of the paper's Table 1 but GoalRank, in its order. */
export function tableMethods(): readonly Learner[] {
  return METHODS.map(({ name }) => ({ name: "method", method: name }));
}

/** A contender's name in tables. */
export function contenderTitle(contender: Contender): string {
  if (contender.name === "method") return findMethod(contender.method).title;
  if (contender.name === "goalrank") return GOAL_RANK;
  return contender.name;
}

/** @param name `GOAL_RANK`, or a method by its name */
export function namedLearner(name: string, policy: PolicyOptions): Learner {
  return name === GOAL_RANK ? { name: "goalrank", policy } : { name: "method", method: name };
}

/** The title of a {@link namedLearner}. */
export function learnerTitle(name: string): string {
  return name === GOAL_RANK ? name : findMethod(name).title;
}

/** Trains a learner from what all methods share, with the budget of the comparison. */
export async function learn(
  learner: Learner,
  shared: Shared,
  seed: number,
  context: TrainingContext,
): Promise<TrainedMethod> {
  if (learner.name === "method") {
    return findMethod(learner.method).learn(methodContext(shared, seed, context));
  }
  const { data, learned } = shared;
  const { policy, bias = 0 } = learner;
  const options: RunSettings = { ...DEFAULT_RUN, ...shared.options, ...policy, seed };
  const judge = bias === 0 ? learned.judge : await noisyJudge(shared, bias, seed);
  const generator = await trainGenerator({ ...learned, judge }, data, options, context);
  return { models: [generator], rank: (requests) => generatorRanking(generator, requests) };
}

async function noisyJudge({ data, learned }: Shared, bias: number, seed: number): Promise<NoisyJudge> {
  const spread = await rewardSpread(learned.judge, data.training);
  return new NoisyJudge(learned.judge, { bias, ...spread, seed });
}

/** What every method of the comparison is given alike. */
function methodContext(
  { data, learned, options }: Shared,
  seed: number,
  context: TrainingContext,
): MethodContext {
  const { catalogue, training, unexposed } = data;
  const { width, heads, layers, dropoutRate, feedbackTraining } = options;
  const { pointwise, judge } = learned;
  return {
    ...{ catalogue, training, unexposed, width, heads, layers, dropoutRate, seed, pointwise, judge },
    train: (task: TrainingTask) => train(task, { ...feedbackTraining, seed }, context),
  };
}
