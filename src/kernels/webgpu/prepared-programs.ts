/** Remembers what an operation runs for given shapes, so that a training step repeats itself at little cost. */
import type { GradientOperation, TensorSpec } from "../operation.ts";
import type { TensorSource, WgslLimits, WgslProgram } from "./program.ts";

/** A program in the form in which it is dispatched. */
export interface PreparedProgram {
  readonly program: WgslProgram;
  readonly names: readonly string[];
  readonly sources: readonly TensorSource[];
  /** The parameters' bits, in the order of the shader's struct. */
  readonly parameters: Uint32Array;
}

/** Entries to remember; past that all are forgotten, which costs a step of preparation. */
const MAX_ENTRIES = 4096;

const bits = new DataView(new ArrayBuffer(4));

function prepare(program: WgslProgram): PreparedProgram {
  const parameters = Object.values(program.parameters).map(({ type, value }) => {
    if (type === "f32") bits.setFloat32(0, value);
    else if (type === "i32") bits.setInt32(0, value);
    else bits.setUint32(0, value);
    return bits.getUint32(0);
  });
  return {
    program,
    names: Object.keys(program.tensors),
    sources: Object.values(program.tensors),
    parameters: Uint32Array.from(parameters),
  };
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

  constructor(private readonly limits: WgslLimits) {}

  /** The program that `key` stands for, made by `create` the first time. */
  getByKey(key: string, create: () => WgslProgram): PreparedProgram {
    const [known] = this.known.get(key) ?? this.remember(key, [prepare(create())]);
    return known;
  }

  /** @throws Error for an operation without WGSL */
  get<Attributes>(
    operation: GradientOperation<Attributes>,
    inputs: readonly TensorSpec[],
    outputs: readonly TensorSpec[],
    attributes: Attributes,
  ): readonly PreparedProgram[] {
    if (operation.wgsl === undefined) {
      throw new Error(`webgpu: ${operation.name} has no WGSL program; run it on the cpu device`);
    }
    if (operation.isKeyed) return operation.wgsl(inputs, outputs, attributes, this.limits).map(prepare);
    const key = callKey(operation.name, inputs, outputs, attributes);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    return this.remember(key, operation.wgsl(inputs, outputs, attributes, this.limits).map(prepare));
  }

  private remember(key: string, prepared: readonly PreparedProgram[]): readonly PreparedProgram[] {
    if (this.known.size >= MAX_ENTRIES) this.known.clear();
    this.known.set(key, prepared);
    return prepared;
  }
}
