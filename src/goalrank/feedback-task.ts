/** The form of all training here: a loss of batches of requests, with the lists that were shown and their feedback. */
import { type FeedbackBatch, feedbackBatch } from "../data/batch.ts";
import type { ListDataset } from "../data/dataset.ts";
import type { Module } from "../nn/index.ts";
import type { BatchLoss, TrainingTask } from "../training/trainer.ts";

/**
 * The task of training `model` on the requests of `dataset`.
 * @param computeLoss of a batch; the step counts batches from 0, to key random choices
 */
export function feedbackTask(
  stage: string,
  model: Module,
  dataset: ListDataset,
  computeLoss: (batch: FeedbackBatch, step: number) => BatchLoss | Promise<BatchLoss>,
): TrainingTask {
  return {
    stage,
    model,
    size: dataset.size,
    computeLoss: (rows, step) => computeLoss(feedbackBatch(dataset, rows), step),
  };
}
