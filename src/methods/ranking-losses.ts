/**
 * Losses of a whole order of K things, scores s [B, K] against what they are worth, y [B, K]: candidates against their
 * feedback, lists of a group against their rewards. Where the mask, i32 [B, K], is 0 a thing takes no part.
 */
import { full, type Tensor, tensor, where } from "../tensor/index.ts";

/** What is lost on each of B orders: [B]. */
export type RankingLoss = (scores: Tensor, worths: Tensor, mask?: Tensor) => Tensor;

/**
 * ListMLE (Xia et al. 2008): - log of the probability that drawing one by one in proportion to e^s (Plackett and Luce)
 * gives the order by worth, sum_i log(1 + sum_j e^(s_j - s_i)) over the j that are worth less than i. Of equal ones none
 * is said to come first (ours; the publication has a strict order).
 */
export const listMle: RankingLoss = (scores, worths, mask) => {
  const kept = keptOf(scores, mask);
  const own = full([1], 1, scores).sub(otherPairs(scores));
  const follows = asColumns(worths).less(asRows(worths)).cast(scores.dtype).add(own).mul(asColumns(kept));
  const every = asColumns(scores).broadcastTo(follows.shape);
  return every.logSumExp(follows.cast("i32")).sub(scores).mul(kept).sum(1);
};

/**
 * ApproxNDCG (Qin et al. 2010): 1 - NDCG with the smooth rank 1 + sum_j sigmoid(s_j - s_i) over the others in place of
 * the rank of i; y are gains, at least 0. An order that is worth nothing loses 0. The publication's sharpness, by which
 * score differences are multiplied, is left to the scores.
 */
export const approxNdcg: RankingLoss = (scores, gains, mask) => {
  const kept = keptOf(scores, mask);
  const isAbove = asColumns(scores).sub(asRows(scores)).sigmoid().mul(otherPairs(scores)).mul(asColumns(kept));
  const ranks = isAbove.sum(2).add(1);
  return lostShare(discounts(ranks).mul(gains).mul(kept).sum(1), gains, kept);
};

/** Rounds in which rows and columns are scaled to sum to 1. */
const SINKHORN_ROUNDS = 10;

/**
 * NeuralNDCG (Pobrotyn and Bialobrzeski 2021): 1 - NDCG with the gain at each rank under NeuralSort's relaxed order
 * (`relaxedOrder`), whose rows and columns are scaled in turn until both sum to 1; y are gains, at least 0. An order that
 * is worth nothing loses 0. Ours: ten rounds of scaling, where the authors stop at a tolerance.
 */
export const neuralNdcg: RankingLoss = (scores, gains, mask) => {
  const kept = keptOf(scores, mask);
  const order = doublyStochastic(relaxedOrder(scores, kept));
  const places = ranksFromOne(scores);
  return lostShare(order.mul(asColumns(gains)).sum(2).mul(discounts(places)).sum(1), gains, kept);
};

/**
 * Group ordering (Shvetsova et al. 2023): - the mean over ranks of the log of the share that NeuralSort's relaxed order
 * gives to those that may stand there, which are all that are worth as much as the thing of that rank.
 */
export const groupOrder: RankingLoss = (scores, worths, mask) => {
  const kept = keptOf(scores, mask);
  const isHere = ranksFromOne(scores).lessEqual(kept.sum(1, true)).cast(scores.dtype);
  // What takes no part is ranked last, and its ranks do not count.
  const least = worths.neg().max(1, true).neg().sub(1);
  const ranked = where(kept.cast("i32"), worths, least);
  const isOfRank = asRows(ranksFromOne(scores))
    .equal(asColumns(ranksOf(ranked)))
    .cast(scores.dtype);
  const sorted = isOfRank.mul(asColumns(ranked)).sum(2);
  const belongs = asRows(sorted).equal(asColumns(ranked)).cast(scores.dtype).mul(asRows(isHere));
  const shares = relaxedOrder(scores, kept).mul(belongs).sum(2);
  const tiny = full([1], 1e-12, scores);
  const lost = shares.maximum(tiny).log().mul(isHere).neg();
  return lost.sum(1).div(isHere.sum(1).maximum(full([1], 1, scores)));
};

