/**
 * MIR, multi-level interaction re-ranking (Xi et al. 2022): every candidate is scored by what it is, by the candidates
 * around it, and by the parts of the user's history that have to do with it.
 *
 *   V = [x; self-attention(x)] of the candidates' features x, [B, N, 2 D]
 *   Q = [LSTM forwards; LSTM backwards; h] of the history's items h, [B, H, 3 D]
 *   C = tanh((Q W V^T + F) * exp(-theta t)), [B, H, N], theta = softplus(MLP(user)), t the age of the history's items
 *   F = sum over pairs of features of k_ab f_a U g_b^T, [B, H, N], f_a of the history's items and g_b of the candidates
 *   A_v = softmax over candidates of tanh(V w_v 1^T + 1 (Q w_q)^T C), v = A_v V: [B, N, 2 D]
 *   A_q = softmax over the history of tanh(1 (Q w_q)^T + V w_v 1^T C^T), q = A_q Q: [B, N, 3 D]
 *   score = MLP(norm([x; v; q])) with hidden layers of 500, 200 and 80, trained with binary cross-entropy
 *
 * Ours, where the description is silent or cannot be kept:
 * - W_v and W_q have a column for each candidate there, which ties it to where the candidate stands; the method promises
 *   that the order of the candidates does not matter, so all columns are one: w_v and w_q.
 * - Data has no times between interactions; t = log2(interactions since, its own included), and softplus keeps theta from growing with t.
 * - h is the item with an embedding of whether it was liked. These two are the history's features f; the candidates' g are
 *   the terms of the encoder that all methods share: of the item, of the retriever's score, of item and user, of the user.
 *   As in the authors' program all pairs share U [D, D], and a kernel k of one number a pair adds them up.
 * - Layer normalisation in place of batch normalisation, and the shared dropout, on what the MLP reads.
 * - Without a history H_v is constant in each row, so v is the mean of V, and there is no q.
 */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import { CandidateEncoder } from "../goalrank/candidate-encoder.ts";
import { type CandidateReading, historyLogits, jointLogits, type ReadingScorer } from "../goalrank/candidate-heads.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import {
  Dropout,
  Embedding,
  LayerNorm,
  Linear,
  LSTM,
  MLP,
  Module,
  MultiHeadAttention,
  parameter,
  xavierUniform,
} from "../nn/index.ts";
import { concat, matmul, type Random, type Tensor, tensor, zeros } from "../tensor/index.ts";
import { initialWeights, type Method } from "./method.ts";
import { type AuxiliaryLearning, auxiliaryScoringMethod, pointwiseLoss } from "./scoring/scoring-method.ts";

/** Hidden layers of the published model. */
const HIDDEN_WIDTHS = [500, 200, 80];

export interface MultiLevelOptions extends Omit<ModelShape, "listLength" | "candidateCount" | "layers"> {
  /** Hidden layers of the network that scores; default 500, 200, 80. */
  readonly hiddenWidths?: readonly number[];
}

/** The history of B requests, encoded. */
export interface EncodedHistory {
  /** Q, zeros where there is nothing: [B, H, 3 D]. */
  readonly rows: Tensor;
  /** Where there is something: i32 [B, H]. */
  readonly present: Tensor;
}

/** C of raw affinities [B, H, N], Q W V^T + F, and theta [B, 1, 1]; the last row of a history is one interaction old. */
export function fadedAffinities(raw: Tensor, theta: Tensor): Tensor {
  const length = raw.shape[1];
  const ages = Float32Array.from({ length }, (_, h) => Math.log2(length - h));
  const kept = theta
    .mul(tensor(ages, [length, 1]))
    .neg()
    .exp();
  return raw.mul(kept).tanh();
}

/**
 * What candidates V [B, N, E] and the history Q [B, H, F] read of each other.
 * @param affinities C: [B, H, N]
 * @param ofCandidates V w_v: [B, N, 1]
 * @param ofHistory Q w_q: [B, H, 1]
 * @returns v and q side by side: [B, N, E + F]
 */
