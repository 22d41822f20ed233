/** What an experiment compares: methods by their names, with what an experiment changes of GoalRank. */
import { BASELINES, findMethod } from "../methods/index.ts";
import { sharedModel } from "../methods/method.ts";
import { type TrainedMethod, trainMethod } from "../run/methods.ts";
import { DEFAULT_RUN } from "../run/settings.ts";
import type { TrainingContext } from "../training/trainer.ts";
import type { DatasetChoice, PolicyOptions } from "./datasets.ts";
import { NoisyJudge, rewardSpread } from "./noisy-judge.ts";
import type { Shared } from "./shared-work.ts";

/** What answers the requests: plain data, part of a trial's work. */
export interface Contender {
  /** A method of `src/methods`, by its name. */
  readonly method: string;
  /** How GoalRank learns. */
  readonly policy?: PolicyOptions;
  /** Share of noise in what the judge tells it. */
  readonly bias?: number;
}

/** GoalRank's title in tables. */
export const GOAL_RANK = findMethod("goalrank").title;

/** A method by its name; GoalRank learns as `policy` says. */
export function contender(method: string, policy: PolicyOptions): Contender {
  return method === "goalrank" ? { method, policy } : { method };
}

/** Rows that nobody has to learn for: what anyone could do, and the best there is. */
export function landmarks({ settings }: DatasetChoice): readonly string[] {
  return settings.source === "world"
    ? ["random", "logging-policy", "imitation", "oracle"]
    : ["random", "retriever", "imitation"];
}

/** All methods of the paper's Table 1 but GoalRank, in its order. */
export const TABLE_METHODS: readonly string[] = BASELINES.map(({ name }) => name);

/** A method's title in tables. */
export function methodTitle(method: string): string {
  return findMethod(method).title;
}

/** Trains a contender on what all methods share, with the budget of the comparison. */
export async function learn(
  { method, policy, bias = 0 }: Contender,
  shared: Shared,
  seed: number,
  context: TrainingContext,
): Promise<TrainedMethod> {
  const { data, models, options } = shared;
  const settings = { ...DEFAULT_RUN, ...options, ...policy, seed };
  const judged = bias === 0 ? models : await withNoisyJudge(shared, bias, seed);
  return trainMethod(findMethod(method), judged, data, settings, context);
}

async function withNoisyJudge({ data, models }: Shared, bias: number, seed: number): Promise<Shared["models"]> {
  const { context } = models;
  const honest = sharedModel(context, "judge");
  const judge = new NoisyJudge(honest, { bias, ...(await rewardSpread(honest, data.training)), seed });
  return { ...models, context: { ...context, shared: { ...context.shared, judge } } };
}
