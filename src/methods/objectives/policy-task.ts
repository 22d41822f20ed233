/** The training of a generator by any objective: Eq. 5, imitation of the log, or one of this folder in its place. */
import type { ListDataset } from "../../data/dataset.ts";
import type { Generator } from "../../goalrank/generator.ts";
import {
  checkGroups,
  type GoalRankModels,
  type GroupLoss,
  type GroupOptions,
  goalRankTask,
} from "../../goalrank/goalrank-task.ts";
import type { GroupSet } from "../../goalrank/groups/group-set.ts";
import { imitationTask } from "../../goalrank/imitation-task.ts";
import { noGrad, tensor } from "../../tensor/index.ts";
import type { TrainingTask } from "../../training/trainer.ts";
import type { ObjectiveOptions } from "./evidence.ts";
import { GROUP_OBJECTIVES, OBJECTIVES, type ObjectiveName } from "./index.ts";

/** How groups are made, and what is made of them. */
export interface PolicyOptions extends GroupOptions, ObjectiveOptions {
  /** "goalrank" is Eq. 5; the others are for comparison. */
  readonly objective: ObjectiveName;
}

/** Where the generator's weights come from before its first step. */
export const GENERATOR_STARTS = ["scratch", "reward", "imitation"] as const;
/** One of {@link GENERATOR_STARTS}. */
export type GeneratorStart = (typeof GENERATOR_STARTS)[number];

/** How GoalRank's policy learns. */
export interface PolicySettings {
  readonly generatorStart: GeneratorStart;
  /** Requests of the training lists that it learns from; they need no feedback. */
  readonly policyRequests: number;
  readonly groups: PolicyOptions;
}

export type GroupObjectiveName = keyof typeof GROUP_OBJECTIVES;

/** Whether an objective learns from groups of lists, in place of Eq. 5. */
export function isGroupObjective(name: ObjectiveName): name is GroupObjectiveName {
  return Object.hasOwn(GROUP_OBJECTIVES, name);
}

/** @throws RangeError for an option out of range, or a set of lists that the objective cannot learn from */
export function checkPolicy(options: PolicyOptions): void {
  checkGroups(options);
  checkObjective(options.objective, options.set, options);
}

function checkObjective(objective: ObjectiveName, set: GroupSet, { clip, beta }: ObjectiveOptions): void {
  if (!OBJECTIVES.includes(objective)) {
    throw new RangeError(
      `groups: there is no objective "${objective}"; expected one of ${OBJECTIVES.join(", ")}`,
    );
  }
  if (!(clip > 0)) throw new RangeError(`groups: clip must be above 0, got ${clip}`);
  if (!(beta >= 0)) throw new RangeError(`groups: beta must not be negative, got ${beta}`);
  if (!isGroupObjective(objective) || !GROUP_OBJECTIVES[objective].onPolicy) return;
  const stranger = set.find(
    (entry) =>
      entry.count > 0 &&
      (entry.source !== "policy" || (entry.temperature ?? 1) !== 1 || (entry.topP ?? 1) !== 1),
  );
  if (stranger === undefined) return;
  throw new RangeError(
    `groups: the objective ${objective} learns from lists of the policy itself, at temperature 1 and without topP; ` +
      `the set also holds ${JSON.stringify(stranger)}`,
  );
}

/** Models that take part; only the generator learns. */
export interface PolicyModels extends GoalRankModels {
  /** The generator as it was before its first step; needed for objectives other than Eq. 5 and imitation. */
  readonly reference?: Generator | undefined;
}

/**
 * The task of training `models.generator` on the requests of `dataset` by the objective that the options name.
 * @throws RangeError for an option out of range, or one that needs a sampler or a reference
 */
export function policyTask(
  models: PolicyModels,
  dataset: ListDataset,
  options: PolicyOptions,
  { seed, stage = "GoalRank" }: { readonly seed: number; readonly stage?: string },
): TrainingTask {
  checkPolicy(options);
  const { objective } = options;
  if (objective === "imitation") return imitationTask(models.generator, dataset, options.imitation, stage);
  const groupLoss = isGroupObjective(objective) ? lossOf(objective, models, options) : undefined;
  return goalRankTask(models, dataset, options, { seed, stage, groupLoss });
}

/** What an objective makes of scored groups: gathers its evidence from the policies that it compares. */
function lossOf(name: GroupObjectiveName, models: PolicyModels, options: PolicyOptions): GroupLoss {
  const { generator, judge, reference } = models;
  const sampler = options.refreshEvery > 1 ? models.sampler : undefined;
  if (reference === undefined) {
    throw new RangeError(
      `groups: the objective ${name} needs a reference, a copy of the generator as it starts`,
    );
  }
  return ({ groups, rewards }, batch, memory) => {
    const { requests, groupSize, lists } = groups;
    const shape = [requests, groupSize];
    const stepsUnder = (policy: Generator) =>
      noGrad(() => policy.stepLogProbabilities(policy.encode(batch), lists, groupSize));
    const steps = generator.stepLogProbabilities(memory, lists, groupSize);
    const positions = tensor(lists, [...shape, batch.listLength]);
    return GROUP_OBJECTIVES[name].objective(
      {
        steps,
        sampledSteps: sampler === undefined ? steps.detach() : stepsUnder(sampler),
        referenceSteps: stepsUnder(reference),
        rewards: tensor(rewards, shape),
        positionRewards: noGrad(() => judge.positionRewards?.(batch, positions)),
        distinct: tensor(groups.distinct, shape),
      },
      options,
    );
  };
}
