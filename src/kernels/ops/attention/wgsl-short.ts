/** WGSL of attention over short lists: matrix products around a softmax whose result is kept for the gradient. */
import type { Program, TensorPlace } from "../../dispatch.ts";
import { indexProgram } from "../../webgpu/program.ts";
import type { MaskCode } from "../../webgpu/rows.ts";
import { type MatrixPlace, type Product, productPrograms } from "../matmul/wgsl.ts";
import type { AttentionExtents } from "./extents.ts";

/** Where the parts of the heads of a tensor [.., rows, width] lie. */
function headsOf(source: TensorPlace, rows: number, at: AttentionExtents): MatrixPlace {
  const batchStrides = [rows * at.width, at.headWidth];
  return { source, rowStride: at.width, columnStride: 1, batchStrides };
}

/** Where the matrices of a tensor [.., heads, queries, keys] lie. */
function scoresOf(source: TensorPlace, { heads, queries, keys }: AttentionExtents): MatrixPlace {
  const size = queries * keys;
  return { source, rowStride: keys, columnStride: 1, batchStrides: [heads * size, size] };
}

function transposed(place: MatrixPlace): MatrixPlace {
  return { ...place, rowStride: place.columnStride, columnStride: place.rowStride };
}

/** One product for each head of each entry of the batch. */
function headProduct(name: string, at: AttentionExtents, product: Omit<Product, "batch">): Program[] {
  const { rows, columns } = product;
  const batch = [at.batch, at.heads];
  return at.batch * rows * columns === 0 ? [] : productPrograms(name, { batch, ...product });
}

/** Where the inputs q, k and v lie, and the scale and the extents of products with them. */
function headPlaces(at: AttentionExtents) {
  const { queries, keys, headWidth } = at;
  return {
    q: headsOf({ input: 0 }, queries, at),
    k: headsOf({ input: 1 }, keys, at),
    v: headsOf({ input: 2 }, keys, at),
    scale: 1 / Math.sqrt(headWidth),
    ofScores: { rows: queries, columns: keys, depth: headWidth },
    ofQueries: { rows: queries, columns: headWidth, depth: keys },
    ofKeys: { rows: keys, columns: headWidth, depth: queries },
  };
}

/** For inputs q, k, v: outputs y and p. */
export function shortAttentionPrograms(at: AttentionExtents, mask: MaskCode): Program[] {
  const { q, k, v, scale, ofScores, ofQueries } = headPlaces(at);
  const p = scoresOf({ output: 1 }, at);
  const y = headsOf({ output: 0 }, at.queries, at);
  return [
    ...headProduct("attention scores", at, { ...ofScores, a: q, b: transposed(k), out: p, scale }),
    softmaxProgram(at, mask),
    ...headProduct("attention values", at, { ...ofQueries, a: p, b: v, out: y }),
  ];
}

/** Replaces the scores of every query of every head, output 1, by their masked softmax. */
function softmaxProgram(at: AttentionExtents, mask: MaskCode): Program {
  const { batch, heads, queries, keys } = at;
  const body = `  let start = i * parameters.keys;
  let row = i / parameters.queries / parameters.heads * parameters.queries + i % parameters.queries;
${mask.start}
  var largest = -3.4e38;
  for (var j = 0u; j < parameters.keys; j++) {
    if (is_kept(mask_start + j)) { largest = max(largest, p[start + j]); }
  }
  var total = 0.0;
  for (var j = 0u; j < parameters.keys; j++) {
    let exponential = select(0.0, exp(p[start + j] - largest), is_kept(mask_start + j));
    p[start + j] = exponential;
    total += exponential;
  }
  let factor = select(1.0 / total, 0.0, total == 0.0);
  for (var j = 0u; j < parameters.keys; j++) { p[start + j] *= factor; }`;
  return indexProgram(`attention softmax${mask.key}`, batch * heads * queries, body, {
    tensors: { p: { output: 1 } },
    parameters: { queries, heads, keys, ...mask.parameters },
    functions: mask.functions,
  });
}

/** The gradient s of the scores from that of their softmax p, in its place. */
const SOFTMAX_GRADIENT = `  let start = i * parameters.keys;
  var total = 0.0;
  for (var j = start; j < start + parameters.keys; j++) { total += s[j] * p[j]; }
  for (var j = start; j < start + parameters.keys; j++) { s[j] = p[j] * (s[j] - total); }`;

/** For inputs q, k, v, y, p, g: outputs dq, dk, dv. What a mask hides has a p of 0. */
export function shortAttentionGradientPrograms(at: AttentionExtents): Program[] {
  const { batch, heads, queries, keys } = at;
  const { q, k, v, scale, ofScores, ofQueries, ofKeys } = headPlaces(at);
  const scores = { scratch: 0, length: batch * heads * queries * keys, dtype: "f32" } as const;
  const [p, s] = [scoresOf({ input: 4 }, at), scoresOf(scores, at)];
  const g = headsOf({ input: 5 }, queries, at);
  const dq = headsOf({ output: 0 }, queries, at);
  const [dk, dv] = [headsOf({ output: 1 }, keys, at), headsOf({ output: 2 }, keys, at)];
  return [
    ...headProduct("attention.gradient scores", at, { ...ofScores, a: g, b: transposed(v), out: s }),
    indexProgram("attention.gradient softmax", batch * heads * queries, SOFTMAX_GRADIENT, {
      tensors: { p: { input: 4 }, s: scores },
      parameters: { keys },
    }),
    ...headProduct("attention.gradient queries", at, { ...ofQueries, a: s, b: k, out: dq, scale }),
    ...headProduct("attention.gradient keys", at, { ...ofKeys, a: transposed(s), b: q, out: dk, scale }),
    ...headProduct("attention.gradient values", at, { ...ofKeys, a: transposed(p), b: g, out: dv }),
  ];
}
