/**
 * The judge of a log whose lists have no effects of their own (ours): it scores every candidate in the light of all the
 * others, and a list is worth what its items are, discounted by position.
 *
 *   m = LN(blocks(candidate encoder + E_rank[initial rank]))                          [B, N, D]
 *   p = sigmoid(e) sigmoid(l), e and l linear in m: shown, and liked given shown      [B, N]
 *   r(list) = sum over positions t from 1 of p(item_t) / log2(t + 1)
 *
 * It learns in the entire space of candidates, after ESMM (Ma et al. 2018), and from the feedback on the items of the
 * history, which say what an item is worth by itself: see `scoringTask`. Where every candidate was shown, or labels tell of
 * those that were not, there is nothing to learn of what is shown, and p = sigmoid(l).
 */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import { Linear, Module } from "../nn/index.ts";
import type { Random, Tensor } from "../tensor/index.ts";
import { CandidateHeads, type CandidateReading, historyLogits, type ReadingScorer } from "./candidate-heads.ts";
import { CandidateMemory } from "./candidate-memory.ts";
import { discountedRewards, type ListJudge } from "./judge.ts";
import type { ModelShape, ModelStream } from "./model-shape.ts";

/** Of a {@link ContextualJudge}. */
export type ContextualJudgeOptions = Omit<ModelShape, "listLength" | "residual" | "judgeStart"> & ModelStream;

/** Scores candidates among all others, and judges lists by the sum of their items, discounted by position. */
export class ContextualJudge extends Module implements ReadingScorer, ListJudge {
  /** GoalRank's generator may start from it, as may other encoders of candidates. */
  readonly memory: CandidateMemory;
  readonly heads: CandidateHeads;
  private readonly historyHead: Linear | undefined;

  constructor(catalogue: Catalogue, options: ContextualJudgeOptions, random: Random) {
    super();
    const { width, candidateCount, historyLength, entireSpace = false, stream } = options;
    const below = { ...options, ranks: candidateCount, stream: `${stream} context` };
    this.memory = new CandidateMemory(catalogue, below, random);
    this.heads = new CandidateHeads(width, entireSpace, random);
    this.historyHead = historyLength > 0 ? new Linear(width, 1, random) : undefined;
  }

  read(batch: RequestBatch): CandidateReading {
    return this.heads.read(this.memory.forward(batch));
  }

  /** Logits e of being shown: [B, N]; undefined where nothing was to be learned of that. */
  shownLogits(batch: RequestBatch): Tensor | undefined {
    return this.read(batch).shown;
  }

  /** Logits l of being liked once shown: [B, N]. */
  likedLogits(batch: RequestBatch): Tensor {
    return this.read(batch).liked;
  }

  /** Logits of p, of being shown and liked: [B, N]. */
  forward(batch: RequestBatch): Tensor {
    return this.heads.forward(this.memory.forward(batch));
  }

  historyLogits(batch: RequestBatch): Tensor | undefined {
    return historyLogits(this.historyHead, this.memory.encoder, batch);
  }

  candidateLogits(batch: RequestBatch): Tensor {
    return this.forward(batch);
  }

  rewards(batch: RequestBatch, lists: Tensor): Tensor {
    return this.positionRewards(batch, lists).sum(2);
  }

  positionRewards(batch: RequestBatch, lists: Tensor): Tensor {
    return discountedRewards(this.forward(batch).sigmoid(), lists);
  }
}
