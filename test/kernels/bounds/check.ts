/** Runs samples of operations forward and backward on any device, and holds the results to their bounds. */
import type { Draw, HostTensor, Operation, Sample } from "../../../src/kernels/index.ts";
import { apply, type Device, type NumberArray, Random, scope, type Tensor, tensor } from "../../../src/tensor/index.ts";
import { BoundingDevice } from "./device.ts";
import { ruleOf } from "./rules.ts";
import { Undecided } from "./selection.ts";

export interface OperationSample {
  readonly operation: Operation<unknown>;
  /** Floating-point numbers are those that f32 holds. */
  readonly inputs: readonly HostTensor[];
  readonly attributes: unknown;
}

export function sampleOf(operation: Operation<unknown>, draw: Draw): OperationSample {
  return inSinglePrecision(operation, operation.sample(draw));
}

export function inSinglePrecision(
  operation: Operation<unknown>,
  { inputs, attributes }: Sample<unknown>,
): OperationSample {
  const rounded = inputs.map((input) =>
    input.dtype === "i32" ? input : { ...input, data: Float64Array.from(input.data, Math.fround) },
  );
  return { operation, inputs: rounded, attributes };
}

/** An output or a gradient by a name that says which, such as `output 0`. */
type Results<Values> = ReadonlyMap<string, Values>;

/** Random numbers that stand for the gradient of a loss with respect to the first output. */
function seedGradient(size: number): Float64Array {
  const random = new Random({ seed: 1, stream: "output gradient", step: size });
  return Float64Array.from({ length: size }, () => 2 * random.uniform() - 1);
}

/** Attributes that name an element type name f32 on a device that computes in it. */
function inType(float: "f32" | "f64", attributes: unknown): unknown {
  const namesType = typeof attributes === "object" && attributes !== null && "dtype" in attributes;
  return namesType ? { ...attributes, dtype: float } : attributes;
}

/** Outputs and gradients as tensors, which `read` takes before they are freed. */
async function run<Values>(
  { operation, inputs, attributes }: OperationSample,
  on: Device,
  float: "f32" | "f64",
  read: (result: Tensor) => Promise<Values>,
): Promise<Results<Values>> {
  using _ = scope();
  const leaves = inputs.map(({ data, shape, dtype }, index) => {
    const made = tensor(data, shape, { device: on, dtype: dtype === "i32" ? "i32" : float });
    const isConstant = dtype === "i32" || operation.constants?.includes(index) === true;
    return isConstant || operation.gradient === undefined ? made : made.requireGrad();
  });
  const outputs = apply(operation, leaves, inType(float, attributes), on);
  if (outputs[0].requiresGrad) {
    const seed = tensor(seedGradient(outputs[0].size), outputs[0].shape, { device: on, dtype: float });
    outputs[0].backward(seed);
  }
  const results = new Map<string, Values>();
  for (const [index, output] of outputs.entries()) results.set(`output ${index}`, await read(output));
  for (const [index, { grad }] of leaves.entries()) {
    if (grad !== undefined) results.set(`gradient ${index}`, await read(grad));
  }
  return results;
}

/** What a device computes in f32. */
export function computeOn(device: Device, sample: OperationSample): Promise<Results<NumberArray>> {
  return run(sample, device, "f32", (result) => result.data());
}

/** What is expected of such a device. */
export interface Expected {
  readonly values: NumberArray;
  readonly errors: Float64Array;
}

const ownBounds = new BoundingDevice(ruleOf);

/**
 * Undefined where the sample has no one answer in f32, since rounding may decide between near ties.
 * @param bounding knows how far operations may be off; by the rules of all operations unless given
 * @throws Error where an operation has no bound
 */
export async function expectationsOf(
  sample: OperationSample,
  bounding: BoundingDevice = ownBounds,
): Promise<Results<Expected> | undefined> {
  const read = async (result: Tensor) => ({ values: await result.data(), errors: bounding.errors(result) });
  try {
    return await run(sample, bounding, "f64", read);
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

/** What lies outside of its bound: which element of which result, and by how much; undefined where nothing does. */
export function violation(
  { operation, inputs, attributes }: OperationSample,
  actual: Results<NumberArray>,
  expected: Results<Expected>,
): string | undefined {
  const shapes = inputs.map(({ shape }) => `[${shape}]`).join(" ");
  const what = `${operation.name} of ${shapes} with ${JSON.stringify(attributes)}`;
  for (const [name, { values, errors }] of expected) {
    const own = actual.get(name);
    if (own?.length !== values.length) {
      return `${what}: ${name} has ${own?.length ?? "no"} elements, expected ${values.length}`;
    }
    for (let i = 0; i < values.length; i++) {
      if (Math.abs(own[i] - values[i]) <= errors[i] && errors[i] < Number.POSITIVE_INFINITY) continue;
      return `${what}: ${name}, element ${i} is ${own[i]}, expected ${values[i]} within ${errors[i]}`;
    }
  }
  return undefined;
}
