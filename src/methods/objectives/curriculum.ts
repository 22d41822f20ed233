/**
 * Training from easy to hard requests (curriculum learning, Bengio et al. 2009), paced by competence (Platanios et al.
 * 2019): a batch is drawn from the easiest share c of the requests, which grows until each of them counts alike.
 */
import { candidateBatch, feedbackBatch } from "../../data/batch.ts";
import type { ListDataset } from "../../data/dataset.ts";
import { shapedBatches } from "../../data/shapes.ts";
import { type GoalRankModels, scoreGroups } from "../../goalrank/goalrank-task.ts";
import type { GroupOptions } from "../../goalrank/groups/group-settings.ts";
import { noGrad, scope } from "../../tensor/index.ts";
import type { TrainingTask } from "../../training/trainer.ts";

/**
 * What makes a request easy (ours): `spread`, that the judge's rewards of its first group lie far apart, so that better and
 * worse lists are told easily; `ambiguity`, that the pointwise scorer's softmax over its candidates has little entropy.
 */
export const CURRICULA = ["spread", "ambiguity"] as const;
/** One of {@link CURRICULA}. */
export type Curriculum = (typeof CURRICULA)[number];

/** The share of the requests that training begins with. */
const FIRST_SHARE = 0.2;

/**
 * The task with rows that stand for others: of rows 0 to S - 1, which are drawn as without a curriculum, row r becomes the
 * one at place c r of `easiestFirst`, with c = sqrt(0.04 + 0.96 x) after x of the first pass over the requests, and 1 from
 * then on, where every request is learned from once a pass as ever.
 */
export function withCurriculum(task: TrainingTask, easiestFirst: ArrayLike<number>): TrainingTask {
  const { size } = task;
  return {
    ...task,
    computeLoss(rows, batch) {
      const seen = Math.min(1, (batch * rows.length) / size);
      const share = Math.sqrt(FIRST_SHARE ** 2 + (1 - FIRST_SHARE ** 2) * seen);
      return task.computeLoss(
        rows.map((row) => easiestFirst[Math.floor(row * share)]),
        batch,
      );
    },
  };
}

/** The rows of a dataset, the easiest first, of equal ones the first. */
export async function easiestFirst(
  curriculum: Curriculum,
  models: GoalRankModels,
  dataset: ListDataset,
  options: GroupOptions,
  seed: number,
): Promise<Int32Array> {
  const hardness = new Float64Array(dataset.size);
  for (const rows of shapedBatches(dataset)) {
    using _ = scope();
    const own =
      curriculum === "ambiguity"
        ? await ambiguities(models, dataset, rows)
        : (await spreads(models, dataset, rows, options, seed)).map((spread) => -spread);
    rows.forEach((row, i) => {
      hardness[row] = own[i];
    });
  }
  return Int32Array.from(hardness.keys()).sort((a, b) => hardness[a] - hardness[b] || a - b);
}

/** The entropy of the pointwise scorer's softmax over each request's candidates. */
async function ambiguities({ pointwise }: GoalRankModels, dataset: ListDataset, rows: Int32Array): Promise<number[]> {
  const entropies = noGrad(() => {
    const logs = pointwise.forward(candidateBatch(dataset, rows)).logSoftmax();
    return logs.exp().mul(logs).sum(1).neg();
  });
  return Array.from(await entropies.data());
}

/** The standard deviation of the judge's rewards in each request's group. */
async function spreads(
  models: GoalRankModels,
  dataset: ListDataset,
  rows: Int32Array,
  options: GroupOptions,
  seed: number,
): Promise<number[]> {
  const key = { seed, stream: "curriculum", step: rows[0] };
  const { rewards } = await scoreGroups({ ...models, sampler: undefined }, feedbackBatch(dataset, rows), options, key);
  const count = rewards.length / rows.length;
  return Array.from(rows, (_, i) => {
    const own = rewards.subarray(i * count, (i + 1) * count);
    const mean = own.reduce((sum, reward) => sum + reward, 0) / count;
    return Math.sqrt(own.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / count);
  });
}
