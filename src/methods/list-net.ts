/**
 * ListNet (Cao et al. 2007): a network scores each candidate by itself, and learns the order of all of them at once.
 *
 *   score = linear(dropout(candidate features)), the mean of M networks
 *   loss = - sum_n softmax(grade)_n log softmax(score)_n of each request: the cross-entropy of which stands on top
 *
 * Ours: M = 8 networks that differ by their initial weights and their dropout, each trained for itself on the same
 * batches, since the queries of a small set are soon learned by heart; candidate features are those of all methods, one
 * hidden layer; of feedback without grades it learns the softmax cross-entropy of the positives.
 */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue, ListDataset } from "../data/dataset.ts";
import { candidateLabelTensor, knownCandidates } from "../data/labels.ts";
import { CandidateEncoder } from "../goalrank/candidate-encoder.ts";
import { feedbackTask } from "../goalrank/feedback-task.ts";
import { listwiseLoss } from "../goalrank/listwise-loss.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import { Dropout, Linear, Module } from "../nn/index.ts";
import type { Random, Tensor } from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";
import { byScores } from "./answering.ts";
import { initialWeights, instanceOf, type Method } from "./method.ts";

/** M */
const NETWORKS = 8;

/** One of the networks. */
class ScoreNetwork extends Module {
  private readonly encoder: CandidateEncoder;
  private readonly dropout: Dropout;
  private readonly scorer: Linear;

  constructor(catalogue: Catalogue, { width, dropoutRate, seed }: ListNetOptions, stream: string, random: Random) {
    super();
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.dropout = new Dropout(dropoutRate, { seed, stream });
    this.scorer = new Linear(width, 1, random);
  }

  /** Scores of the N candidates of B requests: [B, N]. */
  forward(batch: RequestBatch): Tensor {
    return this.scorer.forward(this.dropout.forward(this.encoder.forward(batch))).reshape(batch.items.shape);
  }
}

export type ListNetOptions = Pick<ModelShape, "width" | "dropoutRate" | "seed">;

export class ListNet extends Module {
  readonly networks: ScoreNetwork[];

  constructor(catalogue: Catalogue, options: ListNetOptions, random: Random, networks = NETWORKS) {
    super();
    this.networks = Array.from(
      { length: networks },
      (_, n) => new ScoreNetwork(catalogue, options, `ListNet dropout ${n}`, random),
    );
  }

  /** The mean score of the networks: [B, N]. */
  forward(batch: RequestBatch): Tensor {
    const scores = this.networks.map((network) => network.forward(batch));
    return scores.reduce((sum, own) => sum.add(own)).mul(1 / scores.length);
  }
}

/**
 * Mean over requests of - sum_n softmax(grade)_n log softmax(s)_n: scores s are [B, N], and labels y are gains,
 * (2^grade - 1) / (2^maxGrade - 1).
 */
export function listNetLoss(scores: Tensor, labels: Tensor, maxGrade: number): Tensor {
  const grades = labels
    .mul(2 ** maxGrade - 1)
    .add(1)
    .log()
    .mul(Math.LOG2E);
  return scores.logSoftmax().mul(grades.softmax()).sum(1).mean().neg();
}

/** Each network loses what it would alone: the sum, so that its gradients are its own. */
function listNetTask(model: ListNet, dataset: ListDataset): TrainingTask {
  const { maxGrade } = dataset;
  return feedbackTask("list-net", model, dataset, (batch) => {
    const labels = candidateLabelTensor(batch);
    const known = knownCandidates(batch);
    const losses = model.networks.map((network) => {
      const scores = network.forward(batch);
      return maxGrade === undefined ? listwiseLoss(scores, labels, known) : listNetLoss(scores, labels, maxGrade);
    });
    return { loss: losses.reduce((sum, loss) => sum.add(loss)) };
  });
}

export const LIST_NET: Method = {
  name: "list-net",
  title: "ListNet",
  family: "generator",
  answersWith: [],
  create(context) {
    const model = new ListNet(context.catalogue, context, initialWeights(context, "ListNet"));
    return instanceOf({ "list-net": model }, byScores(model), {
      learn: ({ training, train }) => train(listNetTask(model, training)),
    });
  },
};
