/** The candidates of a request, each seen among all others: what generator, reward model and PRM read. */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import { type BlockStack, EncoderBlock, LayerNorm, Module, stackBlocks } from "../nn/index.ts";
import type { Random, Tensor } from "../tensor/index.ts";
import { CandidateEncoder } from "./candidate-encoder.ts";

/** A Transformer encoder over the candidates, without positions: their order tells nothing (appendix D.2). */
export class CandidateMemory extends Module {
  readonly encoder: CandidateEncoder;
  private readonly blocks: EncoderBlock[];
  private readonly norm: LayerNorm;

  /** @param options of the Transformer blocks over the N candidates */
  constructor(catalogue: Catalogue, options: BlockStack, random: Random) {
    super();
    const { width, stream } = options;
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.blocks = stackBlocks(EncoderBlock, { ...options, stream: `${stream} dropout` }, random);
    this.norm = new LayerNorm(width);
  }

  /** N candidates of each of B requests -> [B, N, D]. */
  forward(batch: RequestBatch): Tensor {
    const encoded = this.encoder.forward(batch);
    return this.norm.forward(this.blocks.reduce((hidden, block) => block.forward(hidden), encoded));
  }
}
