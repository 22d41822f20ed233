/**
 * Multi-head attention with a masked softmax (Vaswani et al. 2017), on heads that lie side by side in the width:
 * q [..., Q, D], k [..., K, D], v [..., K, D], an optional mask that broadcasts to [..., Q, K] and holds for all
 * heads; h heads of width d = D / h. For each head
 *
 *   p = softmax_masked(q k^T / sqrt(d))      [..., h, Q, K]
 *   y = p v                                  [..., Q, D], the heads side by side
 *
 * A query whose mask keeps no key gives zeros and takes no gradient. The second output is what the gradient makes p
 * from: for short lists p itself; for long ones the log-sum-exp of every query's scores, [..., h, Q] (0 where no key is
 * kept), so that nothing of size Q x K outlives the call.
 */

import type { Draw } from "../../draw.ts";
import { checkMask, maskRowOffsets } from "../../mask.ts";
import {
  checkTypes,
  type GradientOperation,
  type HostTensor,
  type NumberArray,
  type Operation,
  type TensorSpec,
} from "../../operation.ts";
import { formatShape, type Shape, ShapeError, sameShape } from "../../shape.ts";
import { maskCode } from "../../webgpu/rows.ts";
import { gemm, type MatrixView } from "../matmul/reference.ts";
import { type IsKept, keptBy, rowLogSumExp } from "../softmax/exponentials.ts";
import { type AttentionExtents, extentsOf, keepsProbabilities } from "./extents.ts";
import { longAttention, longAttentionGradient, shortAttention, shortAttentionGradient } from "./simd.ts";
import { attentionCall } from "./simd-heads.ts";
import { longAttentionGradientPrograms, longAttentionProgram } from "./wgsl-long.ts";
import { shortAttentionGradientPrograms, shortAttentionPrograms } from "./wgsl-short.ts";

/** Of {@link attention}. */
export interface AttentionAttributes {
  /** Number of heads; divides the width D. */
  readonly heads: number;
}

/** Rows of one head of one batch entry inside a [..., rows, D] tensor. */
function headView(
  tensor: HostTensor,
  rows: number,
  entry: number,
  head: number,
  at: AttentionExtents,
): MatrixView {
  const offset = entry * rows * at.width + head * at.headWidth;
  return { data: tensor.data, offset, rowStride: at.width, columnStride: 1 };
}

function transposed(view: MatrixView): MatrixView {
  return { ...view, rowStride: view.columnStride, columnStride: view.rowStride };
}

function rowMajor(data: NumberArray, columns: number, offset = 0): MatrixView {
  return { data, offset, rowStride: columns, columnStride: 1 };
}

function checkInputs(name: string, inputs: readonly TensorSpec[], heads: number): void {
  const [q, k, v, mask] = inputs;
  checkTypes(name, [q, k, v], ["float"]);
  const shapes = `q ${formatShape(q.shape)}, k ${formatShape(k.shape)}, v ${formatShape(v.shape)}`;
  const leading = (shape: Shape) => shape.slice(0, -2);
  if (
    q.shape.length < 2 ||
    !sameShape(k.shape, v.shape) ||
    !sameShape(leading(q.shape), leading(k.shape)) ||
    q.shape.at(-1) !== k.shape.at(-1)
  ) {
    throw new ShapeError(`${name}: expected q [..., Q, D], k and v [..., K, D], got ${shapes}`);
  }
  const width = q.shape[q.shape.length - 1];
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new ShapeError(`${name}: ${heads} heads do not divide the width ${width} of ${shapes}`);
  }
  if (mask !== undefined) checkMask(name, mask, extentsOf(q, k, heads).maskedShape);
}

/** Scores q k^T / sqrt(d) of one head of one entry, into `scores` [Q, K]. */
function computeScores(
  q: HostTensor,
  k: HostTensor,
  scores: MatrixView,
  entry: number,
  head: number,
  at: AttentionExtents,
): void {
  const query = headView(q, at.queries, entry, head, at);
  const key = headView(k, at.keys, entry, head, at);
  const scale = 1 / Math.sqrt(at.headWidth);
  gemm(at.queries, at.keys, at.headWidth, query, transposed(key), scores, scale);
}

