/** Graphs of a few operators, written and run. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GraphBuilder } from "../../src/onnx/graph.ts";
import { encodeModel, type OnnxGraph } from "../../src/onnx/writer.ts";
import { throwsMessage } from "../throws-message.ts";
import { DESCRIPTION } from "./random-generator.ts";

const test = suite("ONNX files");

const encode = (graph: OnnxGraph) => encodeModel({ ...DESCRIPTION, graph });

const x = new Tensor("float32", Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);

/** Runs a graph whose input is x and whose output is y. */
async function run(graph: GraphBuilder): Promise<Tensor> {
  const session = await InferenceSession.create(encode(graph.build()));
  const { y } = await session.run({ x });
  await session.release();
  return y as Tensor;
}

test("an operator reads an input of any number of rows", async () => {
  const graph = new GraphBuilder("double");
  const value = graph.input("x", "float32", ["B", 3], "anything");
  graph.output("y", graph.node("Add", [value, value]), "float32", ["B", 3], "x + x");
  const y = await run(graph);
  assert.equal([...y.dims], [2, 3]);
  assert.equal([...(y.data as Float32Array)], [2, 4, 6, 8, 10, 12]);
});

test("attributes are negative integers, lists of integers, and fractions", async () => {
  const graph = new GraphBuilder("attributes");
  const value = graph.input("x", "float32", [2, 3], "");
  const transposed = graph.node("Transpose", [value], { perm: [1, 0] });
  const joined = graph.node("Concat", [transposed, transposed], { axis: -1 });
  const scaled = graph.node("LeakyRelu", [graph.node("Neg", [joined])], { alpha: { float: 0.5 } });
  graph.output("y", scaled, "float32", [3, 4], "");
  const y = await run(graph);
  assert.equal([...y.dims], [3, 4]);
  assert.equal(
    [...(y.data as Float32Array)],
    [1, 4, 1, 4, 2, 5, 2, 5, 3, 6, 3, 6].map((value) => -value / 2),
  );
});

test("constants are f32, i32 and i64, and may be parts of larger arrays", async () => {
  const graph = new GraphBuilder("constants");
  const value = graph.input("x", "float32", [2, 3], "");
  const weights = graph.constant("weights", [3], Float32Array.of(9, 10, 20, 30).subarray(1));
  const rows = graph.constant("rows", [2], Int32Array.of(1, 0));
  const sum = graph.node("Add", [graph.node("Gather", [value, rows]), weights]);
  graph.output("y", graph.node("Unsqueeze", [sum, graph.integers(0)]), "float32", [1, 2, 3], "");
  const y = await run(graph);
  assert.equal([...y.dims], [1, 2, 3]);
  assert.equal([...(y.data as Float32Array)], [14, 25, 36, 11, 22, 33]);
});

test("a model of 2 GiB is refused before it is written", () => {
  const data = new Float32Array(2 ** 26);
  const constants = Array.from({ length: 8 }, (_, n) => ({ name: `c${n}`, shape: [data.length], data }));
  throwsMessage(
    () => encode({ name: "large", inputs: [], outputs: [], nodes: [], constants }),
    "an ONNX file holds less than 2 GiB, but the weights and features have 2147483648 bytes; export safetensors",
  );
});

test.run();
