/** The list-wise loss: the softmax cross-entropy of the positives, list by list. */
import type { Tensor } from "../tensor/index.ts";

/**
 * What is lost on scores [B, K] with feedback as labels [B, K]: a scalar. Where the mask, i32 [B, K], is 0 there is
 * nothing to learn from; its labels are 0.
 */
export type ScoreLoss = (scores: Tensor, labels: Tensor, mask?: Tensor) => Tensor;

/**
 * Mean over requests of - sum_n y_n log softmax(s)_n / sum_n y_n: scores s and labels y are [B, N]. A request
 * without a positive counts 0.
 *
 * @param mask i32 [B, N]: what is not 0 takes part in the softmax; labels of what does not must be 0
 */
export function listwiseLoss(scores: Tensor, labels: Tensor, mask?: Tensor): Tensor {
  const positives = labels.sum(1, true);
  const share = labels.div(positives.add(positives.equal(0).cast(positives.dtype)));
  return scores.logSoftmax(mask).mul(share).sum(1).mean().neg();
}
