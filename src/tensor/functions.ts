/** Functions of several tensors: products, attention, normalisation, lookups, dropout, random tensors, losses. */

import type {
  Activation,
  Distribution,
  GroupCrossEntropyAttributes,
  RandomKey,
  Shape,
} from "../kernels/index.ts";
import * as kernels from "../kernels/index.ts";
import { apply } from "./apply.ts";
import type { TensorOptions } from "./create.ts";
import type { Tensor } from "./tensor.ts";

/** An operation's inputs, the optional one last. */
export function withOptional(optional: Tensor | undefined, ...inputs: Tensor[]): Tensor[] {
  return optional === undefined ? inputs : [...inputs, optional];
}

/** Of {@link matmul}. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Added to every row of the product: [N]. */
  readonly bias?: Tensor;
  /** Applied to every element of the product, after the bias. */
  readonly activation?: Activation | undefined;
}

/** y = activation(a b + bias): a [..., M, K], b [..., K, N] -> [..., M, N], with broadcast batch axes. */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, bias, activation } = options;
  // A matrix shared by the whole batch meets all rows in one product.
  if (b.rank === 2 && a.rank > 2 && !transposeA) {
    const rows = matmul(a.reshape([-1, a.shape[a.rank - 1]]), b, options);
    return rows.reshape([...a.shape.slice(0, -1), rows.shape[1]]);
  }
  const attributes = { transposeA, transposeB, activation };
  return apply(kernels.matmul, withOptional(bias, a, b), attributes)[0];
}

/** The tensors one after the other along `axis`. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const rank = tensors[0]?.rank ?? 0;
  return apply(kernels.concat, tensors, {
    axis: rank === 0 ? axis : kernels.resolveAxis("concat", axis, rank),
  })[0];
}

/** a where `condition` (i32) is not 0, b elsewhere. */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return apply(kernels.elementwise.where, [condition, a, b], undefined)[0];
}

/** Multi-head attention: q [..., Q, D], k and v [..., K, D], mask i32 to [..., Q, K] -> [..., Q, D]. */
export function attention(q: Tensor, k: Tensor, v: Tensor, heads: number, mask?: Tensor): Tensor {
  return apply(kernels.attention, withOptional(mask, q, k, v), { heads })[0];
}

/** Layer normalisation of x [..., C] over its last axis, with gain [C] and bias [C]. */
export function layerNorm(x: Tensor, gain: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  return apply(kernels.layerNorm, [x, gain, bias], { epsilon })[0];
}

/** Rows of table [V, D] at indices i32 [...] -> [..., D]. */
export function embedding(table: Tensor, indices: Tensor): Tensor {
  return apply(kernels.embedding, [table, indices], undefined)[0];
}

/** Zeroes elements with probability `rate` and scales the others by 1 / (1 - rate). */
export function dropout(x: Tensor, rate: number, key: RandomKey): Tensor {
  return rate === 0 ? x : apply(kernels.dropout, [x], { rate, key })[0];
}

/** Independent random numbers, a function of the key alone. */
export function randomTensor(
  distribution: Distribution,
  shape: Shape,
  key: RandomKey,
  { dtype = "f32", device }: TensorOptions = {},
): Tensor {
  return apply(kernels.random, [], { shape, dtype, distribution, key }, device)[0];
}

/**
 * Draws `lists` lists of `length` distinct indices for each row of logits [..., C], without replacement
 * (Plackett-Luce) -> i32 [..., lists, length].
 */
export function gumbelTopK(
  logits: Tensor,
  { lists, length, key, mask }: { lists: number; length: number; key: RandomKey; mask?: Tensor },
): Tensor {
  return apply(kernels.gumbelTopK, withOptional(mask, logits), { lists, length, key })[0];
}

/**
 * Chooses the next candidate of each row of logits [R, N] among those that `free` (i32 [R, N]) marks, the best one or
 * a sampled one -> the choice i32 [R], and what is free afterwards.
 */
export function chooseNext(
  logits: Tensor,
  free: Tensor,
  sampling?: { temperature: number; key: RandomKey },
): { choice: Tensor; free: Tensor } {
  const [choice, remaining] = apply(kernels.chooseNext, [logits, free], { sampling });
  return { choice, free: remaining };
}

/** Mean over all elements of (prediction - target)^2. */
export function meanSquaredError(prediction: Tensor, target: Tensor): Tensor {
  return prediction.sub(target).square().mean();
}

/** -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)) of each element; no gradient flows to the targets. */
export function binaryCrossEntropyWithLogits(logits: Tensor, targets: Tensor): Tensor {
  return apply(kernels.elementwise.binaryCrossEntropyWithLogits, [logits, targets], undefined)[0];
}

/** - sum_i t_i log softmax(x)_i over the last axis: logits and targets [..., C] -> [...]. */
export function crossEntropy(logits: Tensor, targets: Tensor, mask?: Tensor): Tensor {
  return apply(kernels.crossEntropy, withOptional(mask, logits, targets), undefined)[0];
}

/** Result of the group-normalised cross-entropy. */
export interface GroupCrossEntropy {
  /** Loss of each group: [B]. */
  readonly loss: Tensor;
  /** Reference policy over each group, zeros where the group was skipped: [B, G]. */
  readonly referencePolicy: Tensor;
}

/** Eq. 4 and 5 of arXiv 2509.22046: rewards and log-probabilities [B, G], optional mask i32 [B, G]. */
export function groupCrossEntropy(
  rewards: Tensor,
  logProbabilities: Tensor,
  options: Partial<GroupCrossEntropyAttributes> & { readonly mask?: Tensor } = {},
): GroupCrossEntropy {
  const { normalisation = "group", temperature = 1, minimumSpread = 1e-6, mask } = options;
  const attributes = { normalisation, temperature, minimumSpread };
  const inputs = withOptional(mask, rewards, logProbabilities);
  const [loss, referencePolicy] = apply(kernels.groupCrossEntropy, inputs, attributes);
  return { loss, referencePolicy };
}
