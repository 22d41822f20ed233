/** What a row of the micro-benchmarks is: a kernel on certain shapes, and how much work one run of it is. */
import { type DType, type Operation, type TensorSpec, WebGpuDevice } from "../../src/kernels/index.ts";
import {
  apply,
  defaultDevice,
  Random,
  randomTensor,
  type Shape,
  scope,
  type Tensor,
  tensor,
} from "../../src/tensor/index.ts";

/** Work of one run, of the kind that bounds the kernel. */
export interface Work {
  /** Floating-point operations, a multiply-add counted as two, or bytes that must move at least once. */
  readonly kind: "operations" | "bytes";
  readonly amount: number;
}

export interface KernelCase {
  readonly kernel: string;
  readonly shape: string;
  readonly work: Work;
  /** Whether it is worth its time on graphics hardware only. */
  readonly isLarge: boolean;
  /** Makes the inputs in the current scope, on the default device; the result runs the kernel and keeps nothing. */
  prepare(): () => void;
}

/** An input that can be made on any device. */
export interface Input extends TensorSpec {
  create(): Tensor;
}

let drawn = 0;
const nextKey = () => ({ seed: 1, stream: "benchmark input", step: drawn++ });
const sizeOf = (shape: Shape) => shape.reduce((size, extent) => size * extent, 1);

/** Uniform on [0, 1). */
export function floats(...shape: number[]): Input {
  return { shape, dtype: "f32", create: () => randomTensor("uniform", shape, nextKey()) };
}

function integers(shape: Shape, next: (random: Random) => number): Input {
  const create = () => {
    const random = new Random(nextKey());
    return tensor(
      Int32Array.from({ length: sizeOf(shape) }, () => next(random)),
      shape,
    );
  };
  return { shape, dtype: "i32", create };
}

/** Indices from 0 to `bound` - 1. */
export function indices(bound: number, ...shape: number[]): Input {
  return integers(shape, (random) => random.integer(bound));
}

/** A mask that keeps four of five elements. */
export function mask(...shape: number[]): Input {
  return integers(shape, (random) => (random.uniform() < 0.8 ? 1 : 0));
}

/** A mask by which each position keeps itself and those before it. */
export function causal(length: number): Input {
  const data = Int32Array.from({ length: length * length }, (_, i) => (i % length <= Math.floor(i / length) ? 1 : 0));
  const shape = [length, length];
  return { shape, dtype: "i32", create: () => tensor(data, shape) };
}

const BYTES: Readonly<Record<DType, number>> = { f32: 4, f64: 8, i32: 4 };

export function bytesOf(...tensors: readonly TensorSpec[]): number {
  return tensors.reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * BYTES[dtype], 0);
}

export const bytes = (amount: number): Work => ({ kind: "bytes", amount });
export const flops = (amount: number): Work => ({ kind: "operations", amount });

/** `[64,50,128], 2 of [128]`. */
export function describeShapes(inputs: readonly TensorSpec[]): string {
  const counts = new Map<string, number>();
  for (const { shape } of inputs) {
    const text = `[${shape}]`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => (count === 1 ? text : `${count} of ${text}`)).join(", ");
}

/**
 * Runs `compute` on the default device and frees what it makes, yet not before the device has recorded it: elementwise
 * operations wait for others to join them, and what is freed meanwhile is never computed.
 */
export function runAndFree(compute: () => void): () => void {
  const device = defaultDevice();
  return () => {
    using _ = scope();
    compute();
    if (device instanceof WebGpuDevice) device.finishElementwiseRun();
  };
}

/** One operation on certain inputs. */
export interface Call<Attributes> {
  readonly operation: Operation<Attributes>;
  readonly inputs: readonly Input[];
  readonly attributes: Attributes;
  /** Floating-point operations forward, for a kernel that they bound; twice as many backward. */
  readonly flops?: number;
  /** Bytes that move, where that is not every input, output and gradient once. */
  readonly bytes?: number;
  readonly isLarge?: boolean;
  /** What sets this call apart from others of the operation. */
  readonly note?: string;
}

function title<Attributes>({ operation, note }: Call<Attributes>, direction: string): string {
  return [operation.name, direction, note].filter((part) => part !== undefined && part !== "").join(" ");
}

/** The operation itself. */
export function forward<Attributes>(call: Call<Attributes>): KernelCase {
  const { operation, inputs, attributes, isLarge = false } = call;
  const moved = () => bytesOf(...inputs, ...operation.outputs(inputs, attributes));
  return {
    kernel: title(call, ""),
    shape: describeShapes(inputs),
    work: call.flops === undefined ? bytes(call.bytes ?? moved()) : flops(call.flops),
    isLarge,
    prepare() {
      const tensors = inputs.map((input) => input.create());
      return runAndFree(() => apply(operation, tensors, attributes));
    },
  };
}

/** The operation's gradient rule alone, with respect to every input that can take a gradient. */
export function backward<Attributes>(call: Call<Attributes>): KernelCase {
  const { operation, inputs, attributes, isLarge = false } = call;
  const { gradient } = operation;
  if (gradient === undefined) throw new TypeError(`benchmark: ${operation.name} has no gradient rule`);
  const needs = inputs.map(({ dtype }, i) => dtype !== "i32" && !operation.constants?.includes(i));
  const result = operation.outputs(inputs, attributes)[0];
  const moved = () => bytesOf(...inputs, result, ...inputs.filter((_, i) => needs[i]));
  return {
    kernel: title(call, "backward"),
    shape: describeShapes(inputs),
    work: call.flops === undefined ? bytes(call.bytes ?? moved()) : flops(2 * call.flops),
    isLarge,
    prepare() {
      const tensors = inputs.map((input) => input.create());
      const outputs = apply(operation, tensors, attributes);
      const outputGradient = floats(...result.shape).create();
      return runAndFree(() =>
        gradient({
          inputs: tensors,
          outputs,
          outputGradient,
          attributes,
          needs,
          run: (other, values, own) => apply(other, values as readonly Tensor[], own),
        }),
      );
    },
  };
}

/** Several operations in a row, or one through its function on tensors. */
export function composed(
  kernel: string,
  inputs: readonly Input[],
  work: Work,
  compute: (...tensors: Tensor[]) => Tensor,
  isLarge = false,
): KernelCase {
  return {
    kernel,
    shape: describeShapes(inputs),
    work,
    isLarge,
    prepare() {
      const tensors = inputs.map((input) => input.create());
      return runAndFree(() => compute(...tensors));
    },
  };
}
