/** The candidates of a request, each seen among all others: what generator, judges and PRM read. */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import { type BlockStack, Embedding, EncoderBlock, LayerNorm, Module, stackBlocks } from "../nn/index.ts";
import type { Random, Tensor } from "../tensor/index.ts";
import { CandidateEncoder } from "./candidate-encoder.ts";
import { embedRanks, initialRanks } from "./initial-ranks.ts";

/** Of a {@link CandidateMemory}: of the Transformer blocks over the N candidates. */
export interface CandidateMemoryOptions extends BlockStack {
  /** Initial ranks that are told apart, as many as candidates (ours); without a number ranks tell nothing. */
  readonly ranks?: number | undefined;
}

/** A Transformer encoder over the candidates, without positions: their order tells nothing (appendix D.2). */
export class CandidateMemory extends Module {
  readonly encoder: CandidateEncoder;
  /** What marks each initial rank: [N, D]. */
  private readonly ranks: Embedding | undefined;
  private readonly blocks: EncoderBlock[];
  private readonly norm: LayerNorm;

  constructor(catalogue: Catalogue, options: CandidateMemoryOptions, random: Random) {
    super();
    const { width, stream, ranks } = options;
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.ranks = ranks === undefined ? undefined : new Embedding(ranks, width, random);
    this.blocks = stackBlocks(EncoderBlock, { ...options, stream: `${stream} dropout` }, random);
    this.norm = new LayerNorm(width);
  }

  /** N candidates of each of B requests -> [B, N, D]. */
  forward(batch: RequestBatch): Tensor {
    const encoded = this.encoder.forward(batch);
    const placed = this.ranks === undefined ? encoded : encoded.add(embedRanks(this.ranks, initialRanks(batch)));
    return this.norm.forward(this.blocks.reduce((hidden, block) => block.forward(hidden), placed));
  }
}
