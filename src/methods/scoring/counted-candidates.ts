/** Which candidates' feedback methods learn from. */
import type { FeedbackBatch } from "../../data/batch.ts";
import type { UnexposedCandidates } from "../../data/labels.ts";
import { type Tensor, tensor } from "../../tensor/index.ts";

/** 1 for each candidate whose feedback counts: [B, N]. */
export function countedCandidates(batch: FeedbackBatch, unexposed: UnexposedCandidates): Tensor {
  const { size, candidateCount, listLength, labels, exposed } = batch;
  const counted = new Float32Array(size * candidateCount).fill(unexposed === "negative" ? 1 : 0);
  exposed.forEach((place, at) => {
    if (place >= 0) counted[Math.floor(at / listLength) * candidateCount + place] = 1;
  });
  labels?.forEach((label, at) => {
    if (label < 0) counted[at] = 0;
  });
  return tensor(counted, [size, candidateCount]);
}
