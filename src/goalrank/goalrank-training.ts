/**
 * GoalRank's training (section 3.3): each step builds a group of lists for every request, scores them with the reward
 * model, turns the rewards into the reference policy (Eq. 4), and moves the generator towards it by cross-entropy
 * (Eq. 5).
 */
import {
  groupCrossEntropy,
  gumbelTopK,
  noGrad,
  type RandomKey,
  scope,
  type Tensor,
  tensor,
} from "../tensor/index.ts";
import type { PointwiseRanker } from "./baselines/dnn.ts";
import { candidateBatch, type RequestBatch } from "./batch.ts";
import type { RequestColumns } from "./dataset.ts";
import type { Generator } from "./generator.ts";
import { type Groups, mergeGroups, randomLists, type SourceLists, substitutedLists } from "./groups.ts";
import type { RewardModel } from "./reward-model.ts";
import {
  countSteps,
  Optimisation,
  SILENT,
  type StepMetrics,
  type TrainingListener,
  type TrainingOptions,
  trainingBatches,
} from "./training.ts";

/** Lists that each source gives to a group. */
export interface GroupOptions {
  /** Sampled from the generator itself. */
  readonly policy: number;
  /** Drawn from the pointwise ranker's scores without replacement (Gumbel top-k). */
  readonly pointwise: number;
  readonly random: number;
  /** Lists of the group with up to two items replaced. */
  readonly substitution: number;
  /** Temperature at which the policy is sampled. */
  readonly policyTemperature: number;
  /** Temperature at which the pointwise ranker's scores are sampled. */
  readonly pointwiseTemperature: number;
  /** Temperature of the reference policy: 1 in the paper (Eq. 4). */
  readonly referenceTemperature: number;
}

export const DEFAULT_GROUPS: GroupOptions = {
  policy: 8,
  pointwise: 2,
  random: 1,
  substitution: 5,
  policyTemperature: 1,
  pointwiseTemperature: 0.5,
  referenceTemperature: 0.5,
};

/** Models that take part; only the generator learns. */
export interface GoalRankModels {
  readonly generator: Generator;
  readonly rewardModel: RewardModel;
  readonly pointwise: PointwiseRanker;
}

/** The groups of one step and the rewards of their lists: [B, G]. */
interface ScoredGroups {
  readonly groups: Groups;
  readonly rewards: Float32Array;
}

/**
 * Trains the generator on the requests of `dataset`; its exposed lists and feedback are not looked at.
 * @throws NonFiniteError at the first step whose loss, gradients or updated parameters hold NaN or infinity
 */
export async function trainGoalRank(
  models: GoalRankModels,
  dataset: RequestColumns,
  options: TrainingOptions,
  groupOptions: GroupOptions = DEFAULT_GROUPS,
  listener: TrainingListener = SILENT,
): Promise<void> {
  const stage = "GoalRank";
  const { generator } = models;
  const totalSteps = countSteps(dataset.size, options);
  using optimisation = new Optimisation(generator, totalSteps, options, stage);
  await optimisation.checkParameters();
  listener.begin(stage, totalSteps);
  let step = 0;
  for (const rows of trainingBatches(stage, dataset.size, options)) {
    const key = { seed: options.seed, stream: stage, step };
    const scored = await scoreGroups(models, dataset, rows, groupOptions, key);
    const metrics = await learnFrom(scored, generator, dataset, rows, groupOptions, optimisation);
    listener.step(stage, step++, metrics);
  }
  generator.train(false);
  listener.end(stage);
}

/** One update of the generator towards the reference policy of its groups. */
async function learnFrom(
  { groups, rewards }: ScoredGroups,
  generator: Generator,
  dataset: RequestColumns,
  rows: Int32Array,
  { referenceTemperature: temperature }: GroupOptions,
  optimisation: Optimisation,
): Promise<StepMetrics> {
  using _ = scope();
  generator.train();
  const shape = [groups.requests, groups.groupSize];
  const memory = generator.encode(candidateBatch(dataset, rows));
  const logProbabilities = generator.logProbabilities(memory, groups.lists, groups.groupSize);
  const mask = tensor(groups.distinct, shape);
  const { loss, referencePolicy } = groupCrossEntropy(tensor(rewards, shape), logProbabilities, {
    mask,
    temperature,
  });
  const used = await optimisation.update(loss.mean()).read();
  return {
    ...used,
    ...(await describeStep(loss, referencePolicy, logProbabilities, groups, rewards)),
  };
}

