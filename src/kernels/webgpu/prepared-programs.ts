/** Remembers what an operation runs for given shapes, so that a training step repeats itself at little cost. */
import {
  type Places,
  type Program,
  type ProgramLimits,
  type ProgramNumber,
  placesOf,
  type TensorPlace,
} from "../dispatch.ts";
import type { GradientOperation, TensorSpec } from "../operation.ts";

/** A program in the form in which it is dispatched. */
export interface PreparedProgram {
  readonly program: Program;
  /** The tensors that it is bound to, in order. */
  readonly names: readonly string[];
  readonly sources: readonly TensorPlace[];
  /** The parameters' bits, in the order of the shader's struct. */
  readonly parameters: Uint32Array;
}

/** Entries to remember; past that all are forgotten, which costs a step of preparation. */
const MAX_ENTRIES = 4096;

const bits = new DataView(new ArrayBuffer(4));

function bitsOf(number: ProgramNumber): number {
  if (typeof number === "number") return number;
  bits.setFloat32(0, number.f32);
  return bits.getUint32(0);
}

/** The tensors that a program declares itself, and those of the operation whose elements its source names. */
function boundNames({ tensors = {}, source }: Program, places: Places): readonly string[] {
  const isNamed = (tensor: string) => new RegExp(`(?<![\\w.])${tensor}\\[`).test(source);
  const own = Object.keys(places).filter((tensor) => !(tensor in tensors) && isNamed(tensor));
  return [...own, ...Object.keys(tensors)];
}

/** Identifies a call: the operation's programs depend on nothing else. */
function callKey(
  name: string,
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  attributes: unknown,
): string {
  let key = name;
  for (const { dtype, shape } of inputs) {
    key += `|${dtype}`;
    for (const extent of shape) key += `,${extent}`;
  }
  for (const { shape } of outputs) {
    key += ">";
    for (const extent of shape) key += `,${extent}`;
  }
  return attributes === undefined ? key : key + JSON.stringify(attributes);
}

export class PreparedPrograms {
  private readonly known = new Map<string, readonly PreparedProgram[]>();
  /** The tensors that programs are bound to, by the programs' names. */
  private readonly bound = new Map<string, readonly string[]>();

  constructor(private readonly limits: ProgramLimits) {}

  /** The program that `key` stands for, made by `create` the first time. */
  getByKey(key: string, create: () => Program): PreparedProgram {
    const [known] = this.known.get(key) ?? this.remember(key, [this.prepare(create(), {})]);
    return known;
  }

  /** @throws Error for an operation without WGSL */
  get<Attributes>(
    operation: GradientOperation<Attributes>,
    inputs: readonly TensorSpec[],
    outputs: readonly TensorSpec[],
    attributes: Attributes,
  ): readonly PreparedProgram[] {
    const key = operation.isKeyed ? "" : callKey(operation.name, inputs, outputs, attributes);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const programs = operation.wgsl?.(inputs, outputs, attributes, this.limits);
    if (programs === undefined) {
      throw new Error(`webgpu: ${operation.name} has no WGSL program; run it on the cpu device`);
    }
    const places = placesOf(operation.signature);
    const prepared = programs.map((program) => this.prepare(program, places));
    return operation.isKeyed ? prepared : this.remember(key, prepared);
  }

  private prepare(program: Program, places: Places): PreparedProgram {
    const names = this.bound.get(program.name) ?? boundNames(program, places);
    this.bound.set(program.name, names);
    return {
      program,
      names,
      sources: names.map((name) => program.tensors?.[name] ?? places[name]),
      parameters: Uint32Array.from(Object.values(program.parameters), bitsOf),
    };
  }

  private remember(key: string, prepared: readonly PreparedProgram[]): readonly PreparedProgram[] {
    if (this.known.size >= MAX_ENTRIES) this.known.clear();
    this.known.set(key, prepared);
    return prepared;
  }
}
