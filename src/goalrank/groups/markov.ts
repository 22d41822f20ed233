/**
 * Method 4 of appendix C, Markov chain: all pairs are scored for the first two positions, and each next item depends on
 * the previous one only. With item scores s, pair scores m and temperature T,
 *
 *   P(i, j)                = softmax over all pairs i != j of (s_i + m_ij) / T
 *   P(k | previous j)      = softmax over what the list does not hold yet of m_jk / T
 */
import { heldScope, noGrad, Random, tensor } from "../../tensor/index.ts";
import { pairMask } from "../decoding/decode.ts";
import type { Generator, GeneratorMemory } from "../generator.ts";
import { checkTemperature, type DrawOptions, type SourceLists } from "./lists.ts";

/** How well candidates do in the first place, and after one another. */
export interface PairScores {
  /** Of each candidate in the first place, s: [B, N]. */
  readonly items: Float32Array;
  /** Of each candidate, the second index, right after another, the first, m: [B, N, N]. The diagonal is not read. */
  readonly pairs: Float32Array;
}

/**
 * Pair scores from the generator: the log-probabilities of its first position, and those of its second position after
 * each of the N prefixes of one item. So s_i + m_ij is log pi of the prefix (i, j), and what the chain adds is to carry
 * the second position's preferences on to all later ones.
 */
export async function pairScores(generator: Generator, memory: GeneratorMemory): Promise<PairScores> {
  using held = heldScope();
  const [requests, candidates] = memory.rows.shape;
  const { device } = memory.rows;
  const [items, pairs] = held.run(() =>
    noGrad(() => {
      const first = generator.begin(memory, 1);
      if (generator.listLength === 1) return [first.logits.logSoftmax(), undefined];
      const everyItem = Int32Array.from({ length: requests * candidates }, (_, at) => at % candidates);
      const choices = tensor(everyItem, [requests, candidates], { device });
      const firstAlone = tensor(new Int32Array(everyItem.length), [requests, candidates], { device });
      const second = generator.advance(memory, first, choices, firstAlone);
      const others = pairMask(candidates, device, (previous, next) => previous !== next);
      const logits = second.logits.reshape([requests, candidates, candidates]);
      return [first.logits.logSoftmax(), logits.logSoftmax(others)];
    }),
  );
  return {
    items: (await items.data()) as Float32Array,
    pairs: ((await pairs?.data()) ?? new Float32Array(requests * candidates ** 2)) as Float32Array,
  };
}

/**
 * `count` lists for each request, drawn from the chain: [B, count, L].
 * @throws RangeError for a temperature that is not positive
 */
export function markovLists(
  { items, pairs }: PairScores,
  requests: number,
  count: number,
  { candidates, length, key, temperature }: DrawOptions & { readonly temperature: number },
): SourceLists {
  checkTemperature("markov", temperature);
  const random = new Random(key);
  const lists = new Int32Array(requests * count * length);
  for (let request = 0; request < requests; request++) {
    const own = items.subarray(request * candidates, (request + 1) * candidates);
    const after = pairs.subarray(request * candidates ** 2, (request + 1) * candidates ** 2);
    const starts = length === 1 ? own : scorePairs(own, after);
    const startWeights = softmaxWeights(starts, temperature);
    for (let copy = 0; copy < count; copy++) {
      const start = (request * count + copy) * length;
      const list = lists.subarray(start, start + length);
      const drawn = drawIndex(startWeights, random);
      if (length === 1) list[0] = drawn;
      else list.set([Math.floor(drawn / candidates), drawn % candidates]);
      for (let t = 2; t < length; t++) {
        const scores = after.slice(list[t - 1] * candidates, (list[t - 1] + 1) * candidates);
        for (const used of list.subarray(0, t)) scores[used] = Number.NEGATIVE_INFINITY;
        list[t] = drawIndex(softmaxWeights(scores, temperature), random);
      }
    }
  }
  return { source: "markov", count, lists };
}

/** s_i + m_ij, minus infinity on the diagonal: [N, N]. */
function scorePairs(items: Float32Array, pairs: Float32Array): Float32Array {
  const candidates = items.length;
  return pairs.map((score, at) => {
    const first = Math.floor(at / candidates);
    return first === at % candidates ? Number.NEGATIVE_INFINITY : items[first] + score;
  });
}

/** Proportional to softmax(scores / temperature); the largest is 1. */
function softmaxWeights(scores: Float32Array, temperature: number): Float64Array {
  const largest = scores.reduce((high, score) => Math.max(high, score), Number.NEGATIVE_INFINITY);
  return Float64Array.from(scores, (score) => Math.exp((score - largest) / temperature));
}

/** An index drawn in proportion to the weights. */
function drawIndex(weights: Float64Array, random: Random): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let left = random.uniform() * total;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    last = i;
    left -= weights[i];
    if (left < 0) return i;
  }
  // Rounding left a rest over: it belongs to the last index that can be drawn.
  return last;
}
