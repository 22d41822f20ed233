/**
 * Bounds of attention, head by head, for both of its kernels: the one for short lists keeps the probabilities; the one
 * for long lists meets the keys one after the other, keeps the log-sum-exp of the scores, and makes the probabilities
 * from it again for the gradient.
 */

import type { AttentionAttributes } from "../../../src/kernels/index.ts";
import { maskRowOffsets } from "../../../src/kernels/mask.ts";
import { keepsProbabilities } from "../../../src/kernels/ops/attention/extents.ts";
import type { BoundedTensor, ErrorRule } from "./device.ts";
import { type Bounded, dot, exact, exp, log, loosen, product, quotient, rounded, subtract, sum } from "./numbers.ts";
import { exponentials } from "./softmax.ts";

/** One head of one query of one batch entry. */
interface HeadQuery {
  /** Its place among [..., h, Q]. */
  readonly number: number;
  /** Where its part of a row begins in q, y and g. */
  readonly start: number;
  /** The keys that its mask keeps. */
  readonly kept: readonly HeadKey[];
}

interface HeadKey {
  /** Its place among the keys. */
  readonly number: number;
  /** Where the head's part of its row begins in k and v. */
  readonly start: number;
}

interface Extents {
  readonly keys: number;
  readonly headWidth: number;
  /** 1 / sqrt(d). */
  readonly scale: Bounded;
}

function extentsOf(q: BoundedTensor, k: BoundedTensor, heads: number): Extents {
  const headWidth = q.shape[q.shape.length - 1] / heads;
  return { keys: k.shape[k.shape.length - 2], headWidth, scale: rounded(1 / Math.sqrt(headWidth)) };
}

function headQueries(
  q: BoundedTensor,
  mask: BoundedTensor | undefined,
  heads: number,
  { keys, headWidth }: Extents,
): HeadQuery[] {
  const [queries, width] = q.shape.slice(-2);
  const maskStarts = mask && maskRowOffsets(mask, [...q.shape.slice(0, -1), keys]);
  const entries = q.shape.slice(0, -2).reduce((count, extent) => count * extent, 1);
  return Array.from({ length: entries * heads * queries }, (_, number) => {
    const head = Math.floor(number / queries) % heads;
    const entry = Math.floor(number / queries / heads);
    const row = entry * queries + (number % queries);
    const isKept = (key: number) =>
      mask === undefined || maskStarts === undefined || mask.data[maskStarts[row] + key] !== 0;
    const all = Array.from({ length: keys }, (_, key) => key);
    const kept = all
      .filter(isKept)
      .map((key) => ({ number: key, start: (entry * keys + key) * width + head * headWidth }));
    return { number, start: row * width + head * headWidth, kept };
  });
}

/** The scale may be applied to a factor of each term or to their sum; applied to each term it bounds both. */
function scaledDot(scale: Bounded, a: readonly Bounded[], b: readonly Bounded[]): Bounded {
  return sum(a.map((own, c) => product(scale, own, b[c])));
}

/**
 * For long lists, a weight exp(score - largest so far), and all that was summed, is multiplied by
 * exp(largest before - largest) at most once for each key that follows. The exponents add up to score - largest, which
 * `exponentials` accounts for; the 3 ULP of each such factor, and the 1 of its product, come on top.
 */
const ULPS_PER_KEY = 4;

const attention: ErrorRule<AttentionAttributes> = ([q, k, v, mask], [y, statistics], { heads }) => {
  const extents = extentsOf(q, k, heads);
  const { keys, headWidth, scale } = extents;
  for (const { number, start, kept } of headQueries(q, mask, heads, extents)) {
    if (kept.length === 0) continue;
    const query = q.elements(start, start + headWidth);
    const scores = kept.map((key) => scaledDot(scale, query, k.elements(key.start, key.start + headWidth)));
    const { largest, each, total } = exponentials(scores);
    const column = (c: number) => kept.map((key) => v.at(key.start + c));
    if (keepsProbabilities(keys)) {
      const factor = quotient(exact(1), total);
      const probabilities = each.map((own) => product(own, factor));
      kept.forEach((key, j) => {
        statistics.bound(number * keys + key.number, probabilities[j]);
      });
      for (let c = 0; c < headWidth; c++) y.bound(start + c, dot(probabilities, column(c)));
    } else {
      const weights = each.map((own) => loosen(own, ULPS_PER_KEY * keys));
      const loose = sum(weights);
      const factor = quotient(exact(1), loose);
      statistics.bound(number, sum([largest, log(loose)]));
      for (let c = 0; c < headWidth; c++) y.bound(start + c, product(factor, dot(weights, column(c))));
    }
  }
};

/** Terms of the sum for each element of a tensor. */
function termsFor(tensor: BoundedTensor): Bounded[][] {
  return Array.from({ length: tensor.data.length }, () => []);
}

/** With dp = g v^T and s = p (dp - sum_j dp_j p_j), where that sum is g y: dq = s k scale, dk = s^T q scale, dv = p^T g. */
const attentionGradient: ErrorRule<AttentionAttributes> = ([q, k, v, y, statistics, g, mask], outputs, { heads }) => {
  const extents = extentsOf(q, k, heads);
  const { keys, headWidth, scale } = extents;
  const [dq, dk, dv] = outputs.map(termsFor);
  for (const { number, start, kept } of headQueries(q, mask, heads, extents)) {
    const part = (tensor: BoundedTensor, from: number) => tensor.elements(from, from + headWidth);
    const [query, slopes] = [part(q, start), part(g, start)];
    const again = (key: HeadKey) => exp(subtract(scaledDot(scale, query, part(k, key.start)), statistics.at(number)));
    const isKept = keepsProbabilities(keys);
    const p = kept.map((key) => (isKept ? statistics.at(number * keys + key.number) : again(key)));
    const dp = kept.map((key) => dot(slopes, part(v, key.start)));
    const delta = isKept ? dot(dp, p) : dot(slopes, part(y, start));
    kept.forEach((key, j) => {
      const share = product(p[j], subtract(dp[j], delta));
      for (let c = 0; c < headWidth; c++) {
        dq[start + c].push(product(share, k.at(key.start + c)));
        dk[key.start + c].push(product(share, query[c]));
        dv[key.start + c].push(product(p[j], slopes[c]));
      }
    });
  }
  [dq, dk, dv].forEach((terms, index) => {
    terms.forEach((own, i) => {
      outputs[index].bound(i, index < 2 ? product(scale, sum(own)) : sum(own));
    });
  });
};

export const attentionRules: Readonly<Record<string, ErrorRule>> = {
  attention: attention as ErrorRule,
  "attention.gradient": attentionGradient as ErrorRule,
};
