/** The form of all training here: a loss of batches of requests, with the lists that were shown and their feedback. */
import { type FeedbackBatch, feedbackBatch } from "../data/batch.ts";
import type { ListDataset } from "../data/dataset.ts";
import { splitByShape } from "../data/shapes.ts";
import type { Module } from "../nn/index.ts";
import { COUNTED_METRICS, type StepMetrics } from "../training/listener.ts";
import type { BatchLoss, TrainingTask } from "../training/trainer.ts";

/**
 * What is lost on requests of one shape: a mean over them.
 * @param step counts batches from 0, to key random choices
 * @param part counts the shapes of a batch from 0; each draws by itself (`partStream`)
 */
export type FeedbackLoss = (batch: FeedbackBatch, step: number, part: number) => BatchLoss | Promise<BatchLoss>;

/**
 * The task of training `model` on the requests of `dataset`. A batch with requests of several shapes loses the mean over
 * all of them.
 */
export function feedbackTask(
  stage: string,
  model: Module,
  dataset: ListDataset,
  computeLoss: FeedbackLoss,
): TrainingTask {
  return {
    stage,
    model,
    size: dataset.size,
    computeLoss(rows, step) {
      const parts = splitByShape(dataset, rows);
      if (parts.length === 1) return computeLoss(feedbackBatch(dataset, rows), step, 0);
      return lossOfParts(parts, (part) => computeLoss(feedbackBatch(dataset, parts[part]), step, part));
    },
  };
}

/** The stream of random choices for one part of a batch. */
export function partStream(stream: string, part: number): string {
  return part === 0 ? stream : `${stream}, shape ${part + 1}`;
}

/** The mean over the rows of all parts. */
async function lossOfParts(
  parts: readonly ArrayLike<number>[],
  computeLoss: (part: number) => BatchLoss | Promise<BatchLoss>,
): Promise<BatchLoss> {
  const total = parts.reduce((sum, { length }) => sum + length, 0);
  const shares = parts.map(({ length }) => length / total);
  const losses: BatchLoss[] = [];
  for (const part of parts.keys()) losses.push(await computeLoss(part));
  return {
    loss: losses.map(({ loss }, part) => loss.mul(shares[part])).reduce((sum, loss) => sum.add(loss)),
    async describe() {
      const described: StepMetrics[] = [];
      for (const { describe } of losses) described.push((await describe?.()) ?? {});
      return metricsOfParts(described, shares);
    },
  };
}

/** Counts add up; of the others the mean by share, over the parts that have them. */
function metricsOfParts(parts: readonly StepMetrics[], shares: readonly number[]): StepMetrics {
  const names = new Set(parts.flatMap((metrics) => Object.keys(metrics)));
  const joined = (name: string) => {
    const having = [...parts.keys()].filter((part) => name in parts[part]);
    const weights = having.map((part) => (COUNTED_METRICS.has(name) ? 1 : shares[part]));
    const sum = having.reduce((sum, part, i) => sum + weights[i] * parts[part][name], 0);
    return COUNTED_METRICS.has(name) ? sum : sum / weights.reduce((total, weight) => total + weight, 0);
  };
  return Object.fromEntries(Array.from(names, (name) => [name, joined(name)]));
}
