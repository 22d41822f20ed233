/**
 * Objectives that raise the probability of lists that earned more than their group: REINFORCE, GRPO and Rank-GRPO. They
 * are estimates of an expectation over the policy, so the lists must be drawn from it, and repeated ones count.
 */
import { full, type Tensor } from "../../tensor/index.ts";
import { type GroupEvidence, type Objective, type ObjectiveOptions, standardise } from "./evidence.ts";

/** REINFORCE (Williams 1992) with the group's mean as baseline: - mean_g (r_g - mean r) log pi(list_g). */
export const reinforce: Objective = ({ steps, rewards }) => {
  const advantages = rewards.sub(rewards.mean(1, true));
  return advantages.mul(steps.sum(2)).mean(1).neg();
};

/**
 * GRPO (Shao et al. 2024): - mean_g mean_t min(rho A_g, clip(rho) A_g) + beta KL, where rho is the ratio of each item's
 * probability to that under the policy that drew it, and A the standardised reward of the list.
 */
export const grpo: Objective = (evidence, options) => {
  const { rewards, steps } = evidence;
  const advantages = standardise(rewards)
    .reshape([...rewards.shape, 1])
    .broadcastTo(steps.shape);
  return clippedLoss(evidence, advantages, options);
};

/**
 * Rank-GRPO (Zhu et al. 2025): as GRPO, with an advantage of its own for each position: what the list earns from there
 * on, standardised over the group at that position. An item gets no credit for those above it.
 * @throws RangeError where the judge does not say what each position earns
 */
export const rankGrpo: Objective = (evidence, options) => {
  const { positionRewards } = evidence;
  if (positionRewards === undefined) {
    throw new RangeError(
      "objective: rank-grpo needs what each position earns; use a reward model whose head is positions",
    );
  }
  return clippedLoss(evidence, standardise(returnsToGo(positionRewards)), options);
};

/** Sum over each position t and those s after it of discount^(s - t) r_s: [B, G, L] -> [B, G, L]. */
export function returnsToGo(positionRewards: Tensor, discount = 1): Tensor {
  const length = positionRewards.shape[2];
  const later = Float32Array.from({ length: length * length }, (_, at) => {
    const below = Math.floor(at / length) - (at % length);
    return below >= 0 ? discount ** below : 0;
  });
  const sums = full([length, length], 0, positionRewards);
  sums.assign(positionRewards.dtype === "f64" ? Float64Array.from(later) : later);
  return positionRewards.matmul(sums);
}

/** - the clipped gain + beta KL, for advantages of each position [B, G, L]: [B]. */
function clippedLoss(evidence: GroupEvidence, advantages: Tensor, { clip, beta }: ObjectiveOptions): Tensor {
  const ratio = evidence.steps.sub(evidence.sampledSteps).exp();
  const gain = clippedGain(ratio, advantages, clip).mean([1, 2]);
  return gain.neg().add(divergence(evidence).mul(beta));
}

/** PPO's clipped surrogate (Schulman et al. 2017), min(q a, clip(q) a), of ratios q and advantages a of one shape. */
export function clippedGain(ratio: Tensor, advantages: Tensor, clip: number): Tensor {
  const bound = (value: number) => full([1], value, ratio);
  const clipped = ratio.maximum(bound(1 - clip)).minimum(bound(1 + clip));
  return ratio.mul(advantages).minimum(clipped.mul(advantages));
}

/** Schulman's unbiased estimate of KL(pi || reference), never negative: mean of e^d - d - 1, d = log ref - log pi. */
function divergence({ steps, referenceSteps }: GroupEvidence): Tensor {
  const difference = referenceSteps.sub(steps);
  return difference.exp().sub(difference).sub(1).mean([1, 2]);
}
