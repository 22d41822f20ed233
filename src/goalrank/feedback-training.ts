/** Training on logged feedback: the pointwise ranker and the reward model. */
import { binaryCrossEntropyWithLogits, meanSquaredError, type Tensor, tensor } from "../tensor/index.ts";
import type { PointwiseRanker } from "./baselines/dnn.ts";
import { candidateBatch, listBatch } from "./batch.ts";
import type { ListDataset } from "./dataset.ts";
import type { RewardModel } from "./reward-model.ts";
import { type TrainingListener, type TrainingOptions, trainModel } from "./training.ts";

/**
 * What a candidate counts that was not shown: nothing (`ignore`: it is left out), or no feedback (`negative`: it is an
 * example with label 0). A log of ratings only makes sense with `negative`, since what is shown there was chosen.
 */
export type UnexposedCandidates = "ignore" | "negative";

/** Labels of the rows' exposed lists: [B, L]. */
function exposedLabels({ feedback, listLength }: ListDataset, rows: Int32Array): Tensor {
  const labels = new Float32Array(rows.length * listLength);
  rows.forEach((row, i) => {
    labels.set(feedback.subarray(row * listLength, (row + 1) * listLength), i * listLength);
  });
  return tensor(labels, [rows.length, listLength]);
}

/** Labels of all candidates, 1 for what was shown and liked: [B, N]. */
export function candidateLabels(
  { feedback, exposed, listLength, candidateCount }: ListDataset,
  rows: ArrayLike<number>,
): Float32Array {
  const labels = new Float32Array(rows.length * candidateCount);
  for (let i = 0; i < rows.length; i++) {
    for (let at = rows[i] * listLength; at < (rows[i] + 1) * listLength; at++) {
      if (exposed[at] >= 0) labels[i * candidateCount + exposed[at]] = feedback[at];
    }
  }
  return labels;
}

/** Binary cross-entropy of each exposed item's feedback, or of every candidate's (see `UnexposedCandidates`). */
export function trainPointwiseRanker(
  ranker: PointwiseRanker,
  dataset: ListDataset,
  unexposed: UnexposedCandidates,
  options: TrainingOptions,
  listener?: TrainingListener,
): Promise<void> {
  const computeLoss = (rows: Int32Array) => {
    if (unexposed === "ignore") {
      const logits = ranker.forward(listBatch(dataset, rows, dataset.exposed));
      return binaryCrossEntropyWithLogits(logits, exposedLabels(dataset, rows)).mean();
    }
    const labels = tensor(candidateLabels(dataset, rows), [rows.length, dataset.candidateCount]);
    return binaryCrossEntropyWithLogits(ranker.forward(candidateBatch(dataset, rows)), labels).mean();
  };
  return trainModel("DNN", ranker, dataset.size, options, computeLoss, listener);
}

/**
 * Squared error of the predicted reward of each exposed list against its observed feedback (appendix B), plus the
 * binary cross-entropy of the feedback at each position, which says which item earned it (ours).
 */
export function trainRewardModel(
  model: RewardModel,
  dataset: ListDataset,
  options: TrainingOptions,
  listener?: TrainingListener,
): Promise<void> {
  const computeLoss = (rows: Int32Array) => {
    const logits = model.positionLogits(model.encode(listBatch(dataset, rows, dataset.exposed)));
    const labels = exposedLabels(dataset, rows);
    const listError = meanSquaredError(logits.sigmoid().sum(1), labels.sum(1));
    return binaryCrossEntropyWithLogits(logits, labels)
      .mean()
      .add(listError.mul(1 / dataset.listLength));
  };
  return trainModel("reward model", model, dataset.size, options, computeLoss, listener);
}
