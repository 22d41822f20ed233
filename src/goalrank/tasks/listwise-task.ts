/** How PRM is trained: the softmax cross-entropy of the positives over all candidates, list by list. */
import type { PersonalisedReranker } from "../baselines/prm.ts";
import { candidateBatch } from "../batch.ts";
import type { ListDataset } from "../dataset.ts";
import { candidateLabelTensor } from "../feedback.ts";
import type { TrainingTask } from "../training/index.ts";

/** loss = - sum_n y_n log softmax(s)_n / max(1, sum_n y_n) for each request; requests without a positive count 0. */
export function listwiseTask(model: PersonalisedReranker, dataset: ListDataset): TrainingTask {
  return {
    stage: "PRM",
    model,
    size: dataset.size,
    computeLoss(rows) {
      const labels = candidateLabelTensor(dataset, rows);
      const share = labels.div(labels.sum(1, true).maximum(labels.max(1, true).mul(0).add(1)));
      const scores = model.forward(candidateBatch(dataset, rows));
      return { loss: scores.logSoftmax().mul(share).sum(1).mean().neg() };
    },
  };
}
