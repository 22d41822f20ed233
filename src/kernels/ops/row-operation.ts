/**
 * Operations that work on rows, along the last axis, under an optional mask: from what is done with one row in
 * WebAssembly and in WGSL, the kernels and programs that do it with all of them.
 */
import { namesIn, type TensorsOf } from "../dispatch.ts";
import type { GradientOperation } from "../operation.ts";
import { lastExtent } from "../shape.ts";
import type { KernelWriter } from "../wasm/kernel.ts";
import { defineRowKernels, type Row, rowCalls } from "../wasm/rows.ts";
import type { F32, I32 } from "../wasm/values.ts";
import { f32 } from "../webgpu/program.ts";
import { rowProgram } from "../webgpu/rows.ts";

/** What is done with a row. */
export interface RowWork<Signature extends string, Numbers extends string, Attributes> {
  /** As the operation's: the first input is [..., C], and one called `mask` broadcasts to that. */
  readonly signature: Signature;
  /** Floats that kernel and program read, from the attributes and C. */
  readonly numbers?: Readonly<Record<Numbers, (attributes: Attributes, columns: number) => number>>;
  /** Writes the kernel's work on a row, given the tensors' addresses. */
  simd(
    write: KernelWriter,
    row: Row,
    given: { readonly [Name in Exclude<TensorsOf<Signature>, "mask">]: I32 } & Readonly<Record<Numbers, F32>>,
  ): void;
  /** The program's work on a row; see `rowProgram`. */
  readonly wgsl: string;
  /** WGSL that this calls. */
  readonly functions?: string;
}

/** The members of an operation that follow. */
export function rowOperation<const Signature extends string, Numbers extends string = never, Attributes = unknown>(
  name: string,
  { signature, numbers, simd, wgsl, functions = "" }: RowWork<Signature, Numbers, Attributes>,
): Pick<GradientOperation<Attributes>, "name" | "signature" | "simd" | "wgsl"> {
  const [inputs, outputs] = signature.split(" -> ").map(namesIn);
  const maskInput = inputs.indexOf("mask");
  const addresses = [...inputs, ...outputs].filter((tensor) => tensor !== "mask").join(", ");
  const entries = Object.entries<(attributes: Attributes, columns: number) => number>(numbers ?? {});
  const parameters = { i32: addresses, f32: entries.map(([own]) => own).join(", ") };
  const kernels = defineRowKernels(name, parameters, (write, row, given) => simd(write, row, given as never));
  return {
    name,
    signature,
    simd([x, ...others], _, attributes) {
      const columns = lastExtent(name, x.shape);
      const given = Object.fromEntries(entries.map(([own, number]) => [own, number(attributes, columns)]));
      return rowCalls(kernels, x.shape, given, others[maskInput - 1]);
    },
    wgsl([x, ...others], _, attributes) {
      const columns = lastExtent(name, x.shape);
      const read = entries.map(([own, number]) => [own, f32(number(attributes, columns))]);
      const options = { mask: others[maskInput - 1], parameters: Object.fromEntries(read), functions };
      return [rowProgram(name, x.shape, wgsl, options)];
    },
  };
}
