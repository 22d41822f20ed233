/**
 * DLCM, the deep listwise context model (Ai et al. 2018): a GRU reads the candidates in the order of the initial ranking,
 * and each is scored by what the GRU says of it in the light of the whole list.
 *
 *   H, s = GRU(candidate features, by rank): states [B, N, D], and the last one [B, D]
 *   score_n = w . (norm(H_n) * tanh(W norm(s) + b)), trained with the attention loss
 *
 * The GRU reads from the lowest rank to the top, as in the authors' program, so that the top counts most in s. Ours:
 * layer normalisation in place of batch normalisation, so that a score does not depend on the batch's other requests;
 * of equal initial scores the lower item number comes first; the shared dropout acts on the list's context.
 */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import { CandidateEncoder } from "../goalrank/candidate-encoder.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import { Dropout, GRU, LayerNorm, Linear, Module } from "../nn/index.ts";
import type { Random, Tensor } from "../tensor/index.ts";
import { initialWeights, type Method } from "./method.ts";
import { initialOrder } from "./scoring/initial-ranking.ts";
import { attentionLoss, scoringMethod } from "./scoring/scoring-method.ts";

export class ListContextRanker extends Module {
  private readonly encoder: CandidateEncoder;
  private readonly gru: GRU;
  private readonly stateNorm: LayerNorm;
  private readonly contextNorm: LayerNorm;
  private readonly fromContext: Linear;
  private readonly dropout: Dropout;
  private readonly scorer: Linear;

  constructor(
    catalogue: Catalogue,
    { width, dropoutRate, seed }: Pick<ModelShape, "width" | "dropoutRate" | "seed">,
    random: Random,
  ) {
    super();
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.gru = new GRU(width, width, random);
    this.stateNorm = new LayerNorm(width);
    this.contextNorm = new LayerNorm(width);
    this.fromContext = new Linear(width, width, random);
    this.dropout = new Dropout(dropoutRate, { seed, stream: "DLCM dropout" });
    this.scorer = new Linear(width, 1, random);
  }

  /** Scores of the N candidates of B requests: [B, N]. */
  forward(batch: RequestBatch): Tensor {
    const { ranks, places } = initialOrder(batch);
    const ranked = this.encoder.forward(batch).takeRows(places);
    const { outputs, last } = this.gru.forward(ranked, { reverse: true });
    const context = this.dropout.forward(this.fromContext.forward(this.contextNorm.forward(last), "tanh"));
    const local = this.stateNorm.forward(outputs).mul(context.reshape([batch.size, 1, -1]));
    return this.scorer.forward(local).reshape(batch.items.shape).takeAlongLast(ranks);
  }
}

export const DLCM: Method = scoringMethod(
  "dlcm",
  "DLCM",
  (context) => new ListContextRanker(context.catalogue, context, initialWeights(context, "DLCM")),
  attentionLoss,
);
