/**
 * PIER's model (Shi et al. 2023): OCPM, the omnidirectional context-aware prediction module, which says what each position
 * of a list will earn, and the user's earlier lists, which it shares with FPSM (`sim-hash.ts`).
 *
 *   x_t = features of the item at position t + position embedding             [L, D]
 *   z   = self-attention over the items x, of all to all                      [L, D]
 *   o   = W [z_0; ...; z_{L-1}], the list                                     [D]
 *   u   = sum_e softmax_e(o . o_e / sqrt(D)) o_e, over the earlier lists e    [D], zeros where there is none
 *   p_t = sigmoid(MLP [o; u; z_t; x_t]), and the list's reward is sum_t p_t
 *
 * The earlier lists are the history, cut from its end into lists of L, as far as they are whole and got positive
 * feedback; from the newest they count 1/2, 1/2, 1/3, 1/3, 1/4, ... in FPSM, whose signatures have D bits.
 *
 * Ours: items are one vector each, where the published features are attended to field by field; position embeddings;
 * items of earlier lists and those that are hashed are read without the retriever's score, which the history lacks.
 */
import type { RequestBatch } from "../../data/batch.ts";
import type { Catalogue } from "../../data/dataset.ts";
import { CandidateEncoder, itemsOf } from "../../goalrank/candidate-encoder.ts";
import type { ListJudge } from "../../goalrank/judge.ts";
import type { ModelShape } from "../../goalrank/model-shape.ts";
import { EncoderBlock, LayerNorm, Linear, MLP, Module, normal, parameter, stackBlocks } from "../../nn/index.ts";
import { attention, concat, full, outsideScopes, Random, type Tensor, tensor, zeros } from "../../tensor/index.ts";
import type { Permutation } from "./permutations.ts";
import { hammingDistances } from "./sim-hash.ts";

/** Lists that a user was shown before, E of them. */
interface EarlierLists {
  /** Their items, encoded: [B, E, L, D]. */
  readonly items: Tensor;
  /** 0 for a list that does not count: [B, E]. */
  readonly weights: Tensor;
}

export class PermutationInterest extends Module implements ListJudge {
  private readonly encoder: CandidateEncoder;
  /** [L, D] */
  private readonly positions: Tensor;
  private readonly blocks: EncoderBlock[];
  private readonly norm: LayerNorm;
  private readonly whole: Linear;
  private readonly head: MLP;
  /** The hyperplanes of SimHash, which are not trained: [D, D]. */
  private readonly planes: Tensor;

  constructor(
    catalogue: Catalogue,
    private readonly options: Omit<ModelShape, "candidateCount" | "historyLength">,
    random: Random,
  ) {
    super();
    const { width, listLength } = options;
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.positions = parameter(normal([listLength, width], 0.1, random), [listLength, width]);
    this.blocks = stackBlocks(EncoderBlock, { ...options, stream: "pier dropout" }, random);
    this.norm = new LayerNorm(width);
    this.whole = new Linear(listLength * width, width, random);
    this.head = new MLP([4 * width, width, 1], random);
    // Drawn by themselves: a ranker's file does not hold them, and a catalogue with one item more has other weights before.
    const planes = normal([width, width], 1, new Random({ seed: options.seed, stream: "pier planes", step: 0 }));
    this.planes = outsideScopes(() => tensor(planes, [width, width]));
  }

  /** Logits of positive feedback at each position of lists i32 [B, G, L] of candidate positions: [B, G, L]. */
  forward(batch: RequestBatch, lists: Tensor): Tensor {
    const [requests, group] = lists.shape;
    const { placed, seen, whole } = this.readLists(itemsOf(this.encoder.forward(batch), lists));
    const own = whole.reshape([requests, group, -1]);
    const spread = (vector: Tensor) => vector.reshape([requests * group, 1, -1]).broadcastTo(placed.shape);
    const interest = this.interest(batch, own);
    return this.head.forward(concat([spread(own), spread(interest), seen, placed], 2)).reshape(lists.shape);
  }

