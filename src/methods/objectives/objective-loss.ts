/** The loss of a step under another objective than Eq. 5: what the functions of `objectives/` need, gathered. */

import { candidateBatch } from "../../data/batch.ts";
import type { RequestColumns } from "../../data/dataset.ts";
import type { Generator, GeneratorMemory } from "../../goalrank/generator.ts";
import type { ScoredGroups } from "../../goalrank/goalrank-task.ts";
import type { ListJudge } from "../../goalrank/judge.ts";
import { noGrad, type Tensor, tensor } from "../../tensor/index.ts";
import type { ObjectiveOptions } from "./evidence.ts";
import { GROUP_OBJECTIVES, type GroupObjectiveName } from "./index.ts";

export { isGroupObjective } from "./objective-settings.ts";

/** The policies that an objective compares. */
export interface ObjectivePolicies {
  readonly generator: Generator;
  /** What the lists were drawn from, where that is another; the generator itself, as it is, otherwise. */
  readonly sampler: Generator | undefined;
  /** The generator as it was before its first step. */
  readonly reference: Generator;
  readonly judge: ListJudge;
}

/** The loss of each request whose candidates are encoded in `memory`: [B]. */
export function objectiveLoss(
  name: GroupObjectiveName,
  { groups, rewards }: ScoredGroups,
  policies: ObjectivePolicies,
  memory: GeneratorMemory,
  dataset: RequestColumns,
  rows: Int32Array,
  options: ObjectiveOptions,
): Tensor {
  const { generator, sampler, reference, judge } = policies;
  const shape = [groups.requests, groups.groupSize];
  const batch = candidateBatch(dataset, rows);
  const stepsUnder = (policy: Generator) =>
    noGrad(() => policy.stepLogProbabilities(policy.encode(batch), groups.lists, groups.groupSize));
  const steps = generator.stepLogProbabilities(memory, groups.lists, groups.groupSize);
  const lists = tensor(groups.lists, [...shape, dataset.listLength]);
  return GROUP_OBJECTIVES[name].objective(
    {
      steps,
      sampledSteps: sampler === undefined ? steps.detach() : stepsUnder(sampler),
      referenceSteps: stepsUnder(reference),
      rewards: tensor(rewards, shape),
      positionRewards: noGrad(() => judge.positionRewards?.(batch, lists)),
      distinct: tensor(groups.distinct, shape),
    },
    options,
  );
}
