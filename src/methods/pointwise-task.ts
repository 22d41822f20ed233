/** How the DNN is trained: binary cross-entropy of the feedback on items by themselves. */

import { candidateBatch, listBatch } from "../data/batch.ts";
import type { ListDataset } from "../data/dataset.ts";
import {
  candidateLabelTensor,
  exposedLabels,
  exposedLists,
  type UnexposedCandidates,
} from "../data/labels.ts";
import { binaryCrossEntropyWithLogits, tensor } from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";
import type { PointwiseRanker } from "./dnn.ts";

/** Learns each exposed item's feedback, or every candidate's (see `UnexposedCandidates`). */
export function pointwiseTask(
  model: PointwiseRanker,
  dataset: ListDataset,
  unexposed: UnexposedCandidates,
): TrainingTask {
  const shown = (rows: Int32Array) => {
    const logits = model.forward(listBatch(dataset, rows, exposedLists(dataset, rows)));
    return binaryCrossEntropyWithLogits(logits, tensor(exposedLabels(dataset, rows), logits.shape)).mean();
  };
  const all = (rows: Int32Array) => {
    const logits = model.forward(candidateBatch(dataset, rows));
    return binaryCrossEntropyWithLogits(logits, candidateLabelTensor(dataset, rows)).mean();
  };
  return {
    stage: "DNN",
    model,
    size: dataset.size,
    computeLoss: (rows) => ({ loss: unexposed === "ignore" ? shown(rows) : all(rows) }),
  };
}
