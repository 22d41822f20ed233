/** The candidates of a request, each seen among all others: what generator, reward model and PRM read. */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import { EncoderBlock, LayerNorm, Module } from "../nn/index.ts";
import type { Random, Tensor } from "../tensor/index.ts";
import { CandidateEncoder } from "./candidate-encoder.ts";

/** Of a candidate memory. */
export interface CandidateMemoryOptions {
  /** D */
  readonly width: number;
  readonly heads: number;
  /** Transformer blocks over the N candidates. */
  readonly layers: number;
  readonly dropoutRate: number;
  readonly seed: number;
  /** Keys the dropout: unlike that of every other memory of a run. */
  readonly stream: string;
}

/** A Transformer encoder over the candidates, without positions: their order tells nothing (appendix D.2). */
export class CandidateMemory extends Module {
  readonly encoder: CandidateEncoder;
  private readonly blocks: EncoderBlock[];
  private readonly norm: LayerNorm;

  constructor(catalogue: Catalogue, options: CandidateMemoryOptions, random: Random) {
    super();
    const { width, heads, layers, dropoutRate, seed, stream } = options;
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.blocks = Array.from({ length: layers }, (_, layer) => {
      const dropoutKey = { seed, stream: `${stream} dropout ${layer}` };
      return new EncoderBlock({ width, heads, feedForward: 2 * width, dropoutRate, dropoutKey }, random);
    });
    this.norm = new LayerNorm(width);
  }

  /** N candidates of each of B requests -> [B, N, D]. */
  forward(batch: RequestBatch): Tensor {
    const encoded = this.encoder.forward(batch);
    return this.norm.forward(this.blocks.reduce((hidden, block) => block.forward(hidden), encoded));
  }
}
