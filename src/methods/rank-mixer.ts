/**
 * RankMixer (Zhu et al. 2025): every candidate is a few tokens of features, which mix by exchanging parts of each other
 * and are then transformed by a network of their own.
 *
 *   X = T tokens of width D; S = LN(mix(X) + X); X' = LN(PFFN(S) + S); as many layers as the other methods have blocks
 *   mix cuts each token into T heads of width D / T, and token h of the result is head h of all tokens: no parameters
 *   PFFN(S)_t = gelu(S_t W_t + b_t) V_t + c_t, with W_t [D, k D], V_t [k D, D] of each token, k = 4
 *   score = linear(mean of the tokens), trained with binary cross-entropy
 *
 * Ours: the tokens are the terms that the shared candidate encoder sums, each with a projection of its own: item,
 * retriever's score, item * user and user, T = 4 (T = 2 where nothing is known of users); the dense variant, without
 * mixtures of experts; dropout on what PFFN adds.
 */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import { CandidateEncoder, knowsUsers } from "../goalrank/candidate-encoder.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import { constant, Dropout, LayerNorm, Linear, Module, parameter, xavierUniform } from "../nn/index.ts";
import { concat, matmul, type Random, type Tensor } from "../tensor/index.ts";
import { initialWeights, type Method } from "./method.ts";
import { pointwiseLoss, scoringMethod } from "./scoring/scoring-method.ts";

/** The width is a multiple of T. */
export interface RankMixerOptions
  extends Pick<ModelShape, "width" | "layers" | "historyLength" | "dropoutRate" | "seed"> {
  /** k; default 4 */
  readonly expansion?: number;
}

/** Token h of the result is head h of all tokens, in their order: x [T, R, D] -> [T, R, D]. */
export function mixTokens(x: Tensor): Tensor {
  const [tokens, rows, width] = x.shape;
  const heads = x.reshape([tokens, rows, tokens, width / tokens]);
  return heads.transpose(0, 2).reshape(x.shape);
}

/** A linear layer of each token's own: x [T, R, inputs] -> [T, R, outputs]. */
class TokenLinear extends Module {
  /** [T, inputs, outputs] */
  private readonly weight: Tensor;
  /** [T, 1, outputs] */
  private readonly bias: Tensor;

  constructor(tokens: number, inputs: number, outputs: number, random: Random) {
    super();
    const weights = new Float32Array(tokens * inputs * outputs);
    for (let token = 0; token < tokens; token++) {
      weights.set(xavierUniform(inputs, outputs, random), token * inputs * outputs);
    }
    this.weight = parameter(weights, [tokens, inputs, outputs]);
    this.bias = parameter(constant([tokens, 1, outputs], 0), [tokens, 1, outputs]);
  }

  forward(x: Tensor): Tensor {
    return matmul(x, this.weight).add(this.bias);
  }
}

class MixerBlock extends Module {
  private readonly mixNorm: LayerNorm;
  private readonly inner: TokenLinear;
  private readonly outer: TokenLinear;
  private readonly feedForwardNorm: LayerNorm;
  private readonly dropout: Dropout;

  constructor(tokens: number, width: number, expansion: number, dropout: Dropout, random: Random) {
    super();
    this.mixNorm = new LayerNorm(width);
    this.inner = new TokenLinear(tokens, width, expansion * width, random);
    this.outer = new TokenLinear(tokens, expansion * width, width, random);
    this.feedForwardNorm = new LayerNorm(width);
    this.dropout = dropout;
  }

  /** [T, R, D] -> [T, R, D] */
  forward(x: Tensor): Tensor {
    const mixed = this.mixNorm.forward(mixTokens(x).add(x));
    const transformed = this.outer.forward(this.inner.forward(mixed).gelu());
    return this.feedForwardNorm.forward(this.dropout.forward(transformed).add(mixed));
  }
}

export class RankMixer extends Module {
  private readonly encoder: CandidateEncoder;
  private readonly blocks: MixerBlock[];
  private readonly scorer: Linear;

  /** @throws RangeError for a width that cannot be cut into as many heads as there are tokens */
  constructor(catalogue: Catalogue, options: RankMixerOptions, random: Random) {
    super();
    const { width, layers, expansion = 4, historyLength, dropoutRate, seed } = options;
    // One for each term of the shared candidate encoder.
    const tokens = knowsUsers(catalogue, historyLength) ? 4 : 2;
    if (width % tokens !== 0) {
      throw new RangeError(`RankMixer: the width must be a multiple of its ${tokens} tokens, got ${width}`);
    }
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.blocks = Array.from({ length: layers }, (_, layer) => {
      const dropout = new Dropout(dropoutRate, { seed, stream: `RankMixer dropout ${layer}` });
      return new MixerBlock(tokens, width, expansion, dropout, random);
    });
    this.scorer = new Linear(width, 1, random);
  }

  /** Scores of the N candidates of B requests: [B, N]. */
  forward(batch: RequestBatch): Tensor {
    const tokens = this.blocks.reduce((x, block) => block.forward(x), this.tokens(batch));
    return this.scorer.forward(tokens.mean(0)).reshape(batch.items.shape);
  }

  /** T tokens of each of the R = B * N candidates: [T, R, D]. */
  private tokens(batch: RequestBatch): Tensor {
    const terms = this.encoder.terms(batch);
    const [{ shape }] = terms;
    const [requests, candidates, width] = shape;
    const rows = terms.map((term) => term.broadcastTo(shape).reshape([1, requests * candidates, width]));
    return concat(rows, 0);
  }
}

export const RANK_MIXER: Method = scoringMethod(
  "rank-mixer",
  "RankMixer",
  (context) => new RankMixer(context.catalogue, context, initialWeights(context, "RankMixer")),
  pointwiseLoss,
);
