/**
 * Objectives that learn the order of a whole group at once, lists as things that are ranked by their rewards. The lists
 * may come from anywhere; repeated ones are left out.
 */
import { concat, full, type Tensor } from "../../tensor/index.ts";
import { approxNdcg, asColumns, asRows, listMle, neuralNdcg, type RankingLoss } from "../ranking-losses.ts";
import type { GroupEvidence, Objective } from "./evidence.ts";
import { extremeMean, orderedPairs, scoresOf } from "./preference.ts";

/**
 * ListMLE (Xia et al. 2008) with a list's own log-probability for its score (ours): the group, drawn one by one in
 * proportion to pi, comes in the order of its rewards. With scores relative to the reference it is RankList, summed.
 */
export const groupListMle: Objective = ({ steps, rewards, distinct }) => listMle(steps.sum(2), rewards, distinct);

/**
 * PRO (Song et al. 2023), with the mean of a list's log pi over its items as score p: each list k against all that the
 * rewards put below it, at temperatures that are the smaller the larger the gap,
 *
 *   - sum_k log( e^(p_k / T_kk) / (e^(p_k / T_kk) + sum_i e^(p_i / T_ki)) ),   1 / T_ki = r_k - r_i,   T_kk = min_i T_ki
 *
 * less beta times p of the best list, the publication's supervised term.
 */
export const pro: Objective = (evidence, { beta }) => {
  const { steps, rewards } = evidence;
  const scores = steps.mean(2);
  const { better } = orderedPairs(evidence);
  const gaps = asRows(rewards).sub(asColumns(rewards)).mul(better);
  const own = asRows(scores.mul(gaps.max(2)));
  const isThere = full(own.shape, 1, { device: rewards.device, dtype: "i32" });
  const against = concat([own, gaps.mul(asColumns(scores))], 2).logSumExp(concat([isThere, better.cast("i32")], 2));
  const lost = against.sub(own.reshape(scores.shape)).sum(1);
  return lost.sub(extremeMean(rewards, scores).mul(beta));
};

/** ApproxNDCG (Qin et al. 2010) of the group's lists by s = beta log(pi / pi_reference). */
export const groupApproxNdcg: Objective = (evidence, { beta }) => byGains(approxNdcg, evidence, beta);

/** NeuralNDCG (Pobrotyn and Bialobrzeski 2021) of the group's lists by s = beta log(pi / pi_reference). */
export const groupNeuralNdcg: Objective = (evidence, { beta }) => byGains(neuralNdcg, evidence, beta);

/** Gains are 2^(r - the least r of the group) - 1 (ours): as NDCG's, and never negative whatever the rewards. */
function byGains(loss: RankingLoss, evidence: GroupEvidence, beta: number): Tensor {
  const { rewards, distinct } = evidence;
  const least = rewards.neg().max(1, true).neg();
  return loss(scoresOf(evidence, beta), rewards.sub(least).mul(Math.LN2).exp().sub(1), distinct);
}
