/**
 * The layers of `src/nn` as parts of a graph, without dropout, which acts only while training. Shapes: B requests, K rows
 * or keys, Q queries, D the width.
 */
import type { ModelShape } from "../goalrank/model-shape.ts";
import { LAYER_NORM_EPSILON } from "../nn/index.ts";
import type { GraphModule, Value } from "./graph.ts";

/** Of every attention of a model. */
export type AttentionShape = Pick<ModelShape, "width" | "heads">;

/** Projected keys and values: [B, K, D]. */
export interface GraphKeyValues {
  readonly keys: Value;
  readonly values: Value;
}

/** x W + b: [..., D] -> [..., C]. */
export function linear(module: GraphModule, x: Value): Value {
  return module.node("Add", [module.node("MatMul", [x, module.weight("weight")]), module.weight("bias")]);
}

/** Rows of a learned table: i64 or i32 [...] -> [..., D]. */
export function embedding(module: GraphModule, indices: Value): Value {
  return module.node("Gather", [module.weight("weight"), indices]);
}

export function layerNorm(module: GraphModule, x: Value): Value {
  const inputs = [x, module.weight("gain"), module.weight("bias")];
  return module.node("LayerNormalization", inputs, { axis: -1, epsilon: { float: LAYER_NORM_EPSILON } });
}

/** Two linear layers with relu between them. */
function feedForward(module: GraphModule, x: Value): Value {
  const hidden = module.node("Relu", [linear(module.child("layers.0"), x)]);
  return linear(module.child("layers.1"), hidden);
}

/** `MultiHeadAttention.project` */
export function project(module: GraphModule, rows: Value): GraphKeyValues {
  return { keys: linear(module.child("key"), rows), values: linear(module.child("value"), rows) };
}

/** Exchanges the axes of rows and heads: [B, K, h, d] to [B, h, K, d], and back. */
const HEADS_OUTWARD = { perm: [0, 2, 1, 3] };
/** [B, K, h, d] to [B, h, d, K] */
const HEADS_OUTWARD_TRANSPOSED = { perm: [0, 2, 3, 1] };

/** `MultiHeadAttention.attend`: softmax(q k^T / sqrt(d)) v in each head of width d, [B, Q, D]. */
function attend(
  module: GraphModule,
  x: Value,
  { keys, values }: GraphKeyValues,
  { width, heads }: AttentionShape,
): Value {
  const { graph } = module;
  const headWidth = width / heads;
  // In the shape that Reshape is given, 0 keeps an extent.
  const byHead = (rows: Value, order: typeof HEADS_OUTWARD) =>
    module.node("Transpose", [module.node("Reshape", [rows, graph.integers(0, 0, heads, headWidth)])], order);
  const query = byHead(linear(module.child("query"), x), HEADS_OUTWARD);
  const key = byHead(keys, HEADS_OUTWARD_TRANSPOSED);
  const products = module.node("MatMul", [query, key]);
  const scores = module.node("Mul", [products, graph.scalar(1 / Math.sqrt(headWidth))]);
  const probabilities = module.node("Softmax", [scores], { axis: -1 });
  const seen = module.node("MatMul", [probabilities, byHead(values, HEADS_OUTWARD)]);
  const rows = module.node("Transpose", [seen], HEADS_OUTWARD);
  const joined = module.node("Reshape", [rows, graph.integers(0, 0, width)]);
  return linear(module.child("output"), joined);
}

/** `EncoderBlock`: [B, K, D] -> [B, K, D]. */
export function encoderBlock(module: GraphModule, x: Value, shape: AttentionShape): Value {
  const attention = module.child("attention");
  const normed = layerNorm(module.child("attentionNorm"), x);
  const attended = module.node("Add", [x, attend(attention, normed, project(attention, normed), shape)]);
  return addFeedForward(module, attended);
}

/**
 * `DecoderBlock` at one position.
 *
 * @param x [B, 1, D]
 * @param memory of the candidates: [B, N, D]
 * @param past of the T positions before: [B, T, D]
 * @returns the block's output [B, 1, D], and the keys and values including those of x [B, T + 1, D]
 */
export function decoderBlock(
  module: GraphModule,
  x: Value,
  memory: GraphKeyValues,
  past: GraphKeyValues,
  shape: AttentionShape,
): { output: Value; keyValues: GraphKeyValues } {
  const selfAttention = module.child("selfAttention");
  const normed = layerNorm(module.child("selfNorm"), x);
  const next = project(selfAttention, normed);
  const keyValues = {
    keys: module.node("Concat", [past.keys, next.keys], { axis: 1 }),
    values: module.node("Concat", [past.values, next.values], { axis: 1 }),
  };
  const own = module.node("Add", [x, attend(selfAttention, normed, keyValues, shape)]);
  const queries = layerNorm(module.child("crossNorm"), own);
  const seen = attend(module.child("crossAttention"), queries, memory, shape);
  return { output: addFeedForward(module, module.node("Add", [own, seen])), keyValues };
}

/** x + feed-forward(norm(x)), which ends both kinds of blocks. */
function addFeedForward(module: GraphModule, x: Value): Value {
  const normed = layerNorm(module.child("feedForwardNorm"), x);
  return module.node("Add", [x, feedForward(module.child("feedForward"), normed)]);
}
