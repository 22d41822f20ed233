/**
 * A trained generator as two ONNX models: `encoder`, which is run once for a request, and `decoderStep`, which is run
 * once for each position of the list and fed what it gave before. See docs/export.md for the loop around it.
 *
 * Shapes: B requests, N candidates, H items of the history, T positions before this one, D the width.
 */
import type { Catalogue } from "../data/dataset.ts";
import { LEAST_VARIANCE } from "../goalrank/retriever-residual.ts";
import { HIDDEN_LOG_PROBABILITY } from "../kernels/index.ts";
import type { SafetensorsEntry } from "../nn/index.ts";
import type { RankerContent } from "../ranker/ranker-file.ts";
import { withUnknownUser } from "../ranker/unknown.ts";
import { candidateMemory, type RequestInputs } from "./candidate-encoder.ts";
import { GraphBuilder, GraphModule, type Value } from "./graph.ts";
import { decoderBlock, type GraphKeyValues, layerNorm, linear, project } from "./layers.ts";
import { encodeModel, type OnnxGraph, type OnnxModel } from "./writer.ts";

/** A generator that ranks, as a ranker's file holds it. */
export interface ExportedGenerator extends Pick<RankerContent, "shape" | "catalogue"> {
  readonly weights: ReadonlyMap<string, SafetensorsEntry>;
}

/** Methods that are a generator of this form. */
const EXPORTED_METHODS: readonly string[] = ["goalrank", "imitation"];

/** Why a ranker has no ONNX models; undefined where it has. */
export function obstacleToOnnx({ method, catalogue }: Pick<RankerContent, "method" | "catalogue">): string | undefined {
  if (!EXPORTED_METHODS.includes(method)) {
    return `ONNX models can be made of ${EXPORTED_METHODS.join(" and ")}, not of ${method}`;
  }
  if (catalogue.queryScale !== undefined || catalogue.candidateScale !== undefined) {
    return `ONNX models read no features of queries and candidates, which this ${method} does`;
  }
  return undefined;
}

/**
 * The generator of a ranker.
 * @throws RangeError for a ranker that has no ONNX models: see {@link obstacleToOnnx}
 */
export function generatorOf(content: RankerContent): ExportedGenerator {
  const { method, models, shared, shape, catalogue } = content;
  const obstacle = obstacleToOnnx(content);
  if (obstacle !== undefined) throw new RangeError(`export: ${obstacle}; the format safetensors holds any ranker`);
  const weights = method === "imitation" ? shared.get("imitation") : models.get("goalrank");
  if (weights === undefined) throw new RangeError(`export: the ranker holds no weights of ${method}`);
  // The generator that imitates the log starts from no judge.
  return { weights, shape: { ...shape, judgeStart: method === "goalrank" && shape.judgeStart === true }, catalogue };
}

/** What the files say of themselves. */
export type OnnxDescription = Omit<OnnxModel, "graph">;

/** The bytes of two files. */
export interface OnnxGenerator {
  readonly encoder: Uint8Array;
  readonly decoderStep: Uint8Array;
}

/**
 * @throws Error when the ranker lacks a weight of its generator
 * @throws RangeError when a file would have 2 GiB or more
 */
export function exportGenerator(ranker: ExportedGenerator, description: OnnxDescription): OnnxGenerator {
  return {
    encoder: encodeModel({ ...description, graph: encoderGraph(ranker) }),
    decoderStep: encodeModel({ ...description, graph: decoderStepGraph(ranker) }),
  };
}

