/**
 * PRM, personalised re-ranking (Pei et al. 2019): a Transformer over the candidates in the order of an initial ranking,
 * fed with what a pointwise ranker has learned of the user and each item, scores all of them at once.
 *
 *   x_n = W [candidate features; personalised vector] + position embedding of n's rank
 *   scores = linear(encoder(x)), trained with the softmax cross-entropy of the positives (list-wise)
 *
 * Ours: the personalised vector is what the shared pointwise ranker has learned, and stays as it is; equal initial scores
 * share a rank; where unexposed candidates count nothing, the softmax is over what was shown.
 */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import { CandidateEncoder } from "../goalrank/candidate-encoder.ts";
import { type CandidateReading, historyLogits, jointLogits, type ReadingScorer } from "../goalrank/candidate-heads.ts";
import { embedRanks, initialRanks } from "../goalrank/initial-ranks.ts";
import { listwiseLoss } from "../goalrank/listwise-loss.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import { Embedding, EncoderBlock, LayerNorm, Linear, Module, stackBlocks } from "../nn/index.ts";
import { noGrad, type Random, type Tensor } from "../tensor/index.ts";
import { initialWeights, type Method, type MethodContext, sharedModel } from "./method.ts";
import type { PointwiseRanker } from "./pointwise-ranker.ts";
import { candidatePlaces } from "./scoring/initial-ranking.ts";
import { type AuxiliaryLearning, auxiliaryScoringMethod } from "./scoring/scoring-method.ts";

/** PRM (Pei et al. 2019): reranks the DNN's order by attention over all candidates. */
export class PersonalisedReranker extends Module implements ReadingScorer {
  private readonly encoder: CandidateEncoder;
  private readonly fromFeatures: Linear;
  private readonly fromPersonal: Linear;
  private readonly ranks: Embedding;
  private readonly blocks: EncoderBlock[];
  private readonly norm: LayerNorm;
  private readonly scorer: Linear;
  private readonly shownScorer: Linear | undefined;
  private readonly historyHead: Linear | undefined;
  /** Trained before, and not any more: kept out of this module's parameters. */
  private readonly personal: () => PointwiseRanker;

  /**
   * @param pointwise trained with the same width; gives the personalised vectors
   * @param ranking the initial ranking of the candidates, numbers from 0 to N - 1: i32 [B, N]
   */
  constructor(
    catalogue: Catalogue,
    pointwise: PointwiseRanker,
    options: Omit<ModelShape, "listLength" | "historyLength">,
    random: Random,
    private readonly ranking: (batch: RequestBatch) => Tensor = initialRanks,
    learning: AuxiliaryLearning = {},
  ) {
    super();
    const { width, candidateCount } = options;
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.fromFeatures = new Linear(width, width, random);
    this.fromPersonal = new Linear(width, width, random);
    this.ranks = new Embedding(candidateCount, width, random);
    this.blocks = stackBlocks(EncoderBlock, { ...options, stream: "PRM dropout" }, random);
    this.norm = new LayerNorm(width);
    this.scorer = new Linear(width, 1, random);
    this.shownScorer = learning.entireSpace ? new Linear(width, 1, random) : undefined;
    this.historyHead = learning.historyLoss ? new Linear(width, 1, random) : undefined;
    this.personal = () => pointwise;
  }

  /** Scores of the N candidates of B requests: [B, N]. */
  forward(batch: RequestBatch): Tensor {
    return jointLogits(this.read(batch));
  }

  read(batch: RequestBatch): CandidateReading {
    const personal = noGrad(() => this.personal().features(batch));
    const features = this.fromFeatures.forward(this.encoder.forward(batch));
    const placed = features.add(this.fromPersonal.forward(personal)).add(embedRanks(this.ranks, this.ranking(batch)));
    const hidden = this.blocks.reduce((x, block) => block.forward(x), placed);
    const normed = this.norm.forward(hidden);
    return {
      shown: this.shownScorer?.forward(normed).reshape(batch.items.shape),
      liked: this.scorer.forward(normed).reshape(batch.items.shape),
    };
  }

  historyLogits(batch: RequestBatch): Tensor | undefined {
    return historyLogits(this.historyHead, this.encoder, batch);
  }
}

export const PRM = prm("prm", "PRM", initialRanks);

/**
 * PRM that takes the order in which candidates come for the initial ranking. No row of the comparison: it shows what a
 * method makes of an order that tells what was exposed.
 */
export const PRM_AS_THEY_COME = prm("prm-as-they-come", "PRM on candidates as they come", candidatePlaces);

function prm(name: string, title: string, ranking: (batch: RequestBatch) => Tensor): Method {
  const createModel = (context: MethodContext, learning: AuxiliaryLearning) => {
    const pointwise = sharedModel(context, "pointwise");
    const weights = initialWeights(context, "PRM");
    return new PersonalisedReranker(context.catalogue, pointwise, context, weights, ranking, learning);
  };
  return auxiliaryScoringMethod(name, title, createModel, listwiseLoss, ["pointwise"]);
}
