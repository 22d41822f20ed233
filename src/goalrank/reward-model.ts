/**
 * The list-level reward model r(user, list) (section 3.3, appendix B): a Transformer over the L items of a list in
 * their order, with a head that gives the probability of positive feedback at each position. The list's reward is the
 * sum over positions, in expected positives.
 */
import { EncoderBlock, LayerNorm, Linear, Module, normal, parameter } from "../nn/index.ts";
import { noGrad, type Random, scope, type Tensor } from "../tensor/index.ts";
import { candidateBatch, type RequestBatch } from "./batch.ts";
import { CandidateEncoder } from "./candidate-encoder.ts";
import type { Catalogue, RequestColumns } from "./dataset.ts";

export interface RewardModelOptions {
  /** D */
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  /** L */
  readonly listLength: number;
  readonly dropoutRate: number;
  readonly seed: number;
}

export class RewardModel extends Module {
  private readonly encoder: CandidateEncoder;
  /** What marks each position: [L, D]. */
  private readonly positions: Tensor;
  private readonly blocks: EncoderBlock[];
  private readonly norm: LayerNorm;
  private readonly head: Linear;

  constructor(catalogue: Catalogue, options: RewardModelOptions, random: Random) {
    super();
    const { width, heads, layers, listLength, dropoutRate, seed } = options;
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.positions = parameter(normal([listLength, width], 0.1, random), [listLength, width]);
    this.blocks = Array.from({ length: layers }, (_, layer) => {
      const dropoutKey = { seed, stream: `reward model dropout ${layer}` };
      return new EncoderBlock({ width, heads, feedForward: 2 * width, dropoutRate, dropoutKey }, random);
    });
    this.norm = new LayerNorm(width);
    this.head = new Linear(width, 1, random);
  }

  /** Features of the items of a batch, each by itself: [B, K, D]. */
  encode(batch: RequestBatch): Tensor {
    return this.encoder.forward(batch);
  }

  /** Logits of positive feedback at each position of R lists, from their items' features [R, L, D]: [R, L]. */
  positionLogits(items: Tensor): Tensor {
    let hidden = items.add(this.positions);
    for (const block of this.blocks) hidden = block.forward(hidden);
    return this.head.forward(this.norm.forward(hidden)).reshape(items.shape.slice(0, -1));
  }

  /** Rewards of lists i32 [B, G, L] of candidate positions, given the candidates' features [B, N, D]: [B, G]. */
  rewards(features: Tensor, lists: Tensor): Tensor {
    const [requests, group, length] = lists.shape;
    const items = features.takeRows(lists.reshape([requests, group * length]));
    const logits = this.positionLogits(items.reshape([requests * group, length, features.shape[2]]));
    return logits.sigmoid().sum(1).reshape([requests, group]);
  }

  /** Rewards of lists [B, G, L] for the requests at `rows`, as numbers: nothing stays on the device. */
  async score(dataset: RequestColumns, rows: ArrayLike<number>, lists: Tensor): Promise<Float32Array> {
    using _ = scope();
    const rewards = noGrad(() => this.rewards(this.encode(candidateBatch(dataset, rows)), lists));
    return (await rewards.data()) as Float32Array;
  }
}
