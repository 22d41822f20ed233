/** Heads that say of each candidate whether it is shown and, if so, liked (ours, after the entire-space model ESMM). */
import type { RequestBatch } from "../data/batch.ts";
import { Linear, Module } from "../nn/index.ts";
import { concat, type Random, type Tensor } from "../tensor/index.ts";
import type { CandidateEncoder } from "./candidate-encoder.ts";
import type { CandidateScorer } from "./judge.ts";

/** Logits of the N candidates of B requests. */
export interface CandidateReading {
  /** e, of being shown: [B, N]; undefined where nothing is to be learned of that. */
  readonly shown: Tensor | undefined;
  /** l, of being liked once shown: [B, N]. */
  readonly liked: Tensor;
}

/** A scorer that tells apart what candidates are shown and liked for, and may learn of the history besides. */
export interface ReadingScorer extends CandidateScorer {
  read?(batch: RequestBatch): CandidateReading;
  /** Logits of positive feedback on each item of the history, by itself: [B, H]; undefined without one. */
  historyLogits?(batch: RequestBatch): Tensor | undefined;
}

/** Two linear heads over encoded candidates; one where nothing is to be learned of what is shown. */
export class CandidateHeads extends Module {
  private readonly shown: Linear | undefined;
  private readonly liked: Linear;

  constructor(width: number, entireSpace: boolean, random: Random) {
    super();
    this.shown = entireSpace ? new Linear(width, 1, random) : undefined;
    this.liked = new Linear(width, 1, random);
  }

  /** Encoded candidates [B, N, D] -> logits. */
  read(rows: Tensor): CandidateReading {
    const shape = rows.shape.slice(0, 2);
    return { shown: this.shown?.forward(rows).reshape(shape), liked: this.liked.forward(rows).reshape(shape) };
  }

  /** Encoded candidates [B, N, D] -> {@link jointLogits}: [B, N]. */
  forward(rows: Tensor): Tensor {
    return jointLogits(this.read(rows));
  }
}

/**
 * The logit of p = sigmoid(e) sigmoid(l), of being shown and liked: [B, N].
 *
 *   1 / p = (1 + exp(-e)) (1 + exp(-l)), so logit p = -log(1 / p - 1) = -logsumexp(-e, -l, -e - l)
 */
export function jointLogits({ shown, liked }: CandidateReading): Tensor {
  if (shown === undefined) return liked;
  const shape = [...liked.shape, 1];
  const terms = [shown.neg(), liked.neg(), shown.add(liked).neg()].map((term) => term.reshape(shape));
  return concat(terms, liked.shape.length).logSumExp().neg();
}

/** w . item + b of each item of the history, without its user: [B, H]; undefined without a history or a head. */
export function historyLogits(
  head: Linear | undefined,
  encoder: CandidateEncoder,
  { history }: RequestBatch,
): Tensor | undefined {
  if (head === undefined || history === undefined) return undefined;
  return head.forward(encoder.encodeItems(history)).reshape(history.shape);
}
