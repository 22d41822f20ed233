/** How a scorer of candidates learns: from each candidate's feedback, from what was shown at all, from the history. */
import type { FeedbackBatch, RequestBatch } from "../data/batch.ts";
import type { ListDataset } from "../data/dataset.ts";
import {
  candidateLabelTensor,
  exposureLabels,
  knownCandidates,
  type ShownLists,
  type UnexposedCandidates,
} from "../data/labels.ts";
import type { Module } from "../nn/index.ts";
import { binaryCrossEntropyWithLogits, type Tensor, tensor, zeros } from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";
import type { ReadingScorer } from "./candidate-heads.ts";
import { feedbackTask } from "./feedback-task.ts";
import type { ScoreLoss } from "./listwise-loss.ts";

/** A model that is trained for its scores. */
export type ScoringModel = Module & ReadingScorer;

/** Mean binary cross-entropy of the feedback on each candidate by itself; 0 where there is none. */
export function pointwiseLoss(scores: Tensor, labels: Tensor, mask?: Tensor): Tensor {
  const losses = binaryCrossEntropyWithLogits(scores, labels);
  if (mask === undefined) return losses.mean();
  const counted = mask.cast("f32");
  const count = counted.sum();
  return losses
    .mul(counted)
    .sum()
    .div(count.maximum(count.mul(0).add(1)));
}

/**
 * Learns the loss of every candidate's score, or, where what was not shown counts nothing, of the scores of what was
 * shown. The model reads all candidates either way. One that tells apart what is shown learns {@link entireSpaceLoss} in
 * its place, and one that reads the history the feedback on its items besides.
 */
export function scoringTask(
  stage: string,
  model: ScoringModel,
  loss: ScoreLoss,
  dataset: ListDataset,
  unexposed: UnexposedCandidates,
): TrainingTask {
  return feedbackTask(stage, model, dataset, (batch) => {
    const own = candidateLoss(model, loss, batch, unexposed);
    const ofHistory = model.historyLogits?.(batch);
    return { loss: ofHistory === undefined ? own : own.add(historyLoss(ofHistory, batch)) };
  });
}

function candidateLoss(
  model: ScoringModel,
  loss: ScoreLoss,
  batch: FeedbackBatch,
  unexposed: UnexposedCandidates,
): Tensor {
  const reading = model.read?.(batch);
  if (reading?.shown !== undefined) return entireSpaceLoss(reading.shown, reading.liked, batch);
  const scores = reading?.liked ?? model.forward(batch);
  if (unexposed === "negative") return loss(scores, candidateLabelTensor(batch), knownCandidates(batch));
  const { places, labels, mask } = shownCandidates(batch);
  return loss(scores.takeAlongLast(places), labels, mask);
}

/**
 * Mean over all candidates of the cross-entropy of whether each was shown, plus the sum over those that were of the
 * cross-entropy of their feedback, over B N as well: together the log-loss of what was seen, by p(shown) and p(liked |
 * shown).
 *
 * @param shown logits e of being shown: [B, N]
 * @param liked logits l of being liked once shown: [B, N]
 */
export function entireSpaceLoss(shown: Tensor, liked: Tensor, batch: ShownLists): Tensor {
  const wasShown = tensor(exposureLabels(batch), shown.shape);
  const ofShown = binaryCrossEntropyWithLogits(shown, wasShown);
  const ofLiked = binaryCrossEntropyWithLogits(liked, candidateLabelTensor(batch)).mul(wasShown);
  return ofShown.add(ofLiked).mean();
}

/** Mean over the items of the histories of the cross-entropy of whether there was positive feedback on each: logits [B, H]. */
export function historyLoss(logits: Tensor, { historyWeights }: RequestBatch): Tensor {
  if (historyWeights === undefined) throw new RangeError("history loss: the requests have no history");
  const some = historyWeights.greater(zeros([1], historyWeights));
  const isLiked = some.slice(1, 0, 1).reshape(logits.shape).cast("f32");
  return pointwiseLoss(logits, isLiked, some.cast("f32").sum(1));
}

/** Candidates that were shown, with feedback: [B, L]; the mask is 0 for items that are no candidates. */
function shownCandidates({ size, listLength, exposed, feedback }: FeedbackBatch) {
  const asTensor = (column: Int32Array | Float32Array) => tensor(column, [size, listLength]);
  return {
    places: asTensor(exposed.map((place) => Math.max(place, 0))),
    labels: asTensor(feedback.map((label, at) => (exposed[at] < 0 ? 0 : label))),
    mask: asTensor(exposed.map((place) => (place < 0 ? 0 : 1))),
  };
}
