/**
 * Objectives that learn which of two or more lists is better. A list's score is s = beta log(pi / pi_reference), as in
 * DPO, and the lists may come from anywhere; repeated ones are left out.
 */
import { full, type Tensor } from "../../tensor/index.ts";
import { asColumns, asRows, listMle } from "../ranking-losses.ts";
import type { GroupEvidence, Objective } from "./evidence.ts";

/** DPO (Rafailov et al. 2023) on the best and the worst list of a group: -log sigmoid(s_best - s_worst). */
export const dpo: Objective = (evidence, { beta }) => {
  const { rewards } = evidence;
  const scores = scoresOf(evidence, beta);
  const best = extremeMean(rewards, scores);
  const worst = extremeMean(rewards.neg(), scores);
  const hasSpread = rewards.max(1).greater(rewards.neg().max(1).neg()).cast(rewards.dtype);
  return worst.sub(best).softplus().mul(hasSpread);
};

/** DPO on every pair that the rewards order (ours; DPO has one pair): the mean of -log sigmoid(s_i - s_j), i the better. */
export const dpoAllPairs: Objective = (evidence, { beta }) => {
  const scores = scoresOf(evidence, beta);
  const { better, count } = orderedPairs(evidence);
  return asColumns(scores).sub(asRows(scores)).softplus().mul(better).sum([1, 2]).div(count);
};

/** s: beta times the log-probability ratio of each list to the reference policy, [B, G]. */
export function scoresOf({ steps, referenceSteps }: GroupEvidence, beta: number): Tensor {
  return steps.sub(referenceSteps).sum(2).mul(beta);
}

/** Mean score of the lists of the highest reward: [B]. */
export function extremeMean(rewards: Tensor, scores: Tensor): Tensor {
  const isBest = rewards.equal(rewards.max(1, true)).cast(rewards.dtype);
  return isBest.mul(scores).sum(1).div(isBest.sum(1));
}

/**
 * LiPO-lambda (Liu et al. 2024): the logistic loss of every pair that the rewards order, weighted as LambdaLoss does by
 * what swapping the two would change of the group's DCG, |2^r_i - 2^r_j| |1 / log(1 + rank_i) - 1 / log(1 + rank_j)| with
 * ranks by score; averaged over the pairs (ours).
 */
export const lipoLambda: Objective = (evidence, { beta }) => {
  const { rewards } = evidence;
  const scores = scoresOf(evidence, beta);
  const { better, count } = orderedPairs(evidence);
  const kept = evidence.distinct.cast(rewards.dtype);
  const above = asColumns(scores.detach()).greater(asRows(scores.detach())).cast(rewards.dtype);
  const ranks = above.mul(asColumns(kept)).sum(2).add(1);
  const discounts = full([1], 1, rewards).div(ranks.add(1).log());
  const gains = rewards.mul(Math.LN2).exp();
  const weights = asRows(gains)
    .sub(asColumns(gains))
    .mul(asRows(discounts).sub(asColumns(discounts)).abs())
    .abs();
  const losses = asColumns(scores).sub(asRows(scores)).softplus();
  return losses.mul(weights).mul(better).sum([1, 2]).div(count);
};

/**
 * RankList, the list-wise generalisation of RankNet: for each list, against all that the rewards put below it at once,
 * log(1 + sum_j exp(s_j - s_i)); averaged over the lists. For two lists this is RankNet's logistic loss, halved.
 */
export const rankList: Objective = (evidence, { beta }) => {
  const { distinct, rewards } = evidence;
  return listMle(scoresOf(evidence, beta), rewards, distinct).div(distinct.cast(rewards.dtype).sum(1));
};

/** 1 where list i earned more than list j and neither is a repetition, [B, G, G], and how many such pairs, at least 1. */
export function orderedPairs({ rewards, distinct }: GroupEvidence): { better: Tensor; count: Tensor } {
  const kept = distinct.cast(rewards.dtype);
  const better = asRows(rewards).greater(asColumns(rewards)).cast(rewards.dtype).mul(asRows(kept)).mul(asColumns(kept));
  return { better, count: better.sum([1, 2]).maximum(full([1], 1, rewards)) };
}