  /** Positives that are expected of each list: [B, G]. */
  rewards(batch: RequestBatch, lists: Tensor): Tensor {
    return this.forward(batch, lists).sigmoid().sum(2);
  }

  /**
   * Distances of all orders of a list to the user's earlier lists: [B, P]; undefined for data without a history.
   * @param lists candidate positions i32 [B, L]
   */
  distances(batch: RequestBatch, lists: Tensor, permutations: readonly Permutation[]): Tensor | undefined {
    const earlier = this.earlierLists(batch);
    if (earlier === undefined) return undefined;
    const items = this.encodeWithoutScores(batch, batch.items).takeRows(lists);
    const { items: past, weights } = earlier;
    return hammingDistances({ items, earlier: past, weights, planes: this.planes }, permutations);
  }

  /** Items of R lists, encoded [R, length, D] -> x and z, both of that shape, and o [R, D]. */
  private readLists(items: Tensor): { placed: Tensor; seen: Tensor; whole: Tensor } {
    const [lists, length, width] = items.shape;
    const missing = this.options.listLength - length;
    const placed = items.add(missing === 0 ? this.positions : this.positions.slice(0, 0, length));
    const seen = this.norm.forward(this.blocks.reduce((hidden, block) => block.forward(hidden), placed));
    // z is 0 at the positions that a shorter list does not have.
    const all = missing === 0 ? seen : concat([seen, zeros([lists, missing, width], seen)], 1);
    return { placed, seen, whole: this.whole.forward(all.reshape([lists, -1])) };
  }

  /** u of each list o [B, G, D]: [B, G, D]. */
  private interest(batch: RequestBatch, own: Tensor): Tensor {
    const earlier = this.earlierLists(batch);
    if (earlier === undefined) return zeros(own.shape, own);
    const { items, weights } = earlier;
    const [requests, count, length, width] = items.shape;
    const { whole } = this.readLists(items.reshape([requests * count, length, width]));
    const past = whole.reshape([requests, count, width]);
    const counts = weights.greater(full([1], 0, weights)).reshape([requests, 1, count]);
    return attention(own, past, past, 1, counts);
  }

  private earlierLists(batch: RequestBatch): EarlierLists | undefined {
    const { size, history, historyWeights } = batch;
    const { listLength: length, width } = this.options;
    const met = history === undefined ? 0 : history.shape[1];
    const count = Math.floor(met / length);
    if (history === undefined || historyWeights === undefined || count === 0) return undefined;
    const first = met - count * length;
    /** How many items of each list have a weight: [B, 1, H] -> [B, E]. */
    const countItems = (weights: Tensor) => {
      const hasWeight = weights.greater(full([1], 0, weights)).cast(weights.dtype);
      return hasWeight.slice(2, first).reshape([size, count, length]).sum(2);
    };
    const exceeds = (items: Tensor, bound: number) => items.greater(full([1], bound, items)).cast(items.dtype);
    const isWhole = exceeds(countItems(historyWeights.sum(1, true)), length - 1);
    const isLiked = exceeds(countItems(historyWeights.slice(1, 0, 1)), 0);
    const recency = Array.from({ length: count }, (_, e) => 1 / (2 + Math.floor((count - 1 - e) / 2)));
    // What a request brings along is of its candidates.
    const observed = batch.observed && { ...batch.observed, items: undefined };
    const items = this.encodeWithoutScores({ ...batch, ...(observed && { observed }) }, history.slice(1, first));
    return {
      items: items.reshape([size, count, length, width]),
      weights: isWhole.mul(isLiked).mul(tensor(recency, [count])),
    };
  }

  /** Items i32 [B, K] with their users, as if the retriever had scored all of them 0, and by nothing else: [B, K, D]. */
  private encodeWithoutScores(batch: RequestBatch, items: Tensor): Tensor {
    const retrieverScores = zeros([...items.shape, 1], batch.retrieverScores);
    return this.encoder.forward({ ...batch, items, retrieverScores, candidateFeatures: undefined });
  }
}
