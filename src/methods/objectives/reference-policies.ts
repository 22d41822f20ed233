/** Eq. 5 with rewards that are normalised otherwise than Eq. 4 does, before they become the reference policy. */
import { full, groupCrossEntropy, type Tensor } from "../../tensor/index.ts";
import { asColumns, asRows } from "../ranking-losses.ts";
import type { GroupEvidence, Objective } from "./evidence.ts";

/**
 * Eq. 5 where a reward is measured against the other lists of its group (the leave-one-out baseline of Kool et al. 2019,
 * known as RLOO): (r_g - mean of the others) / std, which of n lists is n / (n - 1) times Eq. 4's. The smaller the group,
 * the sharper the reference policy.
 */
export const leaveOneOut: Objective = (evidence, { referenceTemperature }) => {
  const { steps, rewards, distinct } = evidence;
  const kept = distinct.cast(rewards.dtype);
  const count = kept.sum(1, true);
  const others = count.sub(1).maximum(full([1], 1, rewards));
  const mean = rewards.mul(kept).sum(1, true).div(count);
  const centred = rewards.sub(mean).mul(kept);
  const deviation = centred.square().sum(1, true).div(count).sqrt();
  const isFlat = deviation.less(full([1], LEAST_SPREAD, rewards)).cast(rewards.dtype);
  const scaled = centred.mul(count).div(others).div(deviation.add(isFlat));
  const options = { normalisation: "none", temperature: referenceTemperature, mask: distinct } as const;
  return groupCrossEntropy(scaled, steps.sum(2), options).loss;
};

/** Standard deviation under which a group has no spread, as in Eq. 5's kernel. */
const LEAST_SPREAD = 1e-6;

/**
 * Eq. 5 on a tournament (ours): a list's reward is the share of the group's other lists that it beats, an equal one
 * counting half, standardised as in Eq. 4. Only the order of the judge's rewards counts, not how far they are apart.
 */
export const tournament: Objective = (evidence, { referenceTemperature }) => {
  const { steps, distinct } = evidence;
  const options = { temperature: referenceTemperature, mask: distinct };
  return groupCrossEntropy(winRates(evidence), steps.sum(2), options).loss;
};

/** Wins of each list over the distinct ones, by how many there are: [B, G]. */
function winRates({ rewards, distinct }: GroupEvidence): Tensor {
  const kept = distinct.cast(rewards.dtype);
  const wins = asRows(rewards).greater(asColumns(rewards)).cast(rewards.dtype);
  const draws = asRows(rewards).equal(asColumns(rewards)).cast(rewards.dtype);
  return wins.add(draws.mul(0.5)).mul(asColumns(kept)).sum(2).div(kept.sum(1, true));
}
