/** Scores that begin as the retriever's: what a model has learned is added to them. */
import type { RequestBatch } from "../data/batch.ts";
import { Module, parameter } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";

/**
 * z = a s + g f, where s is the retriever's score, standardised over each request's candidates, f what a model gives,
 * and a and g are learned, from 1 and 0: before its first step a model ranks as the retriever does.
 */
export class RetrieverResidual extends Module {
  private readonly weight: Tensor;
  private readonly gate: Tensor;

  constructor() {
    super();
    this.weight = parameter(Float32Array.of(Number(process.env.A0 ?? 1)), [1]);
    this.gate = parameter(Float32Array.of(Number(process.env.G0 ?? 0)), [1]);
  }

  /** a s: [B, N]. */
  base({ retrieverScores, items }: RequestBatch): Tensor {
    return standardised(retrieverScores.reshape(items.shape)).mul(this.weight);
  }

  /** With g f, of a shape that goes with the base's. */
  add(base: Tensor, learned: Tensor): Tensor {
    return base.add(learned.mul(this.gate));
  }
}

/** Scores [B, N] less their mean over the request, in standard deviations; 0 where all are equal. */
function standardised(scores: Tensor): Tensor {
  const centred = scores.sub(scores.mean(1, true));
  const variance = centred.square().mean(1, true);
  return centred.div(variance.add(1e-6).sqrt());
}
