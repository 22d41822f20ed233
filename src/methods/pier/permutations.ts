/** Orders of a pointwise ranker's best list: what PIER chooses from. */
import type { ListConstraints } from "../../goalrank/decoding/constraints.ts";
import { decodeLists } from "../../goalrank/decoding/decode.ts";
import { type Tensor, tensor } from "../../tensor/index.ts";

/** An order of the numbers from 0 to L - 1: which item of a list stands at each position. */
export type Permutation = readonly number[];

/** Places that are permuted; lists of more items keep the pointwise order below them (ours), so there are 720 at most. */
const MOST_PLACES = 6;

/**
 * Every order of the first places of a list, in lexicographic order: of six, and of all where there are fewer. The
 * first one leaves the list as it is.
 */
export function topPermutations(length: number): Permutation[] {
  const permuted = Math.min(length, MOST_PLACES);
  const rest = Array.from({ length: length - permuted }, (_, i) => permuted + i);
  return permutationsOf(Array.from({ length: permuted }, (_, i) => i)).map((order) => [...order, ...rest]);
}

function permutationsOf(numbers: Permutation): Permutation[] {
  if (numbers.length === 0) return [[]];
  return numbers.flatMap((first) =>
    permutationsOf(numbers.filter((other) => other !== first)).map((rest) => [first, ...rest]),
  );
}

/**
 * The candidates of the `length` highest scores [B, N], highest first, ties by number: i32 [B, L].
 * @param constraints what a list must meet besides
 */
export function topCandidates(scores: Tensor, length: number, constraints?: ListConstraints): Tensor {
  // The scores are the logits of every position.
  const policy = { listLength: length, begin: () => ({ logits: scores }), advance: () => ({ logits: scores }) };
  return decodeLists(policy, { rows: scores }, { lists: 1, constraints }).reshape([-1, length]);
}

/** Lists i32 [B, L], each in K orders of its own [B][K][L]: i32 [B, K, L]. */
export function permuteLists(lists: Tensor, orders: readonly (readonly Permutation[])[]): Tensor {
  const [requests, length] = lists.shape;
  const places = Int32Array.from(orders.flat(2));
  const indices = tensor(places, [requests, places.length / requests], { device: lists.device });
  // Elements are taken from floats, which hold candidate positions exactly.
  return lists.cast("f32").takeAlongLast(indices).cast("i32").reshape([requests, -1, length]);
}
