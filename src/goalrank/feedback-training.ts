/** Training on logged feedback: the pointwise ranker and the reward model. */
import {
  binaryCrossEntropyWithLogits,
  meanSquaredError,
  Random,
  type RandomKey,
  type Tensor,
  tensor,
} from "../tensor/index.ts";
import type { PointwiseRanker } from "./baselines/dnn.ts";
import { candidateBatch, listBatch, type RequestBatch } from "./batch.ts";
import type { ListDataset } from "./dataset.ts";
import type { RewardModel } from "./reward-model.ts";
import { type TrainingListener, type TrainingOptions, trainModel } from "./training.ts";

/**
 * What a candidate counts that was not shown: nothing (`ignore`: it is left out), or no feedback (`negative`: it is an
 * example with label 0). A log of ratings only makes sense with `negative`, since what is shown there was chosen.
 */
export type UnexposedCandidates = "ignore" | "negative";

/** The lists that were shown at `rows`: candidate positions [B, L], flat. */
export function exposedLists({ exposed, listLength }: ListDataset, rows: ArrayLike<number>): Int32Array {
  const lists = new Int32Array(rows.length * listLength);
  for (let i = 0; i < rows.length; i++) {
    lists.set(exposed.subarray(rows[i] * listLength, (rows[i] + 1) * listLength), i * listLength);
  }
  return lists;
}

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
      const logits = ranker.forward(listBatch(dataset, rows, exposedLists(dataset, rows)));
      return binaryCrossEntropyWithLogits(logits, exposedLabels(dataset, rows)).mean();
    }
    const labels = tensor(candidateLabels(dataset, rows), [rows.length, dataset.candidateCount]);
    return binaryCrossEntropyWithLogits(ranker.forward(candidateBatch(dataset, rows)), labels).mean();
  };
  return trainModel("DNN", ranker, dataset.size, options, computeLoss, listener);
}

/** Lists with the feedback that each of their items got or would have got: both [S, L], flat. */
interface LabelledLists {
  readonly lists: Int32Array;
  readonly labels: Float32Array;
}

/**
 * For each row a list of L distinct candidates in random order, of which a random number was exposed and the others
 * were not: what was not shown counts 0. The reward model learns from them what lists look like that nobody saw.
 */
export function mixedLists(dataset: ListDataset, rows: Int32Array, key: RandomKey): LabelledLists {
  const { candidateCount, listLength, exposed } = dataset;
  const random = new Random(key);
  const labels = candidateLabels(dataset, rows);
  const mixed = {
    lists: new Int32Array(rows.length * listLength),
    labels: new Float32Array(rows.length * listLength),
  };
  rows.forEach((row, i) => {
    const shown = exposed.subarray(row * listLength, (row + 1) * listLength);
    const wasShown = new Uint8Array(candidateCount);
    for (const position of shown) wasShown[position] = 1;
    const order = random.permutation(candidateCount);
    const unseen = order.filter((position) => wasShown[position] === 0);
    const kept = random.integer(listLength + 1);
    const chosen = [...order.filter((position) => wasShown[position] === 1).subarray(0, kept), ...unseen];
    random.permutation(listLength).forEach((place, t) => {
      mixed.lists[i * listLength + t] = chosen[place];
      mixed.labels[i * listLength + t] = labels[i * candidateCount + chosen[place]];
    });
  });
  return mixed;
}

/** Squared error of the reward (appendix B), plus the cross-entropy of the feedback at each position (ours). */
function rewardLoss(logits: Tensor, labels: Tensor): Tensor {
  const listError = meanSquaredError(logits.sigmoid().sum(1), labels.sum(1));
  return binaryCrossEntropyWithLogits(logits, labels)
    .mean()
    .add(listError.mul(1 / labels.shape[1]));
}

/**
 * Trains the reward model on exposed lists and their feedback; where unexposed candidates are `negative`, also on as
 * many lists in which they are mixed with exposed ones. The feedback at each position says which item earned it.
 */
export function trainRewardModel(
  model: RewardModel,
  dataset: ListDataset,
  unexposed: UnexposedCandidates,
  options: TrainingOptions,
  listener?: TrainingListener,
): Promise<void> {
  const stage = "reward model";
  const predict = (batch: RequestBatch) => model.positionLogits(model.encode(batch));
  const computeLoss = (rows: Int32Array, step: number) => {
    const loss = rewardLoss(
      predict(listBatch(dataset, rows, exposedLists(dataset, rows))),
      exposedLabels(dataset, rows),
    );
    if (unexposed === "ignore") return loss;
    const { lists, labels } = mixedLists(dataset, rows, {
      seed: options.seed,
      stream: `${stage} mixture`,
      step,
    });
    const logits = predict(listBatch(dataset, rows, lists));
    return loss.add(rewardLoss(logits, tensor(labels, [rows.length, dataset.listLength]))).mul(0.5);
  };
  return trainModel(stage, model, dataset.size, options, computeLoss, listener);
}