export function readEachOther(
  candidates: Tensor,
  { rows, present }: EncodedHistory,
  affinities: Tensor,
  ofCandidates: Tensor,
  ofHistory: Tensor,
): Tensor {
  const historyRow = ofHistory.transpose();
  const candidateMap = ofCandidates.add(matmul(historyRow, affinities)).tanh();
  const historyMap = historyRow.add(matmul(ofCandidates, affinities.sum(2, true).transpose())).tanh();
  const isPresent = present.reshape([present.shape[0], 1, present.shape[1]]);
  const reads = [matmul(candidateMap.softmax(), candidates), matmul(historyMap.softmax(isPresent), rows)];
  return concat(reads, 2);
}

/**
 * F, the feature-level affinities: sum over a and b of k_ab f_a U g_b^T.
 * @param ofHistory f: A of [B, H, D]
 * @param ofCandidates g: B' of [B, N, D], or [B, 1, D] for what all candidates share
 * @param mixing U: [D, D]
 * @param kernel k: [A, B']
 * @returns [B, H, N]
 */
export function featureAffinities(
  ofHistory: readonly Tensor[],
  ofCandidates: readonly Tensor[],
  mixing: Tensor,
  kernel: Tensor,
): Tensor {
  const weight = (a: number, b: number) => kernel.slice(0, a, a + 1).slice(1, b, b + 1);
  // It is linear in g: the pairs of one f are added up before they are multiplied.
  const parts = ofHistory.map((feature, a) => {
    const weighted = ofCandidates.map((other, b) => other.mul(weight(a, b))).reduce((sum, own) => sum.add(own));
    return matmul(matmul(feature, mixing), weighted, { transposeB: true });
  });
  return parts.reduce((sum, part) => sum.add(part));
}

/** Features of the history's items, whether they were liked being one, and of the candidates, the encoder's terms. */
const HISTORY_FEATURES = 2;
const CANDIDATE_FEATURES = 4;

/** The weights with which candidates and history read each other. */
class HistoryInteraction extends Module {
  private readonly kinds: Embedding;
  private readonly forwards: LSTM;
  private readonly backwards: LSTM;
  /** W: [3 D, 2 D] */
  private readonly affinity: Tensor;
  private readonly forgetting: MLP;
  /** w_v: [2 D, 1] */
  private readonly candidateWeight: Tensor;
  /** w_q: [3 D, 1] */
  private readonly historyWeight: Tensor;
  /** U: [D, D] */
  private readonly mixing: Tensor;
  /** k: [2, 4] */
  private readonly kernel: Tensor;

  constructor(width: number, random: Random) {
    super();
    const weights = (inputs: number, outputs: number) =>
      parameter(xavierUniform(inputs, outputs, random), [inputs, outputs]);
    this.kinds = new Embedding(2, width, random);
    this.forwards = new LSTM(width, width, random);
    this.backwards = new LSTM(width, width, random);
    this.affinity = weights(3 * width, 2 * width);
    this.forgetting = new MLP([width, width, 1], random, "tanh");
    this.candidateWeight = weights(2 * width, 1);
    this.historyWeight = weights(3 * width, 1);
    this.mixing = weights(width, width);
    this.kernel = weights(HISTORY_FEATURES, CANDIDATE_FEATURES);
  }

  /**
   * @param candidates V: [B, N, 2 D]
   * @param terms g, the features of the candidates: 4 of [B, N, D] or [B, 1, D]
   * @param items h without kinds: [B, H, D]
   * @param weights `historyWeights` of the batch: [B, 2, H]
   * @param user [B, 1, D]
   * @returns v and q side by side: [B, N, 5 D]
   */
  forward(candidates: Tensor, terms: readonly Tensor[], items: Tensor, weights: Tensor, user: Tensor): Tensor {
    const { kinds, ...history } = this.encode(items, weights);
    const ofItems = matmul(matmul(history.rows, this.affinity), candidates, { transposeB: true });
    const raw = ofItems.add(featureAffinities([items, kinds], terms, this.mixing, this.kernel));
    const affinities = fadedAffinities(raw, this.forgetting.forward(user).softplus());
    const ofCandidates = matmul(candidates, this.candidateWeight);
    const ofHistory = matmul(history.rows, this.historyWeight);
    return readEachOther(candidates, history, affinities, ofCandidates, ofHistory);
  }

