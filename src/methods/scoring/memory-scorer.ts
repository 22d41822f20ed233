/** The plainest scorer that sees all candidates of a request together. */
import type { RequestBatch } from "../../data/batch.ts";
import type { Catalogue } from "../../data/dataset.ts";
import { CandidateMemory } from "../../goalrank/candidate-memory.ts";
import type { CandidateScorer } from "../../goalrank/judge.ts";
import { type BlockStack, Linear, Module } from "../../nn/index.ts";
import type { Random, Tensor } from "../../tensor/index.ts";

/** score_n = linear(m_n) of the encoded candidates m. */
export class MemoryScorer extends Module implements CandidateScorer {
  readonly memory: CandidateMemory;
  private readonly head: Linear;

  constructor(catalogue: Catalogue, options: BlockStack, random: Random) {
    super();
    this.memory = new CandidateMemory(catalogue, options, random);
    this.head = new Linear(options.width, 1, random);
  }

  /** Scores of the N candidates of B requests: [B, N]. */
  forward(batch: RequestBatch): Tensor {
    return this.score(this.memory.forward(batch));
  }

  /** Scores of encoded candidates: [B, N, D] -> [B, N]. */
  score(rows: Tensor): Tensor {
    return this.head.forward(rows).reshape(rows.shape.slice(0, 2));
  }
}
