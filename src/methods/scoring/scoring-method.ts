/**
 * Methods that score all candidates of a request at once and list the best: what they learn from, and how a scorer and
 * a loss become a method.
 */
import type { FeedbackBatch, RequestBatch } from "../../data/batch.ts";
import type { ListDataset } from "../../data/dataset.ts";
import { candidateLabelTensor, knownCandidates, type UnexposedCandidates } from "../../data/labels.ts";
import { feedbackTask } from "../../goalrank/feedback-task.ts";
import type { CandidateScorer } from "../../goalrank/judge.ts";
import { listwiseLoss, type ScoreLoss } from "../../goalrank/listwise-loss.ts";
import { RetrieverResidual } from "../../goalrank/retriever-residual.ts";
import { Module } from "../../nn/index.ts";
import { binaryCrossEntropyWithLogits, type Tensor, tensor } from "../../tensor/index.ts";
import type { TrainingTask } from "../../training/trainer.ts";
import { byScores } from "../answering.ts";
import { instanceOf, type Method, type MethodContext, type SharedModelName } from "../method.ts";

export type { ScoreLoss };

/** A model that is trained for its scores. */
export type ScoringModel = Module & CandidateScorer;

/** Scores that begin as the retriever's, to which a model adds its own. */
class ResidualScorer extends Module implements CandidateScorer {
  private readonly residual = new RetrieverResidual();

  constructor(private readonly scorer: ScoringModel) {
    super();
  }

  forward(batch: RequestBatch): Tensor {
    return this.residual.add(this.residual.base(batch), this.scorer.forward(batch));
  }
}

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
 * The attention loss of DLCM and SetRank (Ai et al. 2018), how a person's attention should be shared among the
 * candidates: mean over requests of - sum_n a_n log softmax(s)_n, with attention a = tau(y) / sum tau(y), where
 * tau(y) = e^y for y > 0 and 0 otherwise; scores s and labels y are [B, K]. A request without a positive counts 0. Of
 * labels 0 and 1 it makes the list-wise loss of PRM.
 *
 * The papers write tau for the scores too; the authors' programs take a softmax, and so does this, since a score under 0
 * would never learn from tau.
 * @param mask i32 [B, K]: what is not 0 takes part
 */
export function attentionLoss(scores: Tensor, labels: Tensor, mask?: Tensor): Tensor {
  const isPositive = labels.greater(labels.mul(0)).cast("f32");
  return listwiseLoss(scores, labels.exp().mul(isPositive), mask);
}

/**
 * Learns the loss of every candidate's score, or, where what was not shown counts nothing, of the scores of what was
 * shown. The model reads all candidates either way.
 */
export function scoringTask(
  stage: string,
  model: ScoringModel,
  loss: ScoreLoss,
  dataset: ListDataset,
  unexposed: UnexposedCandidates,
): TrainingTask {
  return feedbackTask(stage, model, dataset, (batch) => {
    const scores = model.forward(batch);
    if (unexposed === "negative") return { loss: loss(scores, candidateLabelTensor(batch), knownCandidates(batch)) };
    const { places, labels, mask } = shownCandidates(batch);
    return { loss: loss(scores.takeAlongLast(places), labels, mask) };
  });
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

/** A method that is one scorer, trained with one loss. */
export function scoringMethod(
  name: string,
  title: string,
  createModel: (context: MethodContext) => ScoringModel,
  loss: ScoreLoss,
  answersWith: readonly SharedModelName[] = [],
): Method {
  return {
    name,
    title,
    family: "generator",
    answersWith,
    create(context) {
      const own = createModel(context);
      const model = context.residual ? new ResidualScorer(own) : own;
      return instanceOf({ [name]: model }, byScores(model), {
        learn: ({ training, unexposed, train, loss: given = loss }) =>
          train(scoringTask(name, model, given, training, unexposed)),
      });
    },
  };
}
