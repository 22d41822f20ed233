/**
 * DNN: a pointwise ranker, after Covington et al. 2016. An MLP scores every candidate by itself from the shared
 * features, trained with binary cross-entropy; a list is the candidates of the highest scores.
 */

import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import { CandidateEncoder } from "../goalrank/candidate-encoder.ts";
import { MLP, Module } from "../nn/index.ts";
import type { Random, Tensor } from "../tensor/index.ts";
import { scorerRanking } from "./answers.ts";
import type { Method } from "./method.ts";

/** A DNN that scores each candidate by itself: the probability of positive feedback on it. */
export class PointwiseRanker extends Module {
  private readonly encoder: CandidateEncoder;
  private readonly scorer: MLP;

  constructor(catalogue: Catalogue, width: number, random: Random) {
    super();
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.scorer = new MLP([width, width, 1], random);
  }

  /** What it has learned of each item with its user, before the logit: [B, K, D]. */
  features(batch: RequestBatch): Tensor {
    return this.encoder.forward(batch);
  }

  /** Logits of positive feedback for K items of each of B requests: [B, K]. */
  forward(batch: RequestBatch): Tensor {
    return this.scorer.forward(this.features(batch)).reshape(batch.items.shape);
  }
}

/** The shared pointwise ranker itself, which is trained before any method. */
export const DNN: Method = {
  name: "dnn",
  title: "DNN",
  family: "generator",
  async learn({ pointwise }) {
    return { models: [], rank: (requests) => scorerRanking(pointwise, requests) };
  },
};
