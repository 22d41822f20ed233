/** Scores that begin as the retriever's, to which a model adds what it learns. */
import type { RequestBatch } from "../data/batch.ts";
import { Module, parameter } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";

/** Added to the variance of scores, so that equal ones come out 0. */
export const LEAST_VARIANCE = 1e-6;

/**
 * z = a s + g f: s is the retriever's score in standard deviations from its mean over the request's candidates, f what a
 * model says; a and g are learned, from 1 and 0, so that before its first step a model ranks as the retriever does, and
 * may come to trust it more or less.
 */
export class RetrieverResidual extends Module {
  private readonly trust: Tensor;
  private readonly gate: Tensor;

  constructor() {
    super();
    this.trust = parameter(Float32Array.of(1), [1]);
    this.gate = parameter(Float32Array.of(0), [1]);
  }

  /** a s: [B, N]. */
  base({ retrieverScores, items }: RequestBatch): Tensor {
    const scores = retrieverScores.reshape(items.shape);
    const centred = scores.sub(scores.mean(1, true));
    const deviation = centred.square().mean(1, true).add(LEAST_VARIANCE).sqrt();
    return centred.div(deviation).mul(this.trust);
  }

  /** The base with what a model says, of a shape that goes with it. */
  add(base: Tensor, learned: Tensor): Tensor {
    return base.add(learned.mul(this.gate));
  }
}
