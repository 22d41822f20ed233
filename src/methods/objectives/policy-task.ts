/** The training of a generator by any objective: Eq. 5, imitation of the log, or one of this folder in its place. */
import type { ListDataset } from "../../data/dataset.ts";
import type { Generator } from "../../goalrank/generator.ts";
import { type GoalRankModels, type GroupLoss, goalRankTask } from "../../goalrank/goalrank-task.ts";
import { imitationTask } from "../../goalrank/imitation-task.ts";
import { noGrad, tensor } from "../../tensor/index.ts";
import type { TrainingTask } from "../../training/trainer.ts";
import {
  checkPolicy,
  GROUP_OBJECTIVES,
  type GroupObjectiveName,
  isGroupObjective,
  type PolicyOptions,
} from "./objective-settings.ts";

/** Where the generator's weights come from before its first step. */
export const GENERATOR_STARTS = ["scratch", "reward", "imitation", "judge"] as const;
/** One of {@link GENERATOR_STARTS}. */
export type GeneratorStart = (typeof GENERATOR_STARTS)[number];

/** How GoalRank's policy learns. */
export interface PolicySettings {
  readonly generatorStart: GeneratorStart;
  /** Requests of the training lists that it learns from; they need no feedback. */
  readonly policyRequests: number;
  readonly groups: PolicyOptions;
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
    throw new RangeError(`groups: the objective ${name} needs a reference, a copy of the generator as it starts`);
  }
  return ({ groups, rewards }, batch, memory) => {
    const { requests, groupSize, lists } = groups;
    const shape = [requests, groupSize];
    const stepsUnder = (policy: Generator) =>
      noGrad(() => policy.stepLogProbabilities(policy.encode(batch), lists, groupSize));
    const steps = generator.stepLogProbabilities(memory, lists, groupSize);
    const positions = tensor(lists, [...shape, batch.listLength]);
    const evidence = {
      steps,
      sampledSteps: sampler === undefined ? steps.detach() : stepsUnder(sampler),
      referenceSteps: stepsUnder(reference),
      rewards: tensor(rewards, shape),
      positionRewards: noGrad(() => judge.positionRewards?.(batch, positions)),
      distinct: tensor(groups.distinct, shape),
    };
    return GROUP_OBJECTIVES[name].objective(evidence, options);
  };
}