/** `Generator.encode` */
function encoderGraph({ shape, weights, catalogue }: ExportedGenerator): OnnxGraph {
  const { width, layers } = shape;
  const graph = new GraphBuilder("goalrank_encoder");
  const model = new GraphModule(graph, weights);
  const request = requestInputs(graph, catalogue, shape.historyLength);
  // The number -1 reads the last row of a table.
  const users = withUnknownUser(catalogue);
  const rows = candidateMemory(model.child("memory"), users, request, shape);
  const give = (name: string, value: Value, description: string) =>
    graph.output(name, value, "float32", ["B", "N", width], description);
  give("rows", rows, "the candidates");
  give("pointers", linear(model.child("pointer"), rows), "what the decoder's state is compared with");
  if (shape.judgeStart) {
    const base = jointLogits(model.child("heads"), rows, shape.entireSpace === true);
    graph.output(
      "base",
      base,
      "float32",
      ["B", "N"],
      "the ranking that the generator starts from, which the logits are added to",
    );
  } else if (shape.residual) {
    const base = residualBase(model.child("residual"), request.retrieverScores);
    graph.output("base", base, "float32", ["B", "N"], "the retriever's scores, which the logits are added to");
  }
  for (let layer = 0; layer < layers; layer++) {
    const { keys, values } = project(model.child(`decoderBlocks.${layer}.crossAttention`), rows);
    give(`memory_keys_${layer}`, keys, `for the cross-attention of decoder block ${layer}`);
    give(`memory_values_${layer}`, values, `for the cross-attention of decoder block ${layer}`);
  }
  return graph.build();
}

function requestInputs(graph: GraphBuilder, catalogue: Catalogue, historyLength: number): RequestInputs {
  const { userFeatures, userCategories } = catalogue;
  const users =
    userFeatures === undefined && userCategories === undefined
      ? undefined
      : graph.input("users", "int64", ["B"], "user numbers; -1: a user of whom nothing is known");
  const candidates = graph.input("candidates", "int64", ["B", "N"], "item numbers");
  const retrieverScores = graph.input("retriever_scores", "float32", ["B", "N"], "of the candidates");
  if (historyLength === 0) return { users, candidates, retrieverScores, history: undefined };
  const items = graph.input("history", "int64", ["B", "H"], "item numbers; any where both weights are 0");
  const weights = graph.input(
    "history_weights",
    "float32",
    ["B", 2, "H"],
    "first row: 1 / m for each of the m items with positive feedback; second row: the same for the others; else 0",
  );
  return { users, candidates, retrieverScores, history: { items, weights } };
}

/** `Generator.begin` and `Generator.advance`, of one list for each request. */
function decoderStepGraph({ shape, weights }: ExportedGenerator): OnnxGraph {
  const { width } = shape;
  const graph = new GraphBuilder("goalrank_decoder_step");
  const model = new GraphModule(graph, weights);
  const ofEncoder = (name: string) =>
    graph.input(name, "float32", ["B", "N", width], "the encoder's output of this name");
  const ofPast = (name: string) =>
    graph.input(`past_${name}`, "float32", ["B", "T", width], `present_${name} of the position before`);
  const give = (name: string, value: Value) => {
    const description = `past_${name} of the next position`;
    graph.output(`present_${name}`, value, "float32", ["B", "T + 1", width], description);
  };

  const rows = ofEncoder("rows");
  const pointers = ofEncoder("pointers");
  const layers = Array.from({ length: shape.layers }, (_, layer) => ({
    block: model.child(`decoderBlocks.${layer}`),
    memory: { keys: ofEncoder(`memory_keys_${layer}`), values: ofEncoder(`memory_values_${layer}`) },
    past: { keys: ofPast(`keys_${layer}`), values: ofPast(`values_${layer}`) },
  }));
  const base =
    shape.residual || shape.judgeStart
      ? graph.input("base", "float32", ["B", "N"], "the encoder's output of this name")
      : undefined;
  const previous = graph.input("previous", "int64", ["B"], "candidate chosen at the position before, else -1");
  const free = graph.input("free", "bool", ["B", "N"], "the candidates that may be chosen");

  let hidden = positionInput(model, rows, previous, layers[0].past);
  layers.forEach(({ block, memory, past }, layer) => {
    const { output, keyValues } = decoderBlock(block, hidden, memory, past, shape);
    give(`keys_${layer}`, keyValues.keys);
    give(`values_${layer}`, keyValues.values);
    hidden = output;
  });
  const learned = pointerLogits(model, hidden, pointers, width);
  const logits = base === undefined ? learned : addToBase(model, base, learned, shape.judgeStart === true);
  const logProbabilities = maskedLogSoftmax(model, logits, free);
  const description = `of each candidate at this position; ${HIDDEN_LOG_PROBABILITY} of those that are not free`;
  graph.output("log_probabilities", logProbabilities, "float32", ["B", "N"], description);
  return graph.build();
}

