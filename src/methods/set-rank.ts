/**
 * SetRank (Pang et al. 2020), which GoalRank's paper names PRS: self-attention over the candidates as a set, so that
 * their order changes nothing but the order of the scores.
 *
 *   x_n = W [candidate features] + embedding of n's initial rank
 *   block(q, x) = LN(a + FFN(a)), a = LN(q + attention(q, x)); layers of block(x, x)
 *   score = linear(x), trained with the attention loss
 *
 * The induced variant attends through m = 20 learned rows I, in time N m instead of N^2: block(x, block(I, x)).
 *
 * Ours: candidate features are those of all methods, which hold the user and the retriever's score; feed-forward layers
 * are as wide as in the other methods, 2 D; equal initial scores share a rank, so that no order is made up.
 */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import { CandidateEncoder } from "../goalrank/candidate-encoder.ts";
import { type CandidateReading, historyLogits, jointLogits, type ReadingScorer } from "../goalrank/candidate-heads.ts";
import { embedRanks, initialRanks } from "../goalrank/initial-ranks.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import {
  Dropout,
  Embedding,
  LayerNorm,
  Linear,
  MLP,
  Module,
  MultiHeadAttention,
  normal,
  parameter,
  type TransformerOptions,
} from "../nn/index.ts";
import type { Random, Tensor } from "../tensor/index.ts";
import { initialWeights, type Method, type MethodContext } from "./method.ts";
import { type AuxiliaryLearning, attentionLoss, auxiliaryScoringMethod } from "./scoring/scoring-method.ts";

/** Learned rows of the induced variant. */
const INDUCED_ROWS = 20;

export interface SetRankOptions extends Omit<ModelShape, "listLength" | "historyLength"> {
  /** Learned rows that the candidates attend through: m; without a number they attend to each other. */
  readonly inducedRows?: number | undefined;
}

/** Attention and a feed-forward network, each normalised after it is added. */
class SetBlock extends Module {
  private readonly attention: MultiHeadAttention;
  private readonly attentionNorm: LayerNorm;
  private readonly feedForward: MLP;
  private readonly feedForwardNorm: LayerNorm;
  private readonly dropout: Dropout;

  constructor({ width, heads, feedForward, dropoutRate, dropoutKey }: TransformerOptions, random: Random) {
    super();
    this.attention = new MultiHeadAttention(width, heads, random);
    this.attentionNorm = new LayerNorm(width);
    this.feedForward = new MLP([width, feedForward, width], random);
    this.feedForwardNorm = new LayerNorm(width);
    this.dropout = new Dropout(dropoutRate, dropoutKey);
  }

  /** Queries [B, Q, D] read rows [B, K, D] -> [B, Q, D]. */
  forward(queries: Tensor, rows: Tensor): Tensor {
    const seen = this.attention.attend(queries, this.attention.project(rows));
    const attended = this.attentionNorm.forward(queries.add(this.dropout.forward(seen)));
    const transformed = this.dropout.forward(this.feedForward.forward(attended));
    return this.feedForwardNorm.forward(attended.add(transformed));
  }
}

/** The candidates read each other through m learned rows. */
class InducedBlock extends Module {
  /** I: [m, D] */
  private readonly learnedRows: Tensor;
  private readonly gather: SetBlock;
  private readonly spread: SetBlock;

  constructor(options: TransformerOptions, inducedRows: number, random: Random) {
    super();
    const shape = [inducedRows, options.width];
    this.learnedRows = parameter(normal(shape, 1, random), shape);
    const { seed, stream } = options.dropoutKey;
    const keyed = (part: string) => ({ ...options, dropoutKey: { seed, stream: `${stream} ${part}` } });
    this.gather = new SetBlock(keyed("gather"), random);
    this.spread = new SetBlock(keyed("spread"), random);
  }

  forward(rows: Tensor): Tensor {
    const [count, width] = this.learnedRows.shape;
    const learned = this.learnedRows.reshape([1, count, width]).broadcastTo([rows.shape[0], count, width]);
    return this.spread.forward(rows, this.gather.forward(learned, rows));
  }
}

export class SetRank extends Module implements ReadingScorer {
  private readonly encoder: CandidateEncoder;
  private readonly fromFeatures: Linear;
  private readonly ranks: Embedding;
  private readonly blocks: (SetBlock | InducedBlock)[];
  private readonly scorer: Linear;
  private readonly shownScorer: Linear | undefined;
  private readonly historyHead: Linear | undefined;

  constructor(catalogue: Catalogue, options: SetRankOptions, random: Random, learning: AuxiliaryLearning = {}) {
    super();
    const { width, heads, layers, candidateCount, inducedRows, dropoutRate, seed } = options;
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.fromFeatures = new Linear(width, width, random);
    this.ranks = new Embedding(candidateCount, width, random);
    this.blocks = Array.from({ length: layers }, (_, layer) => {
      const dropoutKey = { seed, stream: `SetRank dropout ${layer}` };
      const shape = { width, heads, feedForward: 2 * width, dropoutRate, dropoutKey };
      return inducedRows === undefined ? new SetBlock(shape, random) : new InducedBlock(shape, inducedRows, random);
    });
    this.scorer = new Linear(width, 1, random);
    this.shownScorer = learning.entireSpace ? new Linear(width, 1, random) : undefined;
    this.historyHead = learning.historyLoss ? new Linear(width, 1, random) : undefined;
  }

  /** Scores of the N candidates of B requests: [B, N]. */
  forward(batch: RequestBatch): Tensor {
    return jointLogits(this.read(batch));
  }

  read(batch: RequestBatch): CandidateReading {
    const features = this.fromFeatures.forward(this.encoder.forward(batch));
    const placed = features.add(embedRanks(this.ranks, initialRanks(batch)));
    const hidden = this.blocks.reduce((rows, block) => block.forward(rows, rows), placed);
    return {
      shown: this.shownScorer?.forward(hidden).reshape(batch.items.shape),
      liked: this.scorer.forward(hidden).reshape(batch.items.shape),
    };
  }

  historyLogits(batch: RequestBatch): Tensor | undefined {
    return historyLogits(this.historyHead, this.encoder, batch);
  }
}

function setRankMethod(name: string, title: string, inducedRows?: number): Method {
  const createModel = (context: MethodContext, learning: AuxiliaryLearning) =>
    new SetRank(context.catalogue, { ...context, inducedRows }, initialWeights(context, name), learning);
  return auxiliaryScoringMethod(name, title, createModel, attentionLoss);
}

export const SET_RANK = setRankMethod("set-rank", "PRS (SetRank)");

export const SET_RANK_INDUCED = setRankMethod("set-rank-induced", "PRS (SetRank, induced)", INDUCED_ROWS);
