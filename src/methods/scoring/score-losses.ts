/** What methods that score candidates may all learn in place of their own losses, by the names of settings. */
import { listwiseLoss, type ScoreLoss } from "../../goalrank/listwise-loss.ts";
import { approxNdcg, listMle, neuralNdcg, type RankingLoss } from "../ranking-losses.ts";

/**
 * Over a request's candidates: the softmax cross-entropy of the positives, or a loss of the order by feedback (see
 * `ranking-losses.ts`), whose gains are the labels themselves.
 */
export const SCORE_LOSSES = {
  "list-wise": listwiseLoss,
  listmle: meanOver(listMle),
  "approx-ndcg": meanOver(approxNdcg),
  "neural-ndcg": meanOver(neuralNdcg),
} as const satisfies Record<string, ScoreLoss>;
/** One of {@link SCORE_LOSSES}. */
export type ScoreLossName = keyof typeof SCORE_LOSSES;

/** The mean over requests: a scalar. */
export function meanOver(loss: RankingLoss): ScoreLoss {
  return (scores, labels, mask) => loss(scores, labels, mask).mean();
}
