/** How a generator learns to imitate the log: maximum likelihood of the lists that were shown. */
import type { FeedbackBatch } from "../data/batch.ts";
import type { ListDataset } from "../data/dataset.ts";
import { type ShownLists, showableLists } from "../data/labels.ts";
import { type Tensor, tensor } from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";
import { feedbackTask } from "./feedback-task.ts";
import type { Generator, GeneratorMemory } from "./generator.ts";

/**
 * What of a logged list is imitated: the list as it was shown, or its positives alone, as if they had stood on top in
 * the order in which they were shown.
 */
export const IMITATIONS = ["list", "positives"] as const;
/** One of {@link IMITATIONS}. */
export type Imitation = (typeof IMITATIONS)[number];

/**
 * loss = - mean over requests of log pi(logged list), or of its positives. Where an item that was shown is not a
 * candidate, what is left of the list is imitated.
 */
export function imitationTask(
  generator: Generator,
  dataset: ListDataset,
  imitation: Imitation,
  stage = "imitation",
): TrainingTask {
  return feedbackTask(stage, generator, dataset, (batch) => ({
    loss: imitationLoss(generator, generator.encode(batch), batch, imitation),
  }));
}

/** - mean over requests of the log-probability of what is imitated: a scalar. */
export function imitationLoss(
  generator: Generator,
  memory: GeneratorMemory,
  batch: FeedbackBatch,
  imitation: Imitation,
): Tensor {
  const { lists, weights } = imitatedLists(batch, imitation);
  const steps = generator.stepLogProbabilities(memory, lists, 1).reshape(weights.shape);
  return steps.mul(weights).sum(1).mean().neg();
}

/** The lists to imitate, [B, L] flat, and how much each position counts: [B, L]. */
function imitatedLists(
  shown: ShownLists,
  imitation: Imitation,
): { readonly lists: Int32Array; readonly weights: Tensor } {
  const { size, listLength, exposed, feedback } = shown;
  const lists = showableLists(shown);
  const weights = feedback.map((label, at) => (exposed[at] < 0 ? 0 : imitation === "list" ? 1 : label));
  for (let start = 0; start < lists.length; start += listLength) {
    countedFirst(lists.subarray(start, start + listLength), weights.subarray(start, start + listLength));
  }
  return { lists, weights: tensor(weights, [size, listLength]) };
}

/** Moves what counts to the top of a list, keeping the order among it and among the rest; in place. */
function countedFirst(list: Int32Array, weights: Float32Array): void {
  const order = Array.from(list, (_, t) => t).sort((a, b) => weights[b] - weights[a] || a - b);
  const [oldList, oldWeights] = [list.slice(), weights.slice()];
  order.forEach((from, t) => {
    list[t] = oldList[from];
    weights[t] = oldWeights[from];
  });
}
