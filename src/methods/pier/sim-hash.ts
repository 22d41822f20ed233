/**
 * PIER's FPSM, the fine-grained permutation selection module (Shi et al. 2023): which orders of a list resemble lists
 * that the user liked before. A list of items x_0, ..., x_{L-1} is embedded by its mean, weighted by position, and
 * hashed to M bits by the sides of M random hyperplanes v on which it lies (SimHash, Charikar 2002):
 *
 *   e = sum_t w_t x_t,   w_t = 1 / log2(t + 2),   bit_m = [e . v_m > 0]
 *
 * The distance of an order is the number of bits in which it differs from each earlier list, weighted by list. Since
 * e . v is linear, all P orders of a list are hashed in one product: (A X) V = A (X V), where A [P, L] holds the weight
 * of the position that each order gives to each item.
 */
import { full, matmul, type Tensor, tensor, where } from "../../tensor/index.ts";
import type { Permutation } from "./permutations.ts";

export interface HashedLists {
  /** The items of one list, in any order: [B, L, D]. */
  readonly items: Tensor;
  /** Earlier lists, item by item in their order, which may have another length: [B, E, L', D]. */
  readonly earlier: Tensor;
  /** How much each of them counts: [B, E]. */
  readonly weights: Tensor;
  /** V: [D, M] */
  readonly planes: Tensor;
}

/** w_t (ours): a position's discount in NDCG. */
function positionWeight(t: number): number {
  return 1 / Math.log2(t + 2);
}

/** Weighted Hamming distances of P orders of a list to the earlier lists: [B, P]. */
export function hammingDistances(
  { items, earlier, weights, planes }: HashedLists,
  permutations: readonly Permutation[],
): Tensor {
  const { device } = items;
  const [requests, count, length] = earlier.shape;
  const bits = planes.shape[1];
  const own = items.shape[1];
  const placed = new Float32Array(permutations.length * own);
  permutations.forEach((order, p) => {
    order.forEach((item, t) => {
      placed[p * own + item] = positionWeight(t);
    });
  });
  const weighing = tensor(placed, [1, permutations.length, own], { device });
  const signatures = signs(matmul(weighing, matmul(items, planes)));
  const inOrder = Float32Array.from({ length }, (_, t) => positionWeight(t));
  const sides = matmul(earlier.reshape([requests * count, length, -1]), planes);
  const earlierSignatures = signs(matmul(tensor(inOrder, [1, 1, length], { device }), sides)).reshape([
    requests,
    count,
    bits,
  ]);
  // Two signatures of -1 and 1 that differ in d of M bits have the product M - 2 d.
  const weighted = matmul(weights.reshape([requests, 1, count]), earlierSignatures);
  const agreement = matmul(signatures, weighted, { transposeB: true }).reshape([requests, -1]);
  return weights.sum(1, true).mul(bits).sub(agreement).mul(0.5);
}

/** 1 for what is over 0, -1 elsewhere. */
function signs(x: Tensor): Tensor {
  const constant = (value: number) => full([1], value, x);
  return where(x.greater(constant(0)), constant(1), constant(-1));
}
