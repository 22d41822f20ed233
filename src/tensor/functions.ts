/** Functions of several tensors: products, attention, normalisation, lookups, dropout, random tensors, losses. */
import type { Distribution, DType, GroupCrossEntropyAttributes, RandomKey, Shape } from "../kernels/index.ts";
import * as kernels from "../kernels/index.ts";
import type { TensorOptions } from "./create.ts";
import { defaultKey } from "./defaults.ts";
import { apply, given, type MatmulOptions, resultOf, type Tensor } from "./tensor.ts";

/** y = activation(a b + bias); see {@link Tensor.matmul}. */
export function matmul<D extends DType>(a: Tensor<D>, b: Tensor, options: MatmulOptions = {}): Tensor<D> {
  return a.matmul(b, options);
}

/** The tensors one after the other along `axis`. */
export function concat<D extends DType>(tensors: readonly Tensor<D>[], axis: number): Tensor<D> {
  const rank = tensors[0]?.rank ?? 0;
  const resolved = rank === 0 ? axis : kernels.resolveAxis("concat", axis, rank);
  return resultOf(kernels.concat, tensors, { axis: resolved });
}

/** a where `condition` (i32) is not 0, b elsewhere. */
export function where<D extends DType>(condition: Tensor, a: Tensor<D>, b: Tensor): Tensor<D> {
  return resultOf(kernels.elementwise.where, [condition, a, b], undefined);
}

/** Multi-head attention: q [..., Q, D], k and v [..., K, D], mask i32 to [..., Q, K] -> [..., Q, D]. */
export function attention(q: Tensor, k: Tensor, v: Tensor, heads: number, mask?: Tensor): Tensor {
  return resultOf(kernels.attention, given(q, k, v, mask), { heads });
}

/** Layer normalisation of x [..., C] over its last axis, with gain [C] and bias [C]. */
export function layerNorm<D extends DType>(x: Tensor<D>, gain: Tensor, bias: Tensor, epsilon = 1e-5): Tensor<D> {
  return resultOf(kernels.layerNorm, [x, gain, bias], { epsilon });
}

/** Rows of table [V, D] at indices i32 [...] -> [..., D]. */
export function embedding<D extends DType>(table: Tensor<D>, indices: Tensor): Tensor<D> {
  return resultOf(kernels.embedding, [table, indices], undefined);
}

/** Zeroes elements with probability `rate` and scales the others by 1 / (1 - rate). */
export function dropout<D extends DType>(x: Tensor<D>, rate: number, key = defaultKey("dropout")): Tensor<D> {
  return rate === 0 ? x : resultOf(kernels.dropout, [x], { rate, key });
}

/** Independent random numbers, a function of the key alone; without one, others at each call (see `setSeed`). */
export function randomTensor<D extends DType = "f32">(
  distribution: Distribution,
  shape: Shape,
  key = defaultKey("random"),
  { dtype, device }: TensorOptions<D> = {},
): Tensor<D> {
  return resultOf(kernels.random, [], { shape, dtype: dtype ?? "f32", distribution, key }, device);
}

/**
 * Draws `lists` lists of `length` distinct indices for each row of logits [..., C], without replacement
 * (Plackett-Luce) -> i32 [..., lists, length].
 */
export function gumbelTopK(
  logits: Tensor,
  { lists, length, key, mask }: { lists: number; length: number; key: RandomKey; mask?: Tensor },
): Tensor<"i32"> {
  return resultOf(kernels.gumbelTopK, given(logits, mask), { lists, length, key });
}

/**
 * Chooses the next candidate of each row of logits [R, N] among those that `free` (i32 [R, N]) marks, the best one or
 * a sampled one -> the choice i32 [R], and what is free afterwards.
 */
export function chooseNext(
  logits: Tensor,
  free: Tensor,
  sampling?: { temperature: number; key: RandomKey },
): { choice: Tensor<"i32">; free: Tensor<"i32"> } {
  const [choice, remaining] = apply(kernels.chooseNext, [logits, free], { sampling }) as Tensor<"i32">[];
  return { choice, free: remaining };
}

/** Mean over all elements of (prediction - target)^2. */
export function meanSquaredError<D extends DType>(prediction: Tensor<D>, target: Tensor): Tensor<D> {
  return prediction.sub(target).square().mean();
}

/** -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)) of each element; no gradient flows to the targets. */
export function binaryCrossEntropyWithLogits<D extends DType>(logits: Tensor<D>, targets: Tensor): Tensor<D> {
  return resultOf(kernels.elementwise.binaryCrossEntropyWithLogits, [logits, targets], undefined);
}

/** - sum_i t_i log softmax(x)_i over the last axis: logits and targets [..., C] -> [...]. */
export function crossEntropy<D extends DType>(logits: Tensor<D>, targets: Tensor, mask?: Tensor): Tensor<D> {
  return resultOf(kernels.crossEntropy, given(logits, targets, mask), undefined);
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
  const inputs = given(rewards, logProbabilities, mask);
  const [loss, referencePolicy] = apply(kernels.groupCrossEntropy, inputs, attributes);
  return { loss, referencePolicy };
}
