/**
 * The list-level reward model r(user, list) (section 3.3, appendix B): a Transformer over the L items of a list in
 * their order, with a head that gives the probability of positive feedback at each position. The list's reward is the
 * sum over positions, in expected positives.
 */
import { causalMask, EncoderBlock, LayerNorm, Linear, Module, normal, parameter } from "../nn/index.ts";
import { noGrad, outsideScopes, type Random, scope, type Tensor } from "../tensor/index.ts";
import { listBatch, type RequestBatch } from "./batch.ts";
import { CandidateEncoder } from "./candidate-encoder.ts";
import type { Catalogue, RequestColumns } from "./dataset.ts";

export interface RewardModelOptions {
  /** D */
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  /** L */
  readonly listLength: number;
  /**
   * `top-down`: feedback at a position depends on the items above it, as when people read from the top. `whole-list`:
   * on all items.
   */
  readonly reading: "top-down" | "whole-list";
  readonly dropoutRate: number;
  readonly seed: number;
}

export class RewardModel extends Module {
  readonly encoder: CandidateEncoder;
  /** What marks each position: [L, D]. */
  private readonly positions: Tensor;
  private readonly blocks: EncoderBlock[];
  private readonly norm: LayerNorm;
  /** Which positions each position sees: i32 [L, L]; undefined for all. */
  private readonly visible: Tensor | undefined;
  private readonly head: Linear;

  constructor(catalogue: Catalogue, options: RewardModelOptions, random: Random) {
    super();
    const { width, heads, layers, listLength, reading, dropoutRate, seed } = options;
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.positions = parameter(normal([listLength, width], 0.1, random), [listLength, width]);
    this.blocks = Array.from({ length: layers }, (_, layer) => {
      const dropoutKey = { seed, stream: `reward model dropout ${layer}` };
      return new EncoderBlock({ width, heads, feedForward: 2 * width, dropoutRate, dropoutKey }, random);
    });
    this.norm = new LayerNorm(width);
    this.visible = reading === "top-down" ? outsideScopes(() => causalMask(listLength)) : undefined;
    this.head = new Linear(width, 1, random);
  }

  /** Features of the items of a batch, each by itself: [B, K, D]. */
  encode(batch: RequestBatch): Tensor {
    return this.encoder.forward(batch);
  }

  /** Logits of positive feedback at each position of R lists, from their items' features [R, L, D]: [R, L]. */
  positionLogits(items: Tensor): Tensor {
    let hidden = items.add(this.positions);
    for (const block of this.blocks) hidden = block.forward(hidden, this.visible);
    return this.head.forward(this.norm.forward(hidden)).reshape(items.shape.slice(0, -1));
  }

  /** Rewards of lists i32 [B, G, L] of candidate positions, given the candidates' features [B, N, D]: [B, G]. */
  rewards(features: Tensor, lists: Tensor): Tensor {
    const [requests, group, length] = lists.shape;
    const items = features.takeRows(lists.reshape([requests, group * length]));
    const logits = this.positionLogits(items.reshape([requests * group, length, features.shape[2]]));
    return logits.sigmoid().sum(1).reshape([requests, group]);
  }

  /** Rewards of one list [B, L] for each of the requests at `rows`, as numbers: nothing stays on the device. */
  async score(dataset: RequestColumns, rows: ArrayLike<number>, lists: Int32Array): Promise<Float32Array> {
    using _ = scope();
    const logits = noGrad(() => this.positionLogits(this.encode(listBatch(dataset, rows, lists))));
    return (await logits.sigmoid().sum(1).data()) as Float32Array;
  }
}
