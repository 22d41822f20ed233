/**
 * Multi-head attention with a masked softmax (Vaswani et al. 2017), on heads that lie side by side in the width:
 * q [..., Q, D], k [..., K, D], v [..., K, D], an optional mask that broadcasts to [..., Q, K] and holds for all
 * heads; h heads of width d = D / h. For each head
 *
 *   p = softmax_masked(q k^T / sqrt(d))      [..., h, Q, K]
 *   y = p v                                  [..., Q, D], the heads side by side
 *
 * A query whose mask keeps no key gives zeros and takes no gradient. The probabilities are the second output.
 */
import { gemm, type MatrixView } from "./cpu-gemm.ts";
import type { Draw } from "./draw.ts";
import { checkMask, maskRowOffsets } from "./mask.ts";
import {
  checkTypes,
  type GradientOperation,
  type HostTensor,
  type NumberArray,
  type Operation,
  type TensorSpec,
} from "./operation.ts";
import { formatShape, type Shape, ShapeError, sameShape, sizeOf } from "./shape.ts";
import { rowLogSumExp } from "./softmax.ts";

export interface AttentionAttributes {
  /** Number of heads; divides the width D. */
  readonly heads: number;
}

interface Extents {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly headWidth: number;
}

function extentsOf(q: TensorSpec, k: TensorSpec, heads: number): Extents {
  const [queries, width] = q.shape.slice(-2);
  const keys = k.shape[k.shape.length - 2];
  return { batch: sizeOf(q.shape.slice(0, -2)), queries, keys, width, headWidth: width / heads };
}

/** Rows of one head of one batch entry inside a [..., rows, D] tensor. */
function headView(tensor: HostTensor, rows: number, entry: number, head: number, at: Extents): MatrixView {
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
  if (mask !== undefined) {
    checkMask(name, mask, [...q.shape.slice(0, -1), k.shape[k.shape.length - 2]]);
  }
}

function reference(
  [q, k, v, mask]: readonly HostTensor[],
  [out, probabilities]: readonly HostTensor[],
  { heads }: AttentionAttributes,
): void {
  const at = extentsOf(q, k, heads);
  const { batch, queries, keys, headWidth } = at;
  const offsets = mask && maskRowOffsets(mask, [...q.shape.slice(0, -1), keys]);
  const scale = 1 / Math.sqrt(headWidth);
  for (let entry = 0; entry < batch; entry++) {
    for (let head = 0; head < heads; head++) {
      const start = (entry * heads + head) * queries * keys;
      const scores = rowMajor(probabilities.data, keys, start);
      const query = headView(q, queries, entry, head, at);
      const key = headView(k, keys, entry, head, at);
      gemm(queries, keys, headWidth, query, transposed(key), scores, undefined, scale);
      for (let row = 0; row < queries; row++) {
        const maskStart = offsets ? offsets[entry * queries + row] : -1;
        softmaxRow(probabilities.data, start + row * keys, keys, mask?.data, maskStart);
      }
      const value = headView(v, keys, entry, head, at);
      const result = headView(out, queries, entry, head, at);
      gemm(queries, headWidth, keys, scores, value, result, undefined, 1);
    }
  }
}

/** Replaces a row of logits by its masked softmax. */
function softmaxRow(
  data: NumberArray,
  start: number,
  columns: number,
  mask: NumberArray | undefined,
  maskStart: number,
): void {
  const total = rowLogSumExp(data, start, columns, mask, maskStart);
  for (let j = 0; j < columns; j++) {
    const kept = total !== undefined && (mask === undefined || mask[maskStart + j] !== 0);
    data[start + j] = kept ? Math.exp(data[start + j] - total) : 0;
  }
}

/**
 * Inputs q, k, v, p, g; outputs dq, dk, dv. With dp = g v^T and s the softmax's gradient p (dp - sum_j dp_j p_j):
 * dv = p^T g, dq = s k / sqrt(d), dk = s^T q / sqrt(d).
 */
const attentionGradient: GradientOperation<AttentionAttributes> = {
  name: "attention.gradient",
  outputs: ([q, k, v]) => [q, k, v],
  reference([q, k, v, p, g], [dq, dk, dv], { heads }) {
    const at = extentsOf(q, k, heads);
    const { batch, queries, keys, headWidth } = at;
    const scale = 1 / Math.sqrt(headWidth);
    const scratch = q.dtype === "f64" ? new Float64Array(queries * keys) : new Float32Array(queries * keys);
    const scores = rowMajor(scratch, keys);
    for (let entry = 0; entry < batch; entry++) {
      for (let head = 0; head < heads; head++) {
        const rows = (tensor: HostTensor, count: number) => headView(tensor, count, entry, head, at);
        const start = (entry * heads + head) * queries * keys;
        const probabilities = rowMajor(p.data, keys, start);
        const gradient = rows(g, queries);
        gemm(keys, headWidth, queries, transposed(probabilities), gradient, rows(dv, keys), undefined, 1);
        gemm(queries, keys, headWidth, gradient, transposed(rows(v, keys)), scores, undefined, 1);
        softmaxGradientRows(scratch, p.data, start, queries, keys);
        gemm(queries, headWidth, keys, scores, rows(k, keys), rows(dq, queries), undefined, scale);
        gemm(
          keys,
          headWidth,
          queries,
          transposed(scores),
          rows(q, queries),
          rows(dk, keys),
          undefined,
          scale,
        );
      }
    }
  },
};

/** Replaces the rows of dp by p (dp - sum_j dp_j p_j); p starts at `start`. */
function softmaxGradientRows(
  dp: NumberArray,
  p: NumberArray,
  start: number,
  rows: number,
  columns: number,
): void {
  for (let row = 0; row < rows; row++) {
    const at = row * columns;
    let dot = 0;
    for (let j = at; j < at + columns; j++) dot += dp[j] * p[start + j];
    for (let j = at; j < at + columns; j++) dp[j] = p[start + j] * (dp[j] - dot);
  }
}

export const attention: Operation<AttentionAttributes> = {
  name: "attention",
  outputs(inputs, { heads }) {
    checkInputs("attention", inputs, heads);
    const [q, k] = inputs;
    const { queries, keys } = extentsOf(q, k, heads);
    const probabilities = [...q.shape.slice(0, -2), heads, queries, keys];
    return [
      { shape: q.shape, dtype: q.dtype },
      { shape: probabilities, dtype: q.dtype },
    ];
  },
  reference,
  gradient: ({ inputs: [q, k, v], outputs, outputGradient, attributes, run }) =>
    run(attentionGradient, [q, k, v, outputs[1], outputGradient], attributes),
  sample(draw: Draw) {
    const heads = draw.integer(1, 2);
    const width = heads * draw.integer(1, 3);
    const [queries, keys] = [draw.integer(0, 5), draw.integer(0, 5)];
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
