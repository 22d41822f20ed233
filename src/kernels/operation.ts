/**
 * How an operation is declared. Its file, or its folder, holds the formula with its shapes, the plain TypeScript reference,
 * what computes the same on each kind of device, the gradient rule, and a generator of samples for tests and benchmarks.
 */
import type { KernelCall, Program, ProgramLimits } from "./dispatch.ts";
import type { Draw } from "./draw.ts";
import type { Shape } from "./shape.ts";
import type { DType, HostTensor, TensorSpec } from "./tensor-spec.ts";

export { createArray, type DType, type HostTensor, type NumberArray, type TensorSpec } from "./tensor-spec.ts";

/** A tensor as gradient rules see it, wherever its storage is. */
export interface Value extends TensorSpec {
  /** A view on the same storage. */
  reshape(shape: Shape): Value;
}

/** What a gradient rule has to work with. */
export interface GradientContext<Attributes> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Gradient of the loss with respect to the first output, of its shape. */
  readonly outputGradient: Value;
  readonly attributes: Attributes;
  /** Which inputs' gradients are wanted; a rule may skip the others. */
  readonly needs: readonly boolean[];
  /** Runs another operation; its outputs are freed when the rule has returned, unless they are returned. */
  run<Other>(operation: GradientOperation<Other>, inputs: readonly Value[], attributes: Other): Value[];
}

/**
 * One operation: what it computes, how its result is differentiated, and examples of it. The first output is the
 * result; further outputs are statistics that the gradient rule reads, and take no gradient themselves.
 */
export interface Operation<Attributes = undefined> {
  readonly name: string;

  /**
   * What kernels and programs call the inputs and outputs, in order: `"x, mask -> y"`. Inputs at the end may be missing
   * from a call.
   */
  readonly signature?: string;

  /** Inputs that are held constant: no gradient flows to them, though they may be floating point. */
  readonly constants?: readonly number[];

  /**
   * Shapes and types of the outputs.
   * @throws ShapeError or TypeError with the operation's name, the shapes and what was expected.
   */
  outputs(inputs: readonly TensorSpec[], attributes: Attributes): readonly TensorSpec[];

  /**
   * The meaning of the operation in plain TypeScript, for f32 and f64 alike: sums are carried in double precision
   * and rounded once when stored. Writes every element of every output: buffers come with old contents.
   */
  reference(inputs: readonly HostTensor[], outputs: readonly HostTensor[], attributes: Attributes): void;

  /**
   * The same in WebAssembly, for f32 and i32: kernels that compute the outputs one after the other. Undefined where the
   * reference is to be used.
   */
  simd?(
    inputs: readonly TensorSpec[],
    outputs: readonly TensorSpec[],
    attributes: Attributes,
  ): readonly KernelCall[] | undefined;

  /** The same in WGSL: programs that compute the outputs one after the other. */
  wgsl?(
    inputs: readonly TensorSpec[],
    outputs: readonly TensorSpec[],
    attributes: Attributes,
    limits: ProgramLimits,
  ): readonly Program[];

  /**
   * Instead of `wgsl`, where an element of the result depends on the inputs' elements at its place (broadcast) alone:
   * a GPU runs several such operations at once.
   */
  readonly elementwise?: ElementwiseRule;

  /**
   * Whether the attributes differ from one call to the next, as a random key or the number of a step does: then
   * programs are made for every call and not remembered.
   */
  readonly isKeyed?: boolean;

  /** Gradients with respect to the inputs, in order; undefined where there is none or none is wanted. */
  gradient?(context: GradientContext<Attributes>): readonly (Value | undefined)[];

  /** Draws inputs (floating point in f64) on which the operation is defined and differentiable. */
  sample(draw: Draw): Sample<Attributes>;
}

/**
 * What an elementwise operation computes: an expression (see `expression.ts`) over operands in the order of the inputs,
 * and over the number `s` of its attributes where it has one.
 */
export interface ElementwiseRule {
  readonly expression: string;
  readonly operands: readonly string[];
}

/** Inputs and attributes to try an operation on. */
export interface Sample<Attributes> {
  readonly inputs: readonly HostTensor[];
  readonly attributes: Attributes;
}

/** An operation that only serves another's gradient and is tested through it. */
export type GradientOperation<Attributes = undefined> = Omit<Operation<Attributes>, "sample" | "gradient">;

/** Throws a TypeError unless the inputs' types are `expected`, "float" standing for f32 or f64, all alike. */
export function checkTypes(
  operation: string,
  inputs: readonly TensorSpec[],
  expected: readonly ("float" | "i32")[],
): void {
  const floats = new Set<DType>();
  inputs.forEach((input, index) => {
    const wanted = expected[Math.min(index, expected.length - 1)];
    const isFloat = input.dtype !== "i32";
    if (isFloat) floats.add(input.dtype);
    if (isFloat !== (wanted === "float")) {
      throw new TypeError(
        `${operation}: input ${index} has element type ${input.dtype}, expected ` +
          `${wanted === "float" ? "f32 or f64" : "i32"}; convert it with cast()`,
      );
    }
  });
  if (floats.size > 1) throw new TypeError(`${operation}: inputs mix f32 and f64; convert one of them with cast()`);
}
