/** Transformer blocks (Vaswani et al. 2017) with pre-normalisation (Xiong et al. 2020). */
import type { Activation, Random, Tensor } from "../tensor/index.ts";
import { attention, concat, defaultRandom, tensor } from "../tensor/index.ts";
import { Dropout, type DropoutKey, LayerNorm, Linear, MLP } from "./layers.ts";
import { Module } from "./module.ts";

/** Of a block of a Transformer. */
export interface TransformerOptions {
  /** Width D of the rows. */
  readonly width: number;
  /** Divides the width. */
  readonly heads: number;
  /** Width of the hidden layer of the feed-forward network. */
  readonly feedForward: number;
  /** Probability of dropping an element of each sublayer's output */
  readonly dropoutRate: number;
  readonly dropoutKey: DropoutKey;
  readonly activation?: Activation;
}

/** Projected keys and values [..., K, D], computed once and attended to many times. */
export interface KeyValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** One more position of keys and values after those of `past`. */
export function appendKeyValues(past: KeyValues | undefined, next: KeyValues): KeyValues {
  if (past === undefined) return next;
  return { keys: concat([past.keys, next.keys], -2), values: concat([past.values, next.values], -2) };
}

/** Which positions each position sees, itself and those before it: i32 [length, length]. */
export function causalMask(length: number): Tensor {
  const isVisible = (at: number) => at % length <= Math.floor(at / length);
  const mask = Int32Array.from({ length: length ** 2 }, (_, at) => Number(isVisible(at)));
  return tensor(mask, [length, length]);
}

/** Multi-head attention of queries x [..., Q, D] over rows [..., K, D]. */
export class MultiHeadAttention extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;

  constructor(
    width: number,
    private readonly heads: number,
    random = defaultRandom(),
  ) {
    super();
    this.query = new Linear(width, width, random);
    this.key = new Linear(width, width, random);
    this.value = new Linear(width, width, random);
    this.output = new Linear(width, width, random);
  }

  project(rows: Tensor): KeyValues {
    return { keys: this.key.forward(rows), values: this.value.forward(rows) };
  }

  /** @param mask i32, 1 where a query may see a key; broadcasts to [..., Q, K] */
  attend(x: Tensor, { keys, values }: KeyValues, mask?: Tensor): Tensor {
    return this.output.forward(attention(this.query.forward(x), keys, values, this.heads, mask));
  }
}

/** x + attention(norm(x)), then x + feed-forward(norm(x)): [..., N, D] -> [..., N, D]. */
export class EncoderBlock extends Module {
  readonly attentionNorm: LayerNorm;
  readonly attention: MultiHeadAttention;
  readonly feedForwardNorm: LayerNorm;
  readonly feedForward: MLP;
  readonly dropout: Dropout;

  constructor(options: TransformerOptions, random = defaultRandom()) {
    super();
    const { width, heads, feedForward, activation, dropoutRate, dropoutKey } = options;
    this.attentionNorm = new LayerNorm(width);
    this.attention = new MultiHeadAttention(width, heads, random);
    this.feedForwardNorm = new LayerNorm(width);
    this.feedForward = new MLP([width, feedForward, width], random, activation);
    this.dropout = new Dropout(dropoutRate, dropoutKey);
  }

  forward(x: Tensor, mask?: Tensor): Tensor {
    const normed = this.attentionNorm.forward(x);
    const seen = this.attention.attend(normed, this.attention.project(normed), mask);
    const attended = x.add(this.dropout.forward(seen));
    const transformed = this.feedForward.forward(this.feedForwardNorm.forward(attended));
    return attended.add(this.dropout.forward(transformed));
  }
}

/** Self-attention over the positions so far, cross-attention to a memory, feed-forward: [..., Q, D] -> [..., Q, D]. */
export class DecoderBlock extends Module {
  readonly selfNorm: LayerNorm;
  readonly selfAttention: MultiHeadAttention;
  readonly crossNorm: LayerNorm;
  readonly crossAttention: MultiHeadAttention;
  readonly feedForwardNorm: LayerNorm;
  readonly feedForward: MLP;
  readonly dropout: Dropout;

  constructor(options: TransformerOptions, random = defaultRandom()) {
    super();
    const { width, heads, feedForward, activation, dropoutRate, dropoutKey } = options;
    this.selfNorm = new LayerNorm(width);
    this.selfAttention = new MultiHeadAttention(width, heads, random);
    this.crossNorm = new LayerNorm(width);
    this.crossAttention = new MultiHeadAttention(width, heads, random);
    this.feedForwardNorm = new LayerNorm(width);
    this.feedForward = new MLP([width, feedForward, width], random, activation);
    this.dropout = new Dropout(dropoutRate, dropoutKey);
  }

  /** Keys and values of the memory rows [..., K, D], for `forward`. */
  projectMemory(memory: Tensor): KeyValues {
    return this.crossAttention.project(memory);
  }

  /**
   * @param x the positions to compute: [B, Q, D]
   * @param past keys and values of the positions before x; undefined when x holds all positions
   * @param selfMask i32 to [B, Q, past + Q]: which positions each may see
   * @param memory from `projectMemory`: [M, K, D]; the B sequences are B / M in a row for each memory
   * @returns the block's output [B, Q, D], and the keys and values including those of x
   */
  forward(
    x: Tensor,
    memory: KeyValues,
    past: KeyValues | undefined,
    selfMask: Tensor | undefined,
  ): { output: Tensor; keyValues: KeyValues } {
    const normed = this.selfNorm.forward(x);
    const keyValues = appendKeyValues(past, this.selfAttention.project(normed));
    const own = x.add(this.dropout.forward(this.selfAttention.attend(normed, keyValues, selfMask)));
    const queries = this.crossNorm.forward(own).reshape([memory.keys.shape[0], -1, x.shape[2]]);
    const seen = this.crossAttention.attend(queries, memory).reshape(x.shape);
    const crossed = own.add(this.dropout.forward(seen));
    const transformed = this.feedForward.forward(this.feedForwardNorm.forward(crossed));
    return { output: crossed.add(this.dropout.forward(transformed)), keyValues };
  }
}

/** Blocks that lie on each other, with a feed-forward layer twice their width and a dropout of their own each. */
export interface BlockStack extends Pick<TransformerOptions, "width" | "heads" | "dropoutRate"> {
  readonly layers: number;
  readonly seed: number;
  /** Names the blocks' dropouts: `stream 0`, `stream 1`, ... */
  readonly stream: string;
}

/** A stack of blocks of one kind, the lowest first. */
export function stackBlocks<Block>(
  Kind: new (options: TransformerOptions, random: Random) => Block,
  { width, heads, layers, dropoutRate, seed, stream }: BlockStack,
  random: Random,
): Block[] {
  return Array.from({ length: layers }, (_, layer) => {
    const dropoutKey = { seed, stream: `${stream} ${layer}` };
    return new Kind({ width, heads, feedForward: 2 * width, dropoutRate, dropoutKey }, random);
  });
}
