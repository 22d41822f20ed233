/**
 * GoalRank's training (section 3.3): each step builds a group of lists for every request, scores them with a judge,
 * turns the rewards into the reference policy (Eq. 4), and moves the generator towards it by cross-entropy (Eq. 5).
 */

import { candidateBatch } from "../data/batch.ts";
import type { ListDataset, RequestColumns } from "../data/dataset.ts";
import { exposedLists } from "../data/labels.ts";
import type { PointwiseRanker } from "../methods/dnn.ts";
import { objectiveLoss } from "../methods/objectives/objective-loss.ts";
import {
  checkPolicy,
  type PolicyOptions as GroupOptions,
  isGroupObjective,
} from "../methods/objectives/objective-settings.ts";
import { groupCrossEntropy, noGrad, type RandomKey, type Tensor, tensor } from "../tensor/index.ts";
import type { BatchLoss, TrainingTask } from "../training/trainer.ts";
import type { Generator, GeneratorMemory } from "./generator.ts";
import { describeGroups } from "./group-metrics.ts";
import { buildGroups } from "./groups/build.ts";
import type { GroupSource } from "./groups/group-set.ts";
import type { Groups } from "./groups/lists.ts";
import { selectSpaced } from "./groups/select-spaced.ts";
import { imitationLoss } from "./imitation-task.ts";
import type { ListJudge } from "./judge.ts";

export {
  DEFAULT_POLICY as DEFAULT_GROUPS,
  type PolicyOptions as GroupOptions,
} from "../methods/objectives/objective-settings.ts";

/** Models that take part; only the generator learns. */
export interface GoalRankModels {
  readonly generator: Generator;
  readonly judge: ListJudge;
  readonly pointwise: PointwiseRanker;
  /** Of the generator's shape: holds the copy that lists are sampled from; needed for `refreshEvery` over 1. */
  readonly sampler?: Generator | undefined;
  /** The generator as it was before its first step; needed for objectives other than Eq. 5 and imitation. */
  readonly reference?: Generator | undefined;
}

/** Groups of one batch and what their lists are worth. */
export interface ScoredGroups {
  readonly groups: Omit<Groups, "sources">;
  /** [B, G] */
  readonly rewards: Float32Array;
  /** Where each list came from: [B, G]. */
  readonly sources: readonly GroupSource[];
}

/**
 * The task of training `models.generator` on the requests of `dataset`. Its exposed lists are looked at only by the
 * group source `logged` and where `imitationWeight` is over 0; its feedback only by the imitation of positives.
 *
 * @throws RangeError for an option out of range, or one that needs a sampler
 */
export function goalRankTask(
  models: GoalRankModels,
  dataset: ListDataset,
  options: GroupOptions,
  seed: number,
  stage = "GoalRank",
): TrainingTask {
  const { generator, sampler } = models;
  checkPolicy(options);
  if (options.refreshEvery > 1 && sampler === undefined) {
    throw new RangeError(
      `groups: refreshEvery ${options.refreshEvery} needs a sampler, a generator of the same shape`,
    );
  }
  if (isGroupObjective(options.objective) && models.reference === undefined) {
    throw new RangeError(
      `groups: the objective ${options.objective} needs a reference, a copy of the generator as it starts`,
    );
  }
  return {
    stage,
    model: generator,
    size: dataset.size,
    ...(options.refreshEvery > 1 && sampler && { companions: new Map([["sampler", sampler]]) }),
    async computeLoss(rows, batch) {
      if (options.refreshEvery > 1 && batch % options.refreshEvery === 0) {
        sampler?.loadStateDict(await generator.stateDict());
      }
      const key = { seed, stream: stage, step: batch };
      const scored = await scoreGroups(models, dataset, rows, options, key);
      return groupLoss(scored, models, dataset, rows, options);
    },
  };
}

/** Draws the groups of a batch and has the judge score them; nothing is recorded. */
export async function scoreGroups(
  { generator, sampler, judge, pointwise }: GoalRankModels,
  dataset: ListDataset | RequestColumns,
  rows: Int32Array,
  { set, spaced, refreshEvery }: GroupOptions,
  key: RandomKey,
): Promise<ScoredGroups> {
  const { listLength: length, candidateCount: candidates } = dataset;
  const policy = refreshEvery > 1 && sampler !== undefined ? sampler : generator;
  policy.train(false);
  const batch = candidateBatch(dataset, rows);
  const [memory, logits] = noGrad(() => [policy.encode(batch), pointwise.forward(batch)]);
  const drawn = await buildGroups(set, {
    requests: rows.length,
    candidates,
    length,
    key,
    policy: { generator: policy, memory },
    logits,
    ...("exposed" in dataset && { logged: exposedLists(dataset, rows) }),
  });
  const judged = noGrad(() =>
    judge.rewards(batch, tensor(drawn.lists, [rows.length, drawn.groupSize, length])),
  );
  const rewards = (await judged.data()) as Float32Array;
  const sourceOf = (place: number) => drawn.sources[place];
  if (spaced === undefined) {
    return {
      groups: drawn,
      rewards,
      sources: Array.from(rewards, (_, at) => sourceOf(at % drawn.groupSize)),
    };
  }
  const selected = selectSpaced(drawn, rewards, spaced);
  const { rewards: kept, places, ...groups } = selected;
  return { groups, rewards: kept, sources: Array.from(places, sourceOf) };
}

/** What a step moves the generator by, for B groups of G lists. */
export interface GroupObjective {
  /** [B] */
  readonly loss: Tensor;
  /** pi_ref, zeros for repeated lists and for groups without a spread: [B, G]. */
  readonly referencePolicy: Tensor;
  /** log pi_theta of each list: [B, G]. */
  readonly logProbabilities: Tensor;
}

/** Eq. 4 and 5 on the groups, whose requests are encoded in `memory`. */
export function groupObjective(
  { groups, rewards }: ScoredGroups,
  generator: Generator,
  memory: GeneratorMemory,
  temperature: number,
): GroupObjective {
  const shape = [groups.requests, groups.groupSize];
  const logProbabilities = generator.logProbabilities(memory, groups.lists, groups.groupSize);
  const mask = tensor(groups.distinct, shape);
  return {
    ...groupCrossEntropy(tensor(rewards, shape), logProbabilities, { mask, temperature }),
    logProbabilities,
  };
}

/** The objective on the groups, and perhaps the likelihood of the logged lists. */
function groupLoss(
  scored: ScoredGroups,
  models: GoalRankModels,
  dataset: ListDataset,
  rows: Int32Array,
  options: GroupOptions,
): BatchLoss {
  const { generator, sampler, reference, judge } = models;
  const { objective: name, referenceTemperature, imitationWeight, imitation, refreshEvery } = options;
  generator.train();
  const memory = generator.encode(candidateBatch(dataset, rows));
  const imitated = () => imitationLoss(generator, memory, dataset, rows, imitation);
  const { groups, rewards, sources } = scored;
  if (name === "imitation") return { loss: imitated() };
  const objective = () => groupObjective(scored, generator, memory, referenceTemperature);
  const compared = isGroupObjective(name) ? noGrad(objective) : objective();
  let loss = compared.loss.mean();
  if (isGroupObjective(name) && reference !== undefined) {
    const policies = { generator, sampler: refreshEvery > 1 ? sampler : undefined, reference, judge };
    loss = objectiveLoss(name, scored, policies, memory, dataset, rows, options).mean();
  }
  return {
    loss: imitationWeight === 0 ? loss : loss.add(imitated().mul(imitationWeight)),
    describe: () => describeGroups(compared, groups, rewards, sources),
  };
}
