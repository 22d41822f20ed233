/** The references of attention and of its gradient: one query of one head after the other. */
import { type IsKept, keptBy, maskRowOffsets } from "../../mask.ts";
import { createArray, type HostTensor, type NumberArray } from "../../operation.ts";
import { rowLogSumExp } from "../softmax/exponentials.ts";
import { type AttentionExtents, extentsOf, keepsProbabilities } from "./extents.ts";

/** The heads of all entries: where their parts of the entry's first rows begin, and the number of their first query. */
function* headsOf({ batch, heads, queries, keys, width, headWidth }: AttentionExtents) {
  for (let entry = 0; entry < batch; entry++) {
    for (let head = 0; head < heads; head++) {
      const firstQuery = entry * queries * width + head * headWidth;
      const firstKey = entry * keys * width + head * headWidth;
      yield { entry, firstQuery, firstKey, firstNumber: (entry * heads + head) * queries };
    }
  }
}

/** The product of `length` elements of a from `i` on with those of b from `j` on. */
function dot(a: NumberArray, i: number, b: NumberArray, j: number, length: number): number {
  let sum = 0;
  for (let p = 0; p < length; p++) sum += a[i + p] * b[j + p];
  return sum;
}

/** Tells which keys a query of an entry meets. */
function keptKeys(mask: HostTensor | undefined, { queries, maskedShape }: AttentionExtents) {
  const starts = mask && maskRowOffsets(mask, maskedShape);
  return (entry: number, row: number): IsKept => keptBy(mask, starts?.[entry * queries + row] ?? 0, 0);
}

/** p of a query: kept in the statistics, or scratch. */
function probabilitiesOf(statistics: HostTensor, number: number, keys: number): NumberArray {
  if (!keepsProbabilities(keys)) return createArray(statistics.dtype, keys);
  return statistics.data.subarray(number * keys, (number + 1) * keys);
}

/** Makes p the masked softmax of the scores of the query at `query`; gives their log-sum-exp, which may be known. */
function softmaxOfScores(
  p: NumberArray,
  [q, k]: readonly HostTensor[],
  query: number,
  firstKey: number,
  { keys, width, headWidth }: AttentionExtents,
  isKept: IsKept,
  known?: number,
): number {
  const scale = 1 / Math.sqrt(headWidth);
  for (let key = 0; key < keys; key++) {
    p[key] = scale * dot(q.data, query, k.data, firstKey + key * width, headWidth);
  }
  const total = known ?? rowLogSumExp(p, 0, keys, isKept) ?? 0;
  for (let key = 0; key < keys; key++) p[key] = isKept(key) ? Math.exp(p[key] - total) : 0;
  return total;
}

export function attentionReference(
  inputs: readonly HostTensor[],
  [y, statistics]: readonly HostTensor[],
  heads: number,
): void {
  const [q, k, v, mask] = inputs;
  const at = extentsOf(q, k, heads);
  const { queries, keys, width, headWidth } = at;
  const kept = keptKeys(mask, at);
  for (const { entry, firstQuery, firstKey, firstNumber } of headsOf(at)) {
    for (let row = 0; row < queries; row++) {
      const query = firstQuery + row * width;
      const p = probabilitiesOf(statistics, firstNumber + row, keys);
      const total = softmaxOfScores(p, inputs, query, firstKey, at, kept(entry, row));
      if (!keepsProbabilities(keys)) statistics.data[firstNumber + row] = total;
      for (let j = 0; j < headWidth; j++) {
        let sum = 0;
        for (let key = 0; key < keys; key++) sum += p[key] * v.data[firstKey + key * width + j];
        y.data[query + j] = sum;
      }
    }
  }
}

/** With dp = g v^T and s = p (dp - sum_j dp_j p_j): dq = s k / sqrt(d), dk = s^T q / sqrt(d), dv = p^T g. */
export function attentionGradientReference(
  inputs: readonly HostTensor[],
  [dq, dk, dv]: readonly HostTensor[],
  heads: number,
): void {
  const [q, k, v, , statistics, g, mask] = inputs;
  const at = extentsOf(q, k, heads);
  const { queries, keys, width, headWidth } = at;
  const scale = 1 / Math.sqrt(headWidth);
  const kept = keptKeys(mask, at);
  const s = createArray(q.dtype, keys);
  for (const { entry, firstQuery, firstKey, firstNumber } of headsOf(at)) {
    const [keySums, valueSums] = [new Float64Array(keys * headWidth), new Float64Array(keys * headWidth)];
    for (let row = 0; row < queries; row++) {
      const query = firstQuery + row * width;
      const p = probabilitiesOf(statistics, firstNumber + row, keys);
      if (!keepsProbabilities(keys)) {
        const total = statistics.data[firstNumber + row];
        softmaxOfScores(p, inputs, query, firstKey, at, kept(entry, row), total);
      }
      for (let key = 0; key < keys; key++) {
        s[key] = dot(g.data, query, v.data, firstKey + key * width, headWidth);
      }
      const mean = dot(s, 0, p, 0, keys);
      for (let key = 0; key < keys; key++) s[key] = p[key] * (s[key] - mean);
      for (let j = 0; j < headWidth; j++) {
        let sum = 0;
        for (let key = 0; key < keys; key++) {
          sum += s[key] * k.data[firstKey + key * width + j];
          keySums[key * headWidth + j] += s[key] * q.data[query + j];
          valueSums[key * headWidth + j] += p[key] * g.data[query + j];
        }
        dq.data[query + j] = scale * sum;
      }
    }
    for (let i = 0; i < keys * headWidth; i++) {
      const place = firstKey + Math.floor(i / headWidth) * width + (i % headWidth);
      dk.data[place] = scale * keySums[i];
      dv.data[place] = valueSums[i];
    }
  }
}
