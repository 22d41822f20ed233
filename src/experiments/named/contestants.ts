/** Methods that a trial trains itself, because it asks them more than the test requests that a ranking trial answers. */
import { findMethod, type TrainedMethod } from "../../goalrank/baselines/index.ts";
import {
  DEFAULT_EXPERIMENT,
  generatorRanking,
  type TrainingContext,
  train,
  trainGenerator,
} from "../../goalrank/index.ts";
import type { PolicyOptions } from "../datasets.ts";
import { GOAL_RANK } from "../ranking-work.ts";
import type { Shared } from "../shared-work.ts";

export interface ContestantOptions {
  readonly policy: PolicyOptions;
  readonly seed: number;
}

/**
 * Trains GoalRank or one of `METHODS` from what all methods share, with the budget of the comparison.
 *
 * @param name `GOAL_RANK`, or a method by its name
 */
export async function learnContestant(
  name: string,
  { data, learned, options }: Shared,
  { policy, seed }: ContestantOptions,
  context: TrainingContext,
): Promise<TrainedMethod> {
  if (name === GOAL_RANK) {
    const settings = { ...DEFAULT_EXPERIMENT, ...options, ...policy, seed };
    const generator = await trainGenerator(learned, data, settings, context);
    return { models: [generator], rank: (requests) => generatorRanking(generator, requests) };
  }
  const { catalogue, training, unexposed } = data;
  const { width, heads, layers, dropoutRate, feedbackTraining } = options;
  const { pointwise, judge } = learned;
  return findMethod(name).learn({
    ...{ catalogue, training, unexposed, width, heads, layers, dropoutRate, seed, pointwise, judge },
    train: (task) => train(task, { ...feedbackTraining, seed }, context),
  });
}

/** A contestant's name in tables. */
export function contestantTitle(name: string): string {
  return name === GOAL_RANK ? name : findMethod(name).title;
}
