/** What an experiment compares: methods by their names, with what an experiment changes of GoalRank. */
import type { ListJudge } from "../goalrank/judge.ts";
import { BASELINES, findMethod } from "../methods/index.ts";
import { sharedModel } from "../methods/method.ts";
import { type TrainedMethod, trainMethod } from "../run/methods.ts";
import { DEFAULT_RUN, type RunSettings } from "../run/settings.ts";
import type { Tuned, Tuning } from "../run/tuning.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { type DatasetChoice, type PolicyOptions, SHARED_METHODS } from "./datasets.ts";
import { NoisyJudge, rewardSpread } from "./noisy-judge.ts";
import type { Shared } from "./shared-work.ts";

/** What answers the requests: plain data, part of a trial's work. */
export interface Contender {
  /** A method of `src/methods`, by its name. */
  readonly method: string;
  /** How GoalRank learns. */
  readonly policy?: PolicyOptions;
  /** What it has other than the others, as a search chose it. */
  readonly tuning?: Tuning;
  /** Share of noise in what the judge tells it. */
  readonly bias?: number;
}

/** GoalRank's title in tables. */
export const GOAL_RANK = findMethod("goalrank").title;

/** A method by its name, perhaps tuned; GoalRank learns as `policy` says. */
export function contender(method: string, policy: PolicyOptions, tuned: Tuned = {}): Contender {
  const tuning = SHARED_METHODS.includes(method) ? undefined : tuned[method];
  return { method, ...(method === "goalrank" && { policy }), ...(tuning && { tuning }) };
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

/** What a contender learns with, on what all methods share. */
export function learningSettings(
  { method, policy, tuning }: Contender,
  { options }: Pick<Shared, "options">,
  seed: number,
): RunSettings {
  const tuned = { ...options.tuned, ...(tuning && { [method]: tuning }) };
  return { ...DEFAULT_RUN, ...options, ...policy, tuned, seed };
}

/** Trains a contender on what all methods share, with the budget of the comparison. */
export async function learn(
  contender: Contender,
  shared: Shared,
  seed: number,
  context: TrainingContext,
): Promise<TrainedMethod> {
  const { method, bias = 0 } = contender;
  const judged = bias === 0 ? shared.models : await withNoisyJudge(shared, bias, seed);
  return trainMethod(findMethod(method), judged, shared.data, learningSettings(contender, shared, seed), context);
}

async function withNoisyJudge({ data, models }: Shared, bias: number, seed: number): Promise<Shared["models"]> {
  const honest = sharedModel(models.context, "judge");
  const judge = new NoisyJudge(honest, { bias, ...(await rewardSpread(honest, data.training)), seed });
  return withJudge(models, judge);
}

/** The same models with another judge. */
export function withJudge(models: Shared["models"], judge: ListJudge): Shared["models"] {
  const { context } = models;
  return { ...models, context: { ...context, shared: { ...context.shared, judge } } };
}
