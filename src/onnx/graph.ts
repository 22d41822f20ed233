/**
 * Builds the graph of an ONNX model, operator by operator, in the order in which it runs:
 *
 *   const graph = new GraphBuilder("double");
 *   const x = graph.input("x", "float32", ["B", 8], "anything");
 *   graph.output("twice", graph.node("Add", [x, x]), "float32", ["B", 8], "x + x");
 *
 * What operators do, with their inputs and attributes in order, stands in
 * https://github.com/onnx/onnx/blob/main/docs/Operators.md.
 */
import type { SafetensorsEntry } from "../nn/index.ts";
import type { OnnxGraph, OnnxNode, OnnxTensor, OnnxType, OnnxValue } from "./writer.ts";

/** What an operator reads or writes. */
export interface Value {
  readonly name: string;
}

export class GraphBuilder {
  private readonly inputs: OnnxValue[] = [];
  private readonly outputs: OnnxValue[] = [];
  private readonly constants = new Map<string, OnnxTensor>();
  private readonly nodes: OnnxNode[] = [];

  constructor(private readonly name: string) {}

  /** @param shape extents; names stand for those that are known when the model runs */
  input(name: string, type: OnnxType, shape: OnnxValue["shape"], description: string): Value {
    this.inputs.push({ name, type, shape, description });
    return { name };
  }

  /** Gives a value out under a name of its own. */
  output(name: string, value: Value, type: OnnxType, shape: OnnxValue["shape"], description: string): void {
    this.outputs.push({ name, type, shape, description });
    this.addNode(name, "Identity", [value]);
  }

  /** A constant by its name; the first data under a name stays. */
  constant(name: string, shape: readonly number[], data: OnnxTensor["data"]): Value {
    if (!this.constants.has(name)) this.constants.set(name, { name, shape, data });
    return { name };
  }

  /** A number that operators read: f32 []. */
  scalar(value: number): Value {
    return this.constant(`scalar ${value}`, [], Float32Array.of(value));
  }

  /** Numbers that operators read, such as axes or extents: i64 [values.length]. */
  integers(...values: number[]): Value {
    return this.constant(`integers ${values}`, [values.length], BigInt64Array.from(values, BigInt));
  }

  /**
   * What an operator with one output makes of its inputs.
   *
   * @param path where in the model it stands: begins its name
   */
  node(operator: string, inputs: readonly Value[], attributes: OnnxNode["attributes"] = {}, path = ""): Value {
    return this.addNode(`${path}/${operator}_${this.nodes.length}`, operator, inputs, attributes);
  }

  build(): OnnxGraph {
    const { name, inputs, outputs, nodes } = this;
    return { name, inputs, outputs, constants: [...this.constants.values()], nodes };
  }

  /** @param name of the node and of its output */
  private addNode(
    name: string,
    operator: string,
    inputs: readonly Value[],
    attributes: OnnxNode["attributes"] = {},
  ): Value {
    const names = inputs.map((input) => input.name);
    this.nodes.push({ name, operator, inputs: names, attributes });
    return { name };
  }
}

/** A module of a model as a part of a graph: it knows its weights, and what it computes is named after it. */
export class GraphModule {
  constructor(
    readonly graph: GraphBuilder,
    private readonly weights: ReadonlyMap<string, SafetensorsEntry>,
    /** The fields that lead to it, such as `memory.blocks.0`; none for the model itself. */
    readonly path = "",
  ) {}

  /** The module in a field, such as `norm` or `blocks.0`. */
  child(field: string): GraphModule {
    return new GraphModule(this.graph, this.weights, this.nameOf(field));
  }

  /** @throws Error when the model has no such weight, or it is not of f32 */
  weight(field: string): Value {
    const name = this.nameOf(field);
    const entry = this.weights.get(name);
    if (entry === undefined) throw new Error(`the model has no weight ${name}`);
    if (!(entry.data instanceof Float32Array)) throw new Error(`${name} is ${entry.dtype}, expected F32`);
    return this.graph.constant(name, entry.shape, entry.data);
  }

  /** What an operator makes of inputs. */
  node(operator: string, inputs: readonly Value[], attributes?: OnnxNode["attributes"]): Value {
    return this.graph.node(operator, inputs, attributes, this.path);
  }

  private nameOf(field: string): string {
    return this.path === "" ? field : `${this.path}.${field}`;
  }
}
