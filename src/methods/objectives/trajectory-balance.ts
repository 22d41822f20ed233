/** Trajectory balance: a generator that draws lists in proportion to what they are worth. */
import { full } from "../../tensor/index.ts";
import type { Objective } from "./evidence.ts";

/**
 * Trajectory balance (Malkin et al. 2022) as GFN4Rec has it for lists (Liu et al. 2023): an ordered list is built in one
 * way only, so that log Z + log pi(list) = log R(list) is to hold. With R = e^(r / beta),
 *
 *   loss = mean over the distinct lists of (beta log pi - r - their mean)^2
 *
 * Ours: R, where GFN4Rec has clicks with an offset, since a judge's rewards may be negative; log Z as the group's mean
 * residual, whose square is then a variance (Richter et al. 2020), where GFN4Rec learns it from the user; and the factor
 * beta^2, which keeps steps of one size. Towards beta = 0 its gradient becomes REINFORCE's.
 */
export const trajectoryBalance: Objective = ({ steps, rewards, distinct }, { beta }) => {
  const kept = distinct.cast(rewards.dtype);
  const count = kept.sum(1, true).maximum(full([1], 1, rewards));
  const residuals = steps.sum(2).mul(beta).sub(rewards);
  const offsets = residuals.mul(kept).sum(1, true).div(count);
  return residuals.sub(offsets).square().mul(kept).sum(1, true).div(count).sum(1);
};