/** p of one head of one entry where it is kept, else nothing. */
function keptProbabilities(statistics: HostTensor, matrix: number, { queries, keys }: AttentionExtents) {
  return keepsProbabilities(keys) ? rowMajor(statistics.data, keys, matrix * queries * keys) : undefined;
}

function scratchMatrix(like: HostTensor, rows: number, columns: number): MatrixView {
  const size = rows * columns;
  return rowMajor(like.dtype === "f64" ? new Float64Array(size) : new Float32Array(size), columns);
}

/** Tells which scores of a query, number `row` of an entry, are kept: those from `start` on, in the order of the keys. */
function keptKeys(mask: HostTensor | undefined, { queries, maskedShape }: AttentionExtents) {
  const starts = mask && maskRowOffsets(mask, maskedShape);
  return (entry: number, row: number, start: number) =>
    keptBy(mask, starts?.[entry * queries + row] ?? 0, start);
}

function reference(
  [q, k, v, mask]: readonly HostTensor[],
  [out, statistics]: readonly HostTensor[],
  { heads }: AttentionAttributes,
): void {
  const at = extentsOf(q, k, heads);
  const { batch, queries, keys, headWidth } = at;
  const kept = keptKeys(mask, at);
  const scratch = scratchMatrix(q, queries, keys);
  for (let entry = 0; entry < batch; entry++) {
    for (let head = 0; head < heads; head++) {
      const matrix = entry * heads + head;
      const probabilities = keptProbabilities(statistics, matrix, at);
      const p = probabilities ?? scratch;
      computeScores(q, k, p, entry, head, at);
      for (let row = 0; row < queries; row++) {
        const start = p.offset + row * keys;
        const isKept = kept(entry, row, start);
        const total = rowLogSumExp(p.data, start, start + keys, isKept) ?? 0;
        if (probabilities === undefined) statistics.data[matrix * queries + row] = total;
        softmaxRow(p.data, start, start + keys, total, isKept);
      }
      const value = headView(v, keys, entry, head, at);
      gemm(queries, headWidth, keys, p, value, headView(out, queries, entry, head, at));
    }
  }
}

/** Replaces a row of scores by their masked softmax, given the log-sum-exp of the row. */
function softmaxRow(data: NumberArray, start: number, end: number, logSum: number, isKept: IsKept): void {
  for (let i = start; i < end; i++) data[i] = isKept(i) ? Math.exp(data[i] - logSum) : 0;
}

/** Replaces a row of dp by p (dp - sum_j dp_j p_j). */
function softmaxGradientRow(dp: MatrixView, p: MatrixView, row: number, columns: number): void {
  const [start, from] = [dp.offset + row * columns, p.offset + row * columns];
  let dot = 0;
  for (let j = 0; j < columns; j++) dot += dp.data[start + j] * p.data[from + j];
  for (let j = 0; j < columns; j++) dp.data[start + j] = p.data[from + j] * (dp.data[start + j] - dot);
}

/**
 * Inputs q, k, v, y, the statistics, g and perhaps the mask; outputs dq, dk, dv. With dp = g v^T and s the softmax's
 * gradient p (dp - sum_j dp_j p_j), where that sum is g y: dv = p^T g, dq = s k / sqrt(d), dk = s^T q / sqrt(d).
 */
