/**
 * What the models read of users and items, as a part of a graph: `FeatureEncoder`, `CandidateEncoder` and
 * `CandidateMemory` of `src/goalrank`. Their observed features become constants beside the weights.
 */
import type { Catalogue, CategoryTable, FeatureTable } from "../data/dataset.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import type { GraphModule, Value } from "./graph.ts";
import { embedding, encoderBlock, layerNorm, linear } from "./layers.ts";
import { DATA_TYPES } from "./writer.ts";

/** Inputs of a graph that are known before anything is shown. */
export interface RequestInputs {
  /** User numbers, from the end where they are negative: i64 [B]; none when nothing is observed of any user. */
  readonly users: Value | undefined;
  /** Item numbers: i64 [B, N]. */
  readonly candidates: Value;
  /** f32 [B, N] */
  readonly retrieverScores: Value;
  /** Item numbers i64 [B, H], and f32 [B, 2, H]; none when the model reads no history. */
  readonly history: { readonly items: Value; readonly weights: Value } | undefined;
}

/** `CandidateMemory`: the candidates, each seen among all others, [B, N, D]; initial ranks where it tells them apart. */
export function candidateMemory(
  module: GraphModule,
  catalogue: Catalogue,
  request: RequestInputs,
  shape: Pick<ModelShape, "width" | "heads" | "layers" | "candidateCount" | "judgeStart">,
): Value {
  let hidden = encodeCandidates(module.child("encoder"), catalogue, request);
  if (shape.judgeStart) {
    const ranks = initialRanks(module, request.retrieverScores, shape.candidateCount);
    hidden = module.node("Add", [hidden, embedding(module.child("ranks"), ranks)]);
  }
  for (let layer = 0; layer < shape.layers; layer++) {
    hidden = encoderBlock(module.child(`blocks.${layer}`), hidden, shape);
  }
  return layerNorm(module.child("norm"), hidden);
}

/** `initialRanks` of scores [B, N], as `embedRanks` reads them: i64 [B, N]. */
function initialRanks(module: GraphModule, scores: Value, most: number): Value {
  const { graph } = module;
  const unsqueezed = (axis: number) => module.node("Unsqueeze", [scores, graph.integers(axis)]);
  const isHigher = module.node("Greater", [unsqueezed(1), unsqueezed(2)]);
  const counted = module.node("Cast", [isHigher], { to: DATA_TYPES.int64 });
  const ranks = module.node("ReduceSum", [counted, graph.integers(2)], { keepdims: 0 });
  return module.node("Min", [ranks, graph.integers(most - 1)]);
}

/** `CandidateEncoder`: relu(W [item; user; item * user; retriever score] + b), [B, N, D]. */
function encodeCandidates(module: GraphModule, catalogue: Catalogue, request: RequestInputs): Value {
  const items = encodeItems(module, catalogue, request.candidates);
  const scores = module.node("Unsqueeze", [request.retrieverScores, module.graph.integers(-1)]);
  const ofItem = linear(module.child("fromItem"), items);
  const base = module.node("Add", [ofItem, linear(module.child("fromScore"), scores)]);
  const user = encodeUsers(module, catalogue, request);
  if (user === undefined) return module.node("Relu", [base]);
  const product = linear(module.child("fromProduct"), module.node("Mul", [items, user]));
  const sum = module.node("Add", [module.node("Add", [base, product]), linear(module.child("fromUser"), user)]);
  return module.node("Relu", [sum]);
}

/** Item numbers [B, K] -> [B, K, D]. */
function encodeItems(module: GraphModule, { itemFeatures, itemCategories }: Catalogue, items: Value): Value {
  const learned = embedding(module.child("itemEmbedding"), items);
  const observed = encodeFeatures(module.child("itemFeatures"), items, itemFeatures, itemCategories);
  return observed === undefined ? learned : module.node("Add", [learned, observed]);
}

/** [B, 1, D]; none when nothing is known of users. */
function encodeUsers(module: GraphModule, catalogue: Catalogue, request: RequestInputs): Value | undefined {
  const { graph } = module;
  const parts: Value[] = [];
  if (request.users !== undefined) {
    const { userFeatures, userCategories } = catalogue;
    const ofUser = module.child("userFeatures");
    const observed = encodeFeatures(ofUser, request.users, userFeatures, userCategories);
    if (observed !== undefined) parts.push(module.node("Unsqueeze", [observed, graph.integers(1)]));
  }
  if (request.history !== undefined) {
    const met = encodeItems(module, catalogue, request.history.items);
    const means = module.node("MatMul", [request.history.weights, met]);
    const meanAt = (row: number) => module.node("Gather", [means, graph.integers(row)], { axis: 1 });
    parts.push(linear(module.child("likedHistory"), meanAt(0)), linear(module.child("otherHistory"), meanAt(1)));
  }
  return sumOf(module, parts);
}

/** `FeatureEncoder`: numbers of users or items [...] -> [..., D]; none when nothing is observed. */
function encodeFeatures(
  module: GraphModule,
  numbers: Value,
  features: FeatureTable | undefined,
  categories: CategoryTable | undefined,
): Value | undefined {
  const { graph } = module;
  const lookUp = (name: string, data: Float32Array | Int32Array, width: number) => {
    const table = graph.constant(`${module.path}.${name}`, [data.length / width, width], data);
    return module.node("Gather", [table, numbers]);
  };
  const parts: Value[] = [];
  if (features !== undefined) {
    parts.push(linear(module.child("projection"), lookUp("numbers", features.data, features.width)));
  }
  if (categories !== undefined) {
    const { indices, weights, slots } = categories;
    const chosen = embedding(module.child("categoryEmbedding"), lookUp("categories", indices, slots));
    const weight = module.node("Unsqueeze", [lookUp("categoryWeights", weights, slots), graph.integers(-2)]);
    const sum = module.node("MatMul", [weight, chosen]);
    parts.push(module.node("Squeeze", [sum, graph.integers(-2)]));
  }
  return sumOf(module, parts);
}

/** None of no parts. */
function sumOf(module: GraphModule, parts: readonly Value[]): Value | undefined {
  return parts.length === 0 ? undefined : parts.reduce((sum, part) => module.node("Add", [sum, part]));
}
