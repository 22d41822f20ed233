/**
 * How a generator of MG-E learns what the judge likes, and how one complements others (Yang et al. 2025): a policy that
 * pleases and adds to what a fleet covers already. For each request, lists are drawn from the generator, and
 *
 *   R(l) = (1 - c) judge(l) + c max(judge(l), best of the fleet so far)
 *   loss = - mean over lists of (R - mean R) / std R * log pi(l)
 *
 * The second part of R is what the judge would find best in the fleet with l in it: a list that is liked less than what is
 * there already earns no more than any other such list. The first generator only
 * pleases: c is 0 for it.
 *
 * Ours, since the paper describes its framework (CLIG) without an estimator that we know of: that formula; c = 1/2, so
 * that a fleet which is better than all that is drawn does not leave the generator with nothing to learn; eight lists a
 * request; rewards standardised within them as in GRPO (Shao et al. 2024); and that the fleet so far is its networks' best
 * lists with four samples of each, not all of its members.
 */
import type { FeedbackBatch } from "../../data/batch.ts";
import type { ListDataset } from "../../data/dataset.ts";
import { feedbackTask, partStream } from "../../goalrank/feedback-task.ts";
import type { Generator } from "../../goalrank/generator.ts";
import type { ListJudge } from "../../goalrank/judge.ts";
import { noGrad, type RandomKey, type Tensor } from "../../tensor/index.ts";
import type { TrainingTask } from "../../training/trainer.ts";
import { standardise } from "../objectives/evidence.ts";

/** Lists that are drawn for each request. */
export const DRAWN_LISTS = 8;

export interface JudgedOptions {
  readonly stage: string;
  readonly seed: number;
  readonly judge: ListJudge;
  /** What the fleet so far proposes, candidate positions i32 [B, E, L]. */
  readonly earlier: (batch: FeedbackBatch, key: RandomKey) => Tensor;
  /** c, from 0, where the fleet is not asked, to 1. */
  readonly complement: number;
}

export function judgedTask(generator: Generator, dataset: ListDataset, options: JudgedOptions): TrainingTask {
  const { stage, seed, judge, earlier, complement } = options;
  return feedbackTask(stage, generator, dataset, async (batch, step, part) => {
    const key = { seed, stream: partStream(stage, part), step };
    const memory = generator.encode(batch);
    const sampling = { temperature: 1, key };
    const lists = noGrad(() => generator.decode(memory, { lists: DRAWN_LISTS, length: batch.listLength, sampling }));
    const own = noGrad(() => judge.rewards(batch, lists));
    const bestOfFleet = () => noGrad(() => judge.rewards(batch, earlier(batch, key)).max(1, true));
    const worth = complement === 0 ? own : complementaryRewards(own, bestOfFleet(), complement);
    const drawn = Int32Array.from(await lists.data());
    const likelihood = generator.stepLogProbabilities(memory, drawn, DRAWN_LISTS).sum(2);
    return {
      loss: standardise(worth).mul(likelihood).mean().neg(),
      describe: async () => ({ reward: await own.mean().item() }),
    };
  });
}

/** R of lists that earn [B, S] by themselves, beside a fleet whose best earns [B, 1]: [B, S]. */
export function complementaryRewards(own: Tensor, best: Tensor, complement: number): Tensor {
  return own.mul(1 - complement).add(own.maximum(best).mul(complement));
}
