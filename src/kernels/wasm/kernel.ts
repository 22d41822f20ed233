/**
 * How a kernel is written: a function over addresses and counts that works on the items from `first` to `last` - 1, so
 * that threads can share them. Statements are written in the order in which they run.
 *
 * @example
 * const double = defineKernel("double", { x: "i32", out: "i32" }, (write, { x, out, first, last }) => {
 *   write.loop(first, last, 1, (i) => {
 *     const at = write.let(i.shiftLeft(2));
 *     write.store(out.add(at), F32.load(x.add(at)).mul(2));
 *   });
 * });
 */
import { encodeModule, unsigned, type ValueType } from "./encoding.ts";
import { F32, F32x4, I32, I32x4, type Integer, integer, type Value } from "./values.ts";

/** Types of a kernel's own parameters. */
export type ParameterTypes = Readonly<Record<string, "i32" | "f32">>;

type ValueOf = { i32: I32; f32: F32 };

/** A kernel's parameters by name, and the items to work on. */
export type Parameters<Types extends ParameterTypes> = {
  readonly [Name in keyof Types]: ValueOf[Types[Name]];
} & { readonly first: I32; readonly last: I32 };

/** A kernel in a form that can be compiled; see `defineKernel`. */
export interface Kernel<Types extends ParameterTypes = ParameterTypes> {
  /** Unlike that of any other kernel. */
  readonly name: string;
  readonly parameters: Types;
  /** The bytes of a module that exports `run(...parameters, first, last)`. */
  encode(isShared: boolean): Uint8Array<ArrayBuffer>;
}

/** A value that can be given another one. */
export type Variable<Kind extends Value> = Kind & { readonly index: number };

const LOCAL_SET = 0x21;
const VOID = 0x40;

type Local = I32 | F32 | F32x4 | I32x4;

function readLocal<Kind extends Local>(like: Kind, index: number): Kind {
  const kinds = [I32, F32, F32x4, I32x4] as const;
  const Kind = kinds.find((kind) => like instanceof kind);
  if (Kind === undefined) throw new TypeError("kernel: only numbers and vectors are kept in locals");
  return Kind.local(index) as Local as Kind;
}

/** Writes statements. */
export class KernelWriter {
  private readonly body: number[] = [];
  private readonly locals: ValueType[] = [];

  constructor(private readonly parameterCount: number) {}

  /** Computes a value once; what is returned reads it. */
  let<Kind extends Local>(value: Kind): Kind {
    return this.variable(value);
  }

  /** As `let`, for a value that changes: see `set`. */
  variable<Kind extends Local>(value: Kind): Variable<Kind> {
    const index = this.parameterCount + this.locals.length;
    this.locals.push(value.type);
    const variable = Object.assign(readLocal(value, index), { index });
    this.set(variable, value);
    return variable;
  }

  set<Kind extends Local>(variable: Variable<Kind>, value: Kind): void {
    this.body.push(...value.code, LOCAL_SET, ...unsigned(variable.index));
  }

  store(address: I32, value: Local, offset = 0): void {
    const codes = { i32: [0x36, 2], f32: [0x38, 2], v128: [0xfd, 0x0b, 2] };
    this.body.push(...address.code, ...value.code, ...codes[value.type], ...unsigned(offset));
  }

  /** Stores one element of a vector. */
  storeElement(address: I32, value: F32x4, element: number, offset = 0): void {
    this.body.push(...address.code, ...value.code, 0xfd, 0x5a, 2, ...unsigned(offset), element);
  }

  /** Copies bytes that do not overlap. */
  copy(target: I32, source: I32, bytes: I32): void {
    this.body.push(...target.code, ...source.code, ...bytes.code, 0xfc, 0x0a, 0, 0);
  }

  /** Sets bytes to 0. */
  clear(target: I32, bytes: I32): void {
    this.body.push(...target.code, ...integer(0).code, ...bytes.code, 0xfc, 0x0b, 0);
  }

  /** Ends the kernel with a WebAssembly.RuntimeError. */
  trap(): void {
    this.body.push(0x00);
  }

  /** Runs `body` for i = from, from + step, ... below `to`. */
  loop(from: Integer, to: Integer, step: Integer, body: (i: I32) => void): void {
    const i = this.variable(integer(from));
    const end = typeof to === "number" ? to : this.let(to);
    this.while(i.less(end), () => {
      body(i);
      this.set(i, i.add(step) as Variable<I32>);
    });
  }

  /** Runs `body` as long as the condition holds. */
  while(condition: I32, body: () => void): void {
    this.if(condition, () => {
      this.body.push(0x03, VOID);
      body();
      this.body.push(...condition.code, 0x0d, 0, 0x0b);
    });
  }

  if(condition: I32, body: () => void, otherwise?: () => void): void {
    this.body.push(...condition.code, 0x04, VOID);
    body();
    if (otherwise !== undefined) {
      this.body.push(0x05);
      otherwise();
    }
    this.body.push(0x0b);
  }

  /** @internal */
  finish(): { readonly locals: readonly ValueType[]; readonly body: readonly number[] } {
    return { locals: this.locals, body: this.body };
  }
}

/** Declares a kernel; its code is written when it is first compiled. */
export function defineKernel<Types extends ParameterTypes>(
  name: string,
  parameters: Types,
  write: (writer: KernelWriter, parameters: Parameters<Types>) => void,
): Kernel<Types> {
  return {
    name,
    parameters,
    encode(isShared) {
      const types: ValueType[] = [...Object.values(parameters), "i32", "i32"];
      const writer = new KernelWriter(types.length);
      const names = [...Object.keys(parameters), "first", "last"];
      const values = names.map((key, index) => [
        key,
        types[index] === "f32" ? F32.local(index) : I32.local(index),
      ]);
      write(writer, Object.fromEntries(values) as Parameters<Types>);
      return encodeModule({ parameters: types, ...writer.finish() }, isShared);
    },
  };
}