/** Samples the groups of a step and has the reward model judge them; nothing is recorded. */
async function scoreGroups(
  models: GoalRankModels,
  dataset: RequestColumns,
  rows: Int32Array,
  options: GroupOptions,
  key: RandomKey,
): Promise<ScoredGroups> {
  using _ = scope();
  const batch = candidateBatch(dataset, rows);
  const drawn = await drawLists(models, batch, options, dataset.listLength, key);
  const { listLength: length, candidateCount: candidates } = dataset;
  const keyed = (name: string) => ({ candidates, length, key: { ...key, stream: `${key.stream} ${name}` } });
  const sources = [...drawn, randomLists(batch.size, options.random, keyed("random"))];
  sources.push(substitutedLists(sources, batch.size, options.substitution, keyed("substitution")));
  const groups = mergeGroups(sources, batch.size, length);
  const lists = tensor(groups.lists, [batch.size, groups.groupSize, length]);
  const rewards = noGrad(() => models.rewardModel.rewards(models.rewardModel.encode(batch), lists));
  return { groups, rewards: (await rewards.data()) as Float32Array };
}

/** The lists that come from models: the policy's samples and the pointwise ranker's. */
async function drawLists(
  { generator, pointwise }: GoalRankModels,
  batch: RequestBatch,
  options: GroupOptions,
  length: number,
  key: RandomKey,
): Promise<SourceLists[]> {
  const [fromPolicy, fromPointwise] = noGrad(() => {
    generator.train(false);
    const sampling = {
      temperature: options.policyTemperature,
      key: { ...key, stream: `${key.stream} policy` },
    };
    const own = generator.decode(generator.encode(batch), { lists: options.policy, sampling });
    const drawKey = { ...key, stream: `${key.stream} pointwise` };
    const others = gumbelTopK(pointwise.forward(batch).div(options.pointwiseTemperature), {
      lists: options.pointwise,
      length,
      key: drawKey,
    });
    return [own, others];
  });
  return [
    { source: "policy", count: options.policy, lists: (await fromPolicy.data()) as Int32Array },
    { source: "pointwise", count: options.pointwise, lists: (await fromPointwise.data()) as Int32Array },
  ];
}

/** Section 6: what a step used, as numbers. */
async function describeStep(
  loss: Tensor,
  referencePolicy: Tensor,
  logProbabilities: Tensor,
  { requests, groupSize, sources, distinct }: Groups,
  rewards: Float32Array,
): Promise<StepMetrics> {
  const [losses, reference, logs] = await Promise.all([
    loss.data(),
    referencePolicy.data(),
    logProbabilities.data(),
  ]);
  const sums = new Map<string, { total: number; count: number }>();
  const add = (name: string, value: number) => {
    const sum = sums.get(name) ?? { total: 0, count: 0 };
    sums.set(name, { total: sum.total + value, count: sum.count + 1 });
  };
  let zeroSpread = 0;
  for (let request = 0; request < requests; request++) {
    const places = Array.from({ length: groupSize }, (_, g) => request * groupSize + g);
    const kept = places.filter((at) => distinct[at] === 1);
    const spread = deviation(kept.map((at) => rewards[at]));
    add("spread", spread);
    add("loss", losses[request]);
    for (const at of places) {
      const source = sources[at % groupSize];
      add(`reward ${source}`, rewards[at]);
      if (source === "policy") add("policyEntropy", -logs[at]);
    }
    if (!kept.some((at) => reference[at] > 0)) {
      zeroSpread++;
      continue;
    }
    add("referenceEntropy", -kept.reduce((sum, at) => sum + entropyTerm(reference[at]), 0));
    // Both distributions over the group's lists alone.
    const total =
      Math.log(kept.reduce((sum, at) => sum + Math.exp(logs[at] - logs[kept[0]]), 0)) + logs[kept[0]];
    add(
      "divergence",
      kept.reduce((sum, at) => sum + entropyTerm(reference[at]) - reference[at] * (logs[at] - total), 0),
    );
  }
  const means = [...sums].map(([name, { total, count }]) => [name, total / count]);
  const duplicates = distinct.reduce((count, first) => count + 1 - first, 0);
  return { ...Object.fromEntries(means), zeroSpread, duplicates };
}

/** p log p */
function entropyTerm(probability: number): number {
  return probability > 0 ? probability * Math.log(probability) : 0;
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
