/**
 * What an operation tells a device to run, as plain data: calls of kernels on the CPU, and programs on a GPU. How a kernel
 * is written and a program is bound is the backends' business.
 */
import type { DType } from "./tensor-spec.ts";

/** Where a tensor comes from: an input or output of the operation, or scratch that lives for this call. */
export type TensorPlace =
  | { readonly input: number }
  | { readonly output: number }
  | { readonly scratch: number; readonly length: number; readonly dtype: DType };

/** Names in a text such as `"x, mask"`; any name where the text is not known to the compiler. */
export type NamesIn<Text extends string> = string extends Text
  ? string
  : Text extends `${infer First}, ${infer Rest}`
    ? First | NamesIn<Rest>
    : Text extends ""
      ? never
      : Text;

/** The tensors of a signature such as `"x, mask -> y"`. */
export type TensorsOf<Signature extends string> = Signature extends `${infer Inputs} -> ${infer Outputs}`
  ? NamesIn<Inputs> | NamesIn<Outputs>
  : never;

/** The names in a text such as `"x, mask"`. */
export function namesIn(text: string): string[] {
  return text === "" ? [] : text.split(", ");
}

/** Places of tensors by name. */
export type Places = Readonly<Record<string, TensorPlace>>;

const known = new Map<string, Places>();

/** The places of the tensors that a signature names, such as `"x, mask -> y"`: inputs and outputs in order. */
export function placesOf(signature = "->"): Places {
  const before = known.get(signature);
  if (before !== undefined) return before;
  const [inputs, outputs] = signature.split("->").map((names) => namesIn(names.trim()));
  const places = Object.fromEntries<TensorPlace>([
    ...inputs.map((name, input) => [name, { input }] as const),
    ...outputs.map((name, output) => [name, { output }] as const),
  ]);
  known.set(signature, places);
  return places;
}

/** A function over tensors and numbers, as a module of WebAssembly. */
export interface Kernel {
  /** Unlike that of any other kernel. */
  readonly name: string;
  /** The parameters' names in order; the module's function takes two more, the first item and the end of the items. */
  readonly parameters: readonly string[];
  /** The bytes of a module that exports `run(...parameters, first, last)`. */
  encode(isShared: boolean): Uint8Array<ArrayBuffer>;
}

/** One run of a kernel over its items. */
export interface KernelCall {
  readonly kernel: Kernel;
  /**
   * By the kernel's parameters; a tensor stands for its address in bytes. A parameter that is missing here is the tensor
   * of that name in the operation's signature.
   */
  readonly arguments?: Readonly<Record<string, number | TensorPlace>>;
  /** How many items there are, which threads share: each is computed alike whoever computes it. */
  readonly items: number;
  /**
   * Threads take whole multiples of so many items, so that vectors begin at the same items on any number of threads.
   * Default 1.
   */
  readonly itemsTogether?: number;
  /** About how many elements are touched or multiplied in all: little work stays on one thread. */
  readonly work: number;
  /**
   * Whether the kernel, of one item, traps on numbers that the operation may not take: the reference is then run
   * instead, and says what is wrong. Default false.
   */
  readonly mayRefuse?: boolean;
}

/** A number that a program reads: plain ones are unsigned integers. */
export type ProgramNumber = number | { readonly f32: number };

/** What a GPU allows that decides how an operation is cut into programs. */
export interface ProgramLimits {
  /** Tensors that one program may be bound to: 8 on every GPU, more on most. */
  readonly tensorsPerProgram: number;
}

/**
 * One dispatch of one compute shader in WGSL. It is bound to the tensors that its source reads or writes elements of, as
 * in `x[i]`.
 */
export interface Program {
  /** Names the shader for caches and errors: programs of one name have one source and one set of bindings. */
  readonly name: string;
  /** Tensors that the operation's signature does not name, or that the source calls by another name. */
  readonly tensors?: Places;
  /** Tensors that the source reads as arrays of vectors of 4. */
  readonly vectors?: readonly string[];
  /** Numbers that the source reads as `parameters.NAME`: 48 at most. */
  readonly parameters: Readonly<Record<string, ProgramNumber>>;
  /** Functions and the entry point `main`; bindings and parameters are declared by the device. */
  readonly source: string;
  /** Workgroups along x, y and z. */
  readonly workgroups: readonly [number, number, number];
}
