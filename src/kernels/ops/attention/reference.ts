/** The references of attention and of its gradient: one query of one head after the other. */
import { maskRowOffsets } from "../../mask.ts";
import { createArray, type HostTensor, type NumberArray } from "../../operation.ts";
import { keptBy, rowLogSumExp } from "../softmax/exponentials.ts";
import { extentsOf, keepsProbabilities } from "./extents.ts";

/** The product of `length` elements of a from `i` on with those of b from `j` on. */
function dot(a: NumberArray, i: number, b: NumberArray, j: number, length: number): number {
  let sum = 0;
  for (let p = 0; p < length; p++) sum += a[i + p] * b[j + p];
  return sum;
}

/** What the references know of a call, and where they find things. */
function walk(q: HostTensor, k: HostTensor, mask: HostTensor | undefined, heads: number) {
  const at = extentsOf(q, k, heads);
  const { queries, keys, width, headWidth } = at;
  const starts = mask && maskRowOffsets(mask, at.maskedShape);
  const scale = 1 / Math.sqrt(headWidth);
  /** Where the head's part of a row begins, in a tensor of `rows` rows an entry. */
  const place = (rows: number, entry: number, row: number, head: number) =>
    (entry * rows + row) * width + head * headWidth;
  return {
    ...at,
    scale,
    queryAt: (entry: number, row: number, head: number) => place(queries, entry, row, head),
    keyAt: (entry: number, row: number, head: number) => place(keys, entry, row, head),
    numberOf: (entry: number, row: number, head: number) => (entry * heads + head) * queries + row,
    scratch: () => createArray(q.dtype, keys),
    /** Replaces p by the masked softmax of a query's scores; gives their log-sum-exp, unless that is known. */
    softmax(p: NumberArray, entry: number, row: number, head: number, known?: number): number {
      const isKept = keptBy(mask, starts?.[entry * queries + row] ?? 0, 0);
      const query = place(queries, entry, row, head);
      for (let key = 0; key < keys; key++) {
        p[key] = scale * dot(q.data, query, k.data, place(keys, entry, key, head), headWidth);
      }
      const total = known ?? rowLogSumExp(p, 0, keys, isKept) ?? 0;
      for (let key = 0; key < keys; key++) p[key] = isKept(key) ? Math.exp(p[key] - total) : 0;
      return total;
    },
  };
}

export function attentionReference(
  [q, k, v, mask]: readonly HostTensor[],
  [y, statistics]: readonly HostTensor[],
  heads: number,
): void {
  const { batch, queries, keys, headWidth, queryAt, keyAt, numberOf, softmax, scratch } = walk(
    q,
    k,
    mask,
    heads,
  );
  const isKept = keepsProbabilities(keys);
  for (let entry = 0; entry < batch; entry++) {
    for (let head = 0; head < heads; head++) {
      for (let row = 0; row < queries; row++) {
        const number = numberOf(entry, row, head);
        const p = isKept ? statistics.data.subarray(number * keys, (number + 1) * keys) : scratch();
        const total = softmax(p, entry, row, head);
        if (!isKept) statistics.data[number] = total;
        const query = queryAt(entry, row, head);
        for (let j = 0; j < headWidth; j++) {
          let sum = 0;
          for (let key = 0; key < keys; key++) sum += p[key] * v.data[keyAt(entry, key, head) + j];
          y.data[query + j] = sum;
        }
      }
    }
  }
}

export function attentionGradientReference(
  [q, k, v, , statistics, g, mask]: readonly HostTensor[],
  [dq, dk, dv]: readonly HostTensor[],
  heads: number,
): void {
  const { batch, queries, keys, headWidth, scale, queryAt, keyAt, numberOf, softmax, scratch } = walk(
    q,
    k,
    mask,
    heads,
  );
  const isKept = keepsProbabilities(keys);
  const s = scratch();
  for (let entry = 0; entry < batch; entry++) {
    for (let head = 0; head < heads; head++) {
      const keySums = new Float64Array(keys * headWidth);
      const valueSums = new Float64Array(keys * headWidth);
      for (let row = 0; row < queries; row++) {
        const [number, query] = [numberOf(entry, row, head), queryAt(entry, row, head)];
        const p = isKept ? statistics.data.subarray(number * keys, (number + 1) * keys) : scratch();
        if (!isKept) softmax(p, entry, row, head, statistics.data[number]);
        for (let key = 0; key < keys; key++) {
          s[key] = dot(g.data, query, v.data, keyAt(entry, key, head), headWidth);
        }
        const mean = dot(s, 0, p, 0, keys);
        for (let key = 0; key < keys; key++) s[key] = p[key] * (s[key] - mean);
        for (let j = 0; j < headWidth; j++) {
          let sum = 0;
          for (let key = 0; key < keys; key++) {
            sum += s[key] * k.data[keyAt(entry, key, head) + j];
            keySums[key * headWidth + j] += s[key] * q.data[query + j];
            valueSums[key * headWidth + j] += p[key] * g.data[query + j];
          }
          dq.data[query + j] = scale * sum;
        }
      }
      for (let key = 0; key < keys; key++) {
        for (let j = 0; j < headWidth; j++) {
          dk.data[keyAt(entry, key, head) + j] = scale * keySums[key * headWidth + j];
          dv.data[keyAt(entry, key, head) + j] = valueSums[key * headWidth + j];
        }
      }
    }
  }
}
