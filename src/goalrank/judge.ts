/** Who says what a list is worth: a reward model, several of them, or an item scorer. */
import { candidateBatch, type RequestBatch } from "../data/batch.ts";
import { gather, type RequestColumns, scatter } from "../data/dataset.ts";
import { shapedBatches, shapeOf } from "../data/shapes.ts";
import { Module } from "../nn/index.ts";
import { concat, noGrad, scope, type Tensor, tensor } from "../tensor/index.ts";

/** Scores candidates, each by itself or among the others: [B, N]. */
export interface CandidateScorer {
  forward(batch: RequestBatch): Tensor;
}

/** Judges lists, whoever made them. */
export interface ListJudge {
  /** Rewards of lists i32 [B, G, L] of positions among the N candidates of `batch`: [B, G]. */
  rewards(batch: RequestBatch, lists: Tensor): Tensor;
  /** What each position adds to the reward of its list, where the judge can say: [B, G, L]. */
  positionRewards?(batch: RequestBatch, lists: Tensor): Tensor | undefined;
  /** Logits of each candidate by itself, where lists are judged by those: [B, N]. */
  candidateLogits?(batch: RequestBatch): Tensor | undefined;
}

/**
 * Several judges, trained from different weights: the mean of their rewards less `pessimism` times their standard
 * deviation. Where the log says little they disagree, so a policy that climbs this stays where they know something.
 */
export class JudgeEnsemble<Judge extends Module & ListJudge> extends Module implements ListJudge {
  /** @throws RangeError for no members, or a pessimism that is negative */
  constructor(
    readonly members: readonly Judge[],
    private readonly pessimism: number,
  ) {
    super();
    if (members.length === 0) throw new RangeError("ensemble: expected at least one judge");
    if (!(pessimism >= 0)) throw new RangeError(`ensemble: pessimism must not be negative, got ${pessimism}`);
  }

  rewards(batch: RequestBatch, lists: Tensor): Tensor {
    const opinions = this.members.map((member) => member.rewards(batch, lists));
    const mean = average(opinions);
    if (this.members.length === 1 || this.pessimism === 0) return mean;
    const variance = average(opinions.map((opinion) => opinion.sub(mean).square()));
    return mean.sub(variance.sqrt().mul(this.pessimism));
  }

  /** The members' mean; undefined where a member cannot say. */
  positionRewards(batch: RequestBatch, lists: Tensor): Tensor | undefined {
    const opinions = this.members.map((member) => member.positionRewards?.(batch, lists));
    const known = opinions.filter((opinion) => opinion !== undefined);
    return known.length < opinions.length ? undefined : average(known);
  }

  /** Of the mean of the members' probabilities; undefined where a member cannot say. */
  candidateLogits(batch: RequestBatch): Tensor | undefined {
    const opinions = this.members.map((member) => member.candidateLogits?.(batch));
    const known = opinions.filter((opinion) => opinion !== undefined);
    if (known.length < opinions.length) return undefined;
    const [only, ...others] = known;
    return others.length === 0 ? only : logSumOf(known, logSigmoid).sub(logSumOf(known, (z) => logSigmoid(z.neg())));
  }
}

/** log sum_k exp(f(z_k)) of equal shapes: the same shape. */
function logSumOf(values: readonly Tensor[], f: (value: Tensor) => Tensor): Tensor {
  const [{ shape }] = values;
  return concat(
    values.map((value) => f(value).reshape([...shape, 1])),
    shape.length,
  ).logSumExp();
}

function logSigmoid(logits: Tensor): Tensor {
  return logits.neg().softplus().neg();
}

function average(values: readonly Tensor[]): Tensor {
  return values.reduce((sum, value) => sum.add(value)).mul(1 / values.length);
}

/**
 * The reward of the authors' published code: sum over positions t from 1 of p(item_t) / log2(t + 1), with an item
 * scorer's probabilities. It knows nothing of the list besides the positions.
 *
 * What was trained list-wise gives probabilities over the request's candidates (ours), a softmax in place of a sigmoid.
 */
export class DiscountedItemJudge extends Module implements ListJudge {
  constructor(
    readonly scorer: Module & CandidateScorer,
    private readonly over: "item" | "candidates" = "item",
  ) {
    super();
  }

  rewards(batch: RequestBatch, lists: Tensor): Tensor {
    return this.positionRewards(batch, lists).sum(2);
  }

  positionRewards(batch: RequestBatch, lists: Tensor): Tensor {
    const scores = this.scorer.forward(batch);
    return discountedRewards(this.over === "item" ? scores.sigmoid() : scores.softmax(), lists);
  }

  candidateLogits(batch: RequestBatch): Tensor {
    return this.scorer.forward(batch);
  }
}

/** p(item_t) / log2(t + 1) for positions t from 1 of lists i32 [B, G, L], by probabilities [B, N]: [B, G, L]. */
export function discountedRewards(probabilities: Tensor, lists: Tensor): Tensor {
  const [requests, group, length] = lists.shape;
  const chosen = probabilities.takeAlongLast(lists.reshape([requests, group * length]));
  const discounts = Float32Array.from({ length }, (_, t) => 1 / Math.log2(t + 2));
  return chosen.reshape(lists.shape).mul(tensor(discounts, [length]));
}

/**
 * What a judge thinks of each candidate, to order them by: its logits, or, of a judge that reads whole lists, the reward
 * of the list that holds the candidate alone: [B, N].
 */
export function candidateOpinion(judge: ListJudge, batch: RequestBatch): Tensor {
  const logits = judge.candidateLogits?.(batch);
  if (logits !== undefined) return logits;
  const [requests, candidates] = batch.items.shape;
  const alone = Int32Array.from({ length: requests * candidates }, (_, at) => at % candidates);
  return judge.rewards(batch, tensor(alone, [requests, candidates, 1]));
}

/** A judge's rewards for one list of candidate positions [S, L] for each request, of as many as its row has: [S]. */
export async function predictedRewards(
  judge: ListJudge,
  requests: RequestColumns,
  lists: Int32Array,
): Promise<Float32Array> {
  const predictions = new Float32Array(requests.size);
  for (const rows of shapedBatches(requests)) {
    using _ = scope();
    const { listLength: length } = shapeOf(requests, rows[0]);
    const own = gather(lists, rows, requests.listLength, length);
    const rewards = noGrad(() => judge.rewards(candidateBatch(requests, rows), tensor(own, [rows.length, 1, length])));
    scatter(predictions, rows, 1, await rewards.data());
  }
  return predictions;
}