/**
 * NeuralSort (Grover et al. 2019) at temperature 1: what stands at each rank k, from the highest score down, as
 * probabilities over the K things, row k = softmax_j((n + 1 - 2k) s_j - sum_i |s_j - s_i|) of the n that take part. Rows
 * beyond n are 0.
 *
 * @param kept 1 for what takes part, 0 for the rest: [B, K]
 * @returns [B, K, K]
 */
export function relaxedOrder(scores: Tensor, kept: Tensor): Tensor {
  const ranks = ranksFromOne(scores);
  const count = kept.sum(1, true);
  const spread = asColumns(scores).sub(asRows(scores)).abs().mul(asRows(kept)).sum(1, true);
  const slopes = asRows(count.add(1).sub(ranks.mul(2)));
  const logits = slopes.mul(asColumns(scores)).sub(spread);
  const rows = asRows(ranks.lessEqual(count).cast(scores.dtype));
  return logits.softmax(asColumns(kept).broadcastTo(logits.shape).cast("i32")).mul(rows);
}

/** Sinkhorn's scaling of columns and rows in turn; those of zeros stay so: [B, K, K]. */
function doublyStochastic(order: Tensor): Tensor {
  const one = full([1], 1, order);
  // What is zero is divided by 1: a small divisor would multiply its gradient in every round.
  const scale = (rows: Tensor, axis: number) => {
    const sums = rows.sum(axis, true);
    return rows.div(where(sums.equal(full([1], 0, order)), one, sums));
  };
  let scaled = order;
  for (let round = 0; round < SINKHORN_ROUNDS; round++) scaled = scale(scale(scaled, 1), 2);
  return scaled;
}

/** 1 - DCG / the most that there could be, 0 where that is 0: [B]. */
function lostShare(reached: Tensor, gains: Tensor, kept: Tensor): Tensor {
  const own = gains.mul(kept);
  const most = discounts(ranksOf(own)).mul(own).sum(1);
  const isWorth = most.greater(full([1], 0, most));
  const one = full([1], 1, most);
  return where(isWorth, one.sub(reached.div(where(isWorth, most, one))), full([1], 0, most));
}

/** 1 / log2(1 + rank), ranks from 1. */
function discounts(ranks: Tensor): Tensor {
  return full([1], Math.LN2, ranks).div(ranks.add(1).log());
}

/** The rank from 1 of each value, the highest first, of equal ones the first: [B, K]. */
function ranksOf(values: Tensor): Tensor {
  const [, count] = values.shape;
  const earlier = Int32Array.from({ length: count ** 2 }, (_, at) => Number(at % count < Math.floor(at / count)));
  const higher = asColumns(values).greater(asRows(values)).cast(values.dtype);
  const tied = asColumns(values).equal(asRows(values)).cast(values.dtype);
  return higher
    .add(tied.mul(tensor(earlier, [count, count], { device: values.device }).cast(values.dtype)))
    .sum(2)
    .add(1);
}

/** 1 to K: [1, K]. */
function ranksFromOne({ shape: [, count], dtype, device }: Tensor): Tensor {
  return tensor(
    Int32Array.from({ length: count }, (_, k) => k + 1),
    [1, count],
    { device },
  ).cast(dtype);
}

/** 0 where a thing would be compared with itself, else 1: [K, K]. */
function otherPairs({ shape: [, count], dtype, device }: Tensor): Tensor {
  const others = Int32Array.from({ length: count ** 2 }, (_, at) => Number(at % count !== Math.floor(at / count)));
  return tensor(others, [count, count], { device }).cast(dtype);
}

/** 1 for what takes part, 0 for the rest: [B, K]. */
function keptOf(scores: Tensor, mask?: Tensor): Tensor {
  return mask === undefined ? full(scores.shape, 1, scores) : mask.cast(scores.dtype);
}

/** [B, K] as [B, K, 1]: the first of a pair. */
export function asRows(values: Tensor): Tensor {
  return values.reshape([...values.shape, 1]);
}

/** [B, K] as [B, 1, K]: the second of a pair. */
export function asColumns(values: Tensor): Tensor {
  return values.reshape([values.shape[0], 1, values.shape[1]]);
}