/** The candidate that was chosen before, or the start, and the mark of the position, which is as long as its past. */
function positionInput(model: GraphModule, rows: Value, previous: Value, past: GraphKeyValues): Value {
  const { graph } = model;
  const isFirst = model.node("Less", [previous, graph.integers(0)]);
  // -1 reads the last candidate, whose row the start then replaces.
  const indices = model.node("Unsqueeze", [previous, graph.integers(-1)]);
  const chosen = model.node("GatherND", [rows, indices], { batch_dims: 1 });
  const isStart = model.node("Unsqueeze", [isFirst, graph.integers(-1)]);
  const input = model.node("Where", [isStart, model.weight("start"), chosen]);
  const position = model.node("Shape", [past.keys], { start: 1, end: 2 });
  const mark = model.node("Gather", [model.weight("positions"), position]);
  return model.node("Unsqueeze", [model.node("Add", [input, mark]), graph.integers(1)]);
}

/** Scaled dot products of the decoder's state [B, 1, D] with the candidates' pointers [B, N, D]: [B, N]. */
function pointerLogits(model: GraphModule, hidden: Value, pointers: Value, width: number): Value {
  const query = linear(model.child("query"), layerNorm(model.child("stateNorm"), hidden));
  const transposed = model.node("Transpose", [pointers], { perm: [0, 2, 1] });
  const products = model.node("MatMul", [query, transposed]);
  const logits = model.node("Mul", [products, model.graph.scalar(1 / Math.sqrt(width))]);
  return model.node("Squeeze", [logits, model.graph.integers(1)]);
}

/** `RetrieverResidual.base` of scores [B, N]. */
function residualBase(model: GraphModule, scores: Value): Value {
  const last = { axes: [-1], keepdims: 1 };
  const centred = model.node("Sub", [scores, model.node("ReduceMean", [scores], last)]);
  const variance = model.node("ReduceMean", [model.node("Mul", [centred, centred])], last);
  const deviation = model.node("Sqrt", [model.node("Add", [variance, model.graph.scalar(LEAST_VARIANCE)])]);
  return model.node("Mul", [model.node("Div", [centred, deviation]), model.weight("trust")]);
}

/** `RetrieverResidual.add`, or, of a generator that starts from a judge, the plain sum: [B, N]. */
function addToBase(model: GraphModule, base: Value, learned: Value, isPlain: boolean): Value {
  if (isPlain) return model.node("Add", [base, learned]);
  const gate = model.child("residual").weight("gate");
  return model.node("Add", [base, model.node("Mul", [learned, gate])]);
}

/** `CandidateHeads.forward` of rows [B, N, D]: [B, N]. */
function jointLogits(heads: GraphModule, rows: Value, entireSpace: boolean): Value {
  const liked = linear(heads.child("liked"), rows);
  const last = heads.graph.integers(-1);
  if (!entireSpace) return heads.node("Squeeze", [liked, last]);
  const shown = linear(heads.child("shown"), rows);
  const negated = (value: Value) => heads.node("Neg", [value]);
  const sum = heads.node("Add", [shown, liked]);
  const terms = heads.node("Concat", [negated(shown), negated(liked), negated(sum)], { axis: -1 });
  return negated(heads.node("ReduceLogSumExp", [terms], { axes: [-1], keepdims: 0 }));
}

function maskedLogSoftmax(model: GraphModule, logits: Value, free: Value): Value {
  const hidden = model.graph.scalar(HIDDEN_LOG_PROBABILITY);
  const kept = model.node("Where", [free, logits, hidden]);
  return model.node("Where", [free, model.node("LogSoftmax", [kept], { axis: -1 }), hidden]);
}
