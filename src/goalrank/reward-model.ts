/**
 * The list-level reward model r(user, list) (section 3.3, appendix B): a Transformer over the L items of a list in
 * their order, which may have seen each other and all candidates before. Two heads read it: the probability of positive
 * feedback at each position, and the list's reward as a whole.
 */
import { listBatch, type RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import { causalMask, EncoderBlock, LayerNorm, Linear, Module, normal, parameter, stackBlocks } from "../nn/index.ts";
import { outsideScopes, type Random, type Tensor, tensor } from "../tensor/index.ts";
import { CandidateEncoder, itemsOf } from "./candidate-encoder.ts";
import { CandidateMemory } from "./candidate-memory.ts";
import type { ListJudge } from "./judge.ts";
import type { ModelShape, ModelStream } from "./model-shape.ts";

/** Which head gives the reward: the sum of the positions' probabilities, or the list's own. */
export const REWARD_HEADS = ["positions", "total"] as const;
/** One of {@link REWARD_HEADS}. */
export type RewardHead = (typeof REWARD_HEADS)[number];

/** Of a {@link RewardModel}. */
export interface RewardModelOptions extends Omit<ModelShape, "candidateCount" | "historyLength">, ModelStream {
  /** Blocks over all candidates, which the list's items come out of; 0: every item is encoded by itself. */
  readonly contextLayers: number;
  /**
   * `top-down`: feedback at a position depends on the items above it, as when people read from the top. `whole-list`:
   * on all items.
   */
  readonly reading: "top-down" | "whole-list";
  readonly head: RewardHead;
}

/** What the model says of R lists. */
export interface ListReading {
  /** Logits of positive feedback at each position: [R, L]. */
  readonly positionLogits: Tensor;
  /** Positives of the whole list, by its own head: [R]. */
  readonly totals: Tensor;
}

/** Lists as they are read while training, with what the memory says of all candidates. */
export interface TrainingReading extends ListReading {
  /** Logits of positive feedback on each candidate of each request: [B, N]; undefined without a memory. */
  readonly candidateLogits: Tensor | undefined;
}

/** Predicts the reward of a whole list (section 3.3 and appendix B). */
export class RewardModel extends Module implements ListJudge {
  /** Encodes candidates: each by itself, or among all. */
  private readonly candidates: CandidateEncoder | CandidateMemory;
  /** What marks each position: [L, D]. */
  private readonly positions: Tensor;
  private readonly blocks: EncoderBlock[];
  private readonly norm: LayerNorm;
  /** Which positions each position of the longest lists sees: i32 [L, L]; undefined for all. */
  private readonly visible: Tensor | undefined;
  private readonly positionHead: Linear;
  private readonly totalHead: Linear;
  /** Reads the memory, so that every candidate teaches it something, and not only those in a list. */
  private readonly candidateHead: Linear | undefined;

  constructor(
    catalogue: Catalogue,
    private readonly options: RewardModelOptions,
    random: Random,
  ) {
    super();
    const { width, contextLayers, listLength, reading, stream } = options;
    const context = { ...options, layers: contextLayers, stream: `${stream} context` };
    this.candidates =
      contextLayers === 0
        ? new CandidateEncoder(catalogue, width, random)
        : new CandidateMemory(catalogue, context, random);
    this.positions = parameter(normal([listLength, width], 0.1, random), [listLength, width]);
    this.blocks = stackBlocks(EncoderBlock, { ...options, stream: `${stream} dropout` }, random);
    this.norm = new LayerNorm(width);
    this.visible = reading === "top-down" ? outsideScopes(() => causalMask(listLength)) : undefined;
    this.positionHead = new Linear(width, 1, random);
    this.totalHead = new Linear(width, 1, random);
    this.candidateHead = contextLayers === 0 ? undefined : new Linear(width, 1, random);
  }

  /** What encodes users and items; another model of the same width may start from it. */
  get encoder(): CandidateEncoder {
    return this.candidates instanceof CandidateMemory ? this.candidates.encoder : this.candidates;
  }

  /** What sees all candidates together; undefined where items are encoded by themselves. */
  get memory(): CandidateMemory | undefined {
    return this.candidates instanceof CandidateMemory ? this.candidates : undefined;
  }

  rewards(batch: RequestBatch, lists: Tensor): Tensor {
    const reading = this.read(itemsOf(this.candidates.forward(batch), lists));
    return this.rewardsOf(reading).reshape(lists.shape.slice(0, 2));
  }

  /** The probability of positive feedback at each position; undefined where the list's own head gives the reward. */
  positionRewards(batch: RequestBatch, lists: Tensor): Tensor | undefined {
    if (this.options.head === "total") return undefined;
    const { positionLogits } = this.read(itemsOf(this.candidates.forward(batch), lists));
    return positionLogits.sigmoid().reshape(lists.shape);
  }

  /**
   * Reads G lists of each request.
   * @param lists candidate positions [B, G, length], flat
   * @param length of these lists; L unless given
   */
  readLists(batch: RequestBatch, lists: Int32Array, length = this.options.listLength): TrainingReading {
    if (this.candidateHead === undefined) {
      // Items that are encoded by themselves need no encoding of the candidates outside the lists.
      const items = this.candidates.forward(listBatch(batch, lists));
      const reading = this.read(items.reshape([lists.length / length, length, -1]));
      return { ...reading, candidateLogits: undefined };
    }
    const memory = this.candidates.forward(batch);
    const indices = tensor(lists, [batch.size, lists.length / (batch.size * length), length]);
    const candidateLogits = this.candidateHead.forward(memory).reshape(memory.shape.slice(0, 2));
    return { ...this.read(itemsOf(memory, indices)), candidateLogits };
  }

  /** The reward of each of R lists by the chosen head: [R]. */
  rewardsOf({ positionLogits, totals }: ListReading): Tensor {
    return this.options.head === "total" ? totals : positionLogits.sigmoid().sum(1);
  }

  /** Items of R lists of at most L, encoded: [R, length, D]. */
  private read(items: Tensor): ListReading {
    const [, length] = items.shape;
    const isShort = length < this.options.listLength;
    const visible = this.visible && (isShort ? causalMask(length) : this.visible);
    let hidden = items.add(isShort ? this.positions.slice(0, 0, length) : this.positions);
    for (const block of this.blocks) hidden = block.forward(hidden, visible);
    const normed = this.norm.forward(hidden);
    const summary = normed.mean(1);
    // A head that only reports learns from what the other one shaped.
    const whole = this.options.head === "total" ? summary : summary.detach();
    return {
      positionLogits: this.positionHead.forward(normed).reshape(items.shape.slice(0, -1)),
      totals: this.totalHead.forward(whole).reshape([items.shape[0]]),
    };
  }
}
