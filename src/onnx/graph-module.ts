/** A module of a model as a part of a graph: it knows its weights, and what it computes is named after it. */
import type { SafetensorsEntry } from "../nn/index.ts";
import type { GraphBuilder, Value } from "./graph.ts";
import type { OnnxAttribute } from "./writer.ts";

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
  node(
    operator: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): Value {
    return this.graph.node(operator, inputs, attributes, this.path);
  }

  private nameOf(field: string): string {
    return this.path === "" ? field : `${this.path}.${field}`;
  }
}