  private encode(items: Tensor, weights: Tensor): EncodedHistory & { readonly kinds: Tensor } {
    const [requests, length] = items.shape;
    const some = weights.greater(zeros([1], weights));
    const isLiked = some.slice(1, 0, 1).reshape([requests, length]);
    const isThere = some.cast("f32").sum(1);
    const present = isThere.cast("i32");
    const kinds = this.kinds.forward(isLiked);
    const read = items.add(kinds);
    const states = [
      this.forwards.forward(read, { present }).outputs,
      this.backwards.forward(read, { present, reverse: true }).outputs,
    ];
    return { rows: concat([...states, read], 2).mul(isThere.reshape([requests, length, 1])), present, kinds };
  }
}

export class MultiLevelReranker extends Module implements ReadingScorer {
  private readonly encoder: CandidateEncoder;
  private readonly selfAttention: MultiHeadAttention;
  private readonly interaction: HistoryInteraction | undefined;
  private readonly norm: LayerNorm;
  private readonly dropout: Dropout;
  /** Of being liked, and perhaps, beside it, of being shown. */
  private readonly scorer: MLP;
  private readonly historyHead: Linear | undefined;

  constructor(catalogue: Catalogue, options: MultiLevelOptions, random: Random, learning: AuxiliaryLearning = {}) {
    super();
    const { width, heads, historyLength, hiddenWidths = HIDDEN_WIDTHS, dropoutRate, seed } = options;
    const read = width * (historyLength > 0 ? 6 : 3);
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.selfAttention = new MultiHeadAttention(width, heads, random);
    this.interaction = historyLength > 0 ? new HistoryInteraction(width, random) : undefined;
    this.norm = new LayerNorm(read);
    this.dropout = new Dropout(dropoutRate, { seed, stream: "MIR dropout" });
    this.scorer = new MLP([read, ...hiddenWidths, learning.entireSpace ? 2 : 1], random);
    this.historyHead = learning.historyLoss ? new Linear(width, 1, random) : undefined;
  }

  /** Scores of the N candidates of B requests: [B, N]. */
  forward(batch: RequestBatch): Tensor {
    return jointLogits(this.read(batch));
  }

  read(batch: RequestBatch): CandidateReading {
    const terms = this.encoder.terms(batch);
    const features = terms.reduce((sum, term) => sum.add(term)).relu();
    const among = this.selfAttention.attend(features, this.selfAttention.project(features));
    const candidates = concat([features, among], 2);
    const read = concat([features, this.readOut(candidates, terms, batch)], 2);
    const logits = this.scorer.forward(this.dropout.forward(this.norm.forward(read)));
    const head = (at: number) => logits.slice(2, at, at + 1).reshape(batch.items.shape);
    return logits.shape[2] === 1
      ? { shown: undefined, liked: logits.reshape(batch.items.shape) }
      : { shown: head(1), liked: head(0) };
  }

  historyLogits(batch: RequestBatch): Tensor | undefined {
    return historyLogits(this.historyHead, this.encoder, batch);
  }

  /** v and, with a history, q. */
  private readOut(candidates: Tensor, terms: readonly Tensor[], batch: RequestBatch): Tensor {
    const { history, historyWeights } = batch;
    const user = this.encoder.encodeUsers(batch);
    if (this.interaction === undefined || history === undefined || historyWeights === undefined || !user) {
      return candidates.mean(1, true).broadcastTo(candidates.shape);
    }
    return this.interaction.forward(candidates, terms, this.encoder.encodeItems(history), historyWeights, user);
  }
}

export const MIR: Method = auxiliaryScoringMethod(
  "mir",
  "MIR",
  (context, learning) => new MultiLevelReranker(context.catalogue, context, initialWeights(context, "MIR"), learning),
  pointwiseLoss,
);
