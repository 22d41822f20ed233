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
import { f32, indexProgram, type TensorSource, u32, type WgslProgram } from "./webgpu/program.ts";
import { maskCode } from "./webgpu/rows.ts";

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

/** Scores and their softmax for each query of each head, and then the values that they weigh. */
function wgsl(
  [q, k, , mask]: readonly TensorSpec[],
  _: readonly TensorSpec[],
  { heads }: AttentionAttributes,
): WgslProgram[] {
  const at = extentsOf(q, k, heads);
  const { batch, queries, keys, headWidth } = at;
  const hiding = maskCode([...q.shape.slice(0, -1), keys], mask, 3);
  const probabilities = indexProgram(
    `attention probabilities${hiding.key}`,
    batch * heads * queries,
    { q: { input: 0 }, k: { input: 1 }, p: { output: 1 }, ...hiding.tensors },
    { ...rowParameters(at, heads), scale: f32(1 / Math.sqrt(headWidth)), ...hiding.parameters },
    `${HEAD_ROW}
${hiding.start}
  var largest = -3.4e38;
  for (var j = 0u; j < parameters.keys; j++) {
    if (is_kept(mask_start + j)) {
      let score = parameters.scale * dot_rows(query_start, key_start + j * parameters.width);
      p[start + j] = score;
      largest = max(largest, score);
    }
  }
  var total = 0.0;
  for (var j = 0u; j < parameters.keys; j++) {
    var exponential = 0.0;
    if (is_kept(mask_start + j)) { exponential = exp(p[start + j] - largest); }
    p[start + j] = exponential;
    total += exponential;
  }
  if (total == 0.0) { return; }
  for (var j = 0u; j < parameters.keys; j++) { p[start + j] /= total; }`,
    hiding.functions + dotRows("q", "k"),
  );
  return [probabilities, weightedSum({ output: 1 }, { input: 2 }, { output: 0 }, at, heads, "queries", 1)];
}

function rowParameters({ queries, keys, width, headWidth }: Extents, heads: number) {
  return {
    queries: u32(queries),
    keys: u32(keys),
    width: u32(width),
    head_width: u32(headWidth),
    heads: u32(heads),
  };
}

/**
 * From the index of one query of one head of one batch entry: its row of scores (`start`), its part of the query's
 * row and of the first key's, and the query's number in the batch (`row`).
 */
const HEAD_ROW = `  let head = i / parameters.queries % parameters.heads;
  let entry = i / parameters.queries / parameters.heads;
  let row = entry * parameters.queries + i % parameters.queries;
  let start = i * parameters.keys;
  let query_start = row * parameters.width + head * parameters.head_width;
  let key_start = entry * parameters.keys * parameters.width + head * parameters.head_width;`;

/** The product of one head's parts of two rows. */
const dotRows = (a: string, b: string) => `
fn dot_rows(start_a: u32, start_b: u32) -> f32 {
  var total = 0.0;
  for (var c = 0u; c < parameters.head_width; c++) { total += ${a}[start_a + c] * ${b}[start_b + c]; }
  return total;
}
`;

/**
 * Each row's part of a head is a sum of `values` rows by [..., h, Q, K] `weights`: for the queries over the keys, for
 * the keys over the queries. One invocation for each element.
 */
function weightedSum(
  weights: TensorSource,
  values: TensorSource,
  out: TensorSource,
  { batch, queries, keys, width, headWidth }: Extents,
  heads: number,
  rowsAre: "queries" | "keys",
  scale: number,
): WgslProgram {
  const [rows, terms] = rowsAre === "queries" ? [queries, keys] : [keys, queries];
  const [rowStride, termStride] = rowsAre === "queries" ? [keys, 1] : [1, keys];
  return indexProgram(
    `attention sum of ${"input" in weights ? "input" : "computed"} weights`,
    batch * rows * width,
    { weights, values, out },
    {
      rows: u32(rows),
      terms: u32(terms),
      row_stride: u32(rowStride),
      term_stride: u32(termStride),
      width: u32(width),
      head_width: u32(headWidth),
      heads: u32(heads),
      scale: f32(scale),
    },
    `  let column = i % parameters.width;
  let row = i / parameters.width % parameters.rows;
  let entry = i / parameters.width / parameters.rows;
  let matrix = entry * parameters.heads + column / parameters.head_width;
  let first_weight = matrix * parameters.rows * parameters.terms + row * parameters.row_stride;
  let first_value = entry * parameters.terms * parameters.width + column;
  var total = 0.0;
  for (var term = 0u; term < parameters.terms; term++) {
    total += weights[first_weight + term * parameters.term_stride] * values[first_value + term * parameters.width];
  }
  out[i] = parameters.scale * total;`,
  );
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
  wgsl([q, k], _, { heads }) {
    const at = extentsOf(q, k, heads);
    const { batch, queries, keys, headWidth } = at;
    const scale = 1 / Math.sqrt(headWidth);
    const ds = { scratch: 0, length: batch * heads * queries * keys, dtype: q.dtype };
    const scores = indexProgram(
      "attention.gradient scores",
      batch * heads * queries,
      { v: { input: 2 }, p: { input: 3 }, g: { input: 4 }, ds },
      rowParameters(at, heads),
      `${HEAD_ROW}
  var total = 0.0;
  for (var j = 0u; j < parameters.keys; j++) {
    let dp = dot_rows(query_start, key_start + j * parameters.width);
    ds[start + j] = dp;
    total += dp * p[start + j];
  }
  for (var j = 0u; j < parameters.keys; j++) { ds[start + j] = p[start + j] * (ds[start + j] - total); }`,
      dotRows("g", "v"),
    );
    return [
      scores,
      weightedSum(ds, { input: 1 }, { output: 0 }, at, heads, "queries", scale),
      weightedSum(ds, { input: 0 }, { output: 1 }, at, heads, "keys", scale),
      weightedSum({ input: 3 }, { input: 4 }, { output: 2 }, at, heads, "keys", 1),
    ];
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
  wgsl,
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
