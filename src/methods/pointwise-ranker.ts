/** The pointwise ranker that all methods share, after Covington et al. 2016: what DNN is, and how it is trained. */
import { listBatch, type RequestBatch } from "../data/batch.ts";
import type { Catalogue, ListDataset } from "../data/dataset.ts";
import { candidateLabelTensor, knownCandidates, type UnexposedCandidates } from "../data/labels.ts";
import { CandidateEncoder } from "../goalrank/candidate-encoder.ts";
import { feedbackTask } from "../goalrank/feedback-task.ts";
import type { ScoreLoss } from "../goalrank/listwise-loss.ts";
import { RetrieverResidual } from "../goalrank/retriever-residual.ts";
import { MLP, Module } from "../nn/index.ts";
import { binaryCrossEntropyWithLogits, type Random, type Tensor, tensor } from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";

/** An MLP that scores each candidate by itself: the probability of positive feedback on it. */
export class PointwiseRanker extends Module {
  readonly encoder: CandidateEncoder;
  private readonly scorer: MLP;

  private readonly residual: RetrieverResidual | undefined;

  /** @param isResidual whether its scores begin as the retriever's */
  constructor(catalogue: Catalogue, width: number, random: Random, isResidual = false) {
    super();
    this.residual = isResidual ? new RetrieverResidual() : undefined;
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.scorer = new MLP([width, width, 1], random);
  }

  /** What it has learned of each item with its user, before the logit: [B, K, D]. */
  features(batch: RequestBatch): Tensor {
    return this.encoder.forward(batch);
  }

  /** Logits of positive feedback for K items of each of B requests: [B, K]. */
  forward(batch: RequestBatch): Tensor {
    const learned = this.scorer.forward(this.features(batch)).reshape(batch.items.shape);
    return this.residual === undefined ? learned : this.residual.add(this.residual.base(batch), learned);
  }
}

/** Mean cross-entropy of each exposed item's feedback, or of every candidate's (see `UnexposedCandidates`). */
export function pointwiseTask(
  model: PointwiseRanker,
  dataset: ListDataset,
  unexposed: UnexposedCandidates,
  loss: ScoreLoss = (logits, labels) => binaryCrossEntropyWithLogits(logits, labels).mean(),
): TrainingTask {
  return feedbackTask("DNN", model, dataset, (batch) => {
    const isShownOnly = unexposed === "ignore";
    const logits = model.forward(isShownOnly ? listBatch(batch, batch.exposed) : batch);
    const labels = isShownOnly ? tensor(batch.feedback, logits.shape) : candidateLabelTensor(batch);
    return { loss: loss(logits, labels, isShownOnly ? undefined : knownCandidates(batch)) };
  });
}