const attentionGradient: GradientOperation<AttentionAttributes> = {
  name: "attention.gradient",
  signature: "q, k, v, y, statistics, g, mask -> dq, dk, dv",
  outputs: ([q, k, v]) => [q, k, v],
  reference([q, k, v, , statistics, g, mask], [dq, dk, dv], { heads }) {
    const at = extentsOf(q, k, heads);
    const { batch, queries, keys, headWidth } = at;
    const scale = 1 / Math.sqrt(headWidth);
    const kept = keptKeys(mask, at);
    const [scratch, s] = [scratchMatrix(q, queries, keys), scratchMatrix(q, queries, keys)];
    for (let entry = 0; entry < batch; entry++) {
      for (let head = 0; head < heads; head++) {
        const rows = (tensor: HostTensor, count: number) => headView(tensor, count, entry, head, at);
        const matrix = entry * heads + head;
        const gradient = rows(g, queries);
        const probabilities = keptProbabilities(statistics, matrix, at);
        const p = probabilities ?? scratch;
        if (probabilities === undefined) computeScores(q, k, p, entry, head, at);
        gemm(queries, keys, headWidth, gradient, transposed(rows(v, keys)), s);
        for (let row = 0; row < queries; row++) {
          if (probabilities === undefined) {
            const start = row * keys;
            const total = statistics.data[matrix * queries + row];
            softmaxRow(p.data, start, start + keys, total, kept(entry, row, start));
          }
          softmaxGradientRow(s, p, row, keys);
        }
        gemm(keys, headWidth, queries, transposed(p), gradient, rows(dv, keys));
        gemm(queries, headWidth, keys, s, rows(k, keys), rows(dq, queries), scale);
        gemm(keys, headWidth, queries, transposed(s), rows(q, queries), rows(dk, keys), scale);
      }
    }
  },
  simd([q, k, , , , , mask], _, { heads }) {
    const at = extentsOf(q, k, heads);
    if (keepsProbabilities(at.keys)) return attentionCall(shortAttentionGradient, at, undefined);
    return attentionCall(longAttentionGradient, at, mask);
  },
  wgsl([q, k, , , , , mask], _, { heads }) {
    const at = extentsOf(q, k, heads);
    if (keepsProbabilities(at.keys)) return shortAttentionGradientPrograms(at);
    return longAttentionGradientPrograms(at, maskCode(at.maskedShape, mask));
  },
};

/** Multi-head attention: q [..., Q, D], k and v [..., K, D], and a mask -> [..., Q, D]. */
export const attention: Operation<AttentionAttributes> = {
  name: "attention",
  signature: "q, k, v, mask -> y, statistics",
  outputs(inputs, { heads }) {
    checkInputs("attention", inputs, heads);
    const [q, k] = inputs;
    const { queries, keys } = extentsOf(q, k, heads);
    const ofQueries = [...q.shape.slice(0, -2), heads, queries];
    return [
      { shape: q.shape, dtype: q.dtype },
      { shape: keepsProbabilities(keys) ? [...ofQueries, keys] : ofQueries, dtype: q.dtype },
    ];
  },
  reference,
  simd([q, k, , mask], _, { heads }) {
    const at = extentsOf(q, k, heads);
    return attentionCall(keepsProbabilities(at.keys) ? shortAttention : longAttention, at, mask);
  },
  wgsl([q, k, , mask], _, { heads }) {
    const at = extentsOf(q, k, heads);
    const hiding = maskCode(at.maskedShape, mask);
    return keepsProbabilities(at.keys)
      ? shortAttentionPrograms(at, hiding)
      : [longAttentionProgram(at, hiding)];
  },
  gradient({ inputs: [q, k, v, mask], outputs: [y, statistics], outputGradient, attributes, run }) {
    const inputs = [q, k, v, y, statistics, outputGradient];
    return run(attentionGradient, mask === undefined ? inputs : [...inputs, mask], attributes);
  },
  sample(draw: Draw) {
    const heads = draw.integer(1, 2);
    // The kernels for long lists are unrolled over the width of a head: wide ones take long to compile.
    const width = heads * draw.extent(1, 3, 33);
    const [queries, keys] = [draw.extent(0, 5), draw.extent(0, 5)];
    const batch = draw.shape(0, 2);
    const inputs = [
      [queries, width],
      [keys, width],
      [keys, width],
    ].map((rows) => draw.floats([...batch, ...rows]));
    const masked = draw.integer(0, 2);
    if (masked === 1) inputs.push(draw.mask([queries, keys]));
    if (masked === 2) inputs.push(draw.mask([...batch, 1, keys]));
    return { inputs, attributes: { heads } };
  },
};
