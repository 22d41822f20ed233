/** The attention loss of DLCM and SetRank: how a person's attention should be shared among the candidates. */
import { listwiseLoss } from "../../goalrank/listwise-loss.ts";
import type { Tensor } from "../../tensor/index.ts";

/**
 * Mean over requests of - sum_n a_n log softmax(s)_n, with attention a = tau(y) / sum tau(y), where tau(y) = e^y for
 * y > 0 and 0 otherwise (Ai et al. 2018): scores s and labels y are [B, K]. A request without a positive counts 0. Of
 * labels 0 and 1 it makes the list-wise loss of PRM.
 *
 * The papers write tau for the scores too; the authors' programs take a softmax, and so does this, since a score under 0
 * would never learn from tau.
 *
 * @param mask i32 [B, K]: what is not 0 takes part
 */
export function attentionLoss(scores: Tensor, labels: Tensor, mask?: Tensor): Tensor {
  return listwiseLoss(scores, rectifiedExponential(labels), mask);
}

/** tau */
function rectifiedExponential(labels: Tensor): Tensor {
  const isPositive = labels.greater(labels.mul(0)).cast("f32");
  return labels.exp().mul(isPositive);
}
