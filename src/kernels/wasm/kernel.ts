/**
 * How a kernel is written: a function over addresses and counts that works on the items from `first` to `last` - 1, so
 * that threads can share them. Statements are written in the order in which they run.
 * @example
 * const double = defineKernel("double", { i32: "x, out" }, (write, { x, out, first, last }) => {
 *   write.loop(first, last, 1, (i) => {
 *     const at = write.let(i.shiftLeft(2));
 *     write.store(out.add(at), F32.load(x.add(at)).mul(2));
 *   });
 * });
 */
import { type Kernel, type NamesIn, namesIn } from "../dispatch.ts";
import { encodeModule, unsigned, type ValueType } from "./encoding.ts";
import {
  F32,
  type F32x4,
  I32,
  type I32x4,
  type Integer,
  integer,
  readLocal,
  type Value,
  type ValueClass,
} from "./values.ts";

/** The names of a kernel's own parameters, as in `"x, out"`: addresses and counts, and numbers. */
export interface ParameterNames<Integers extends string = string, Numbers extends string = string> {
  readonly i32: Integers;
  readonly f32?: Numbers;
}

/** A kernel's parameters by name, and the items to work on. */
export type Parameters<Integers extends string, Numbers extends string = ""> = {
  readonly [Name in NamesIn<Integers> | "first" | "last"]: I32;
} & (string extends Numbers ? unknown : { readonly [Name in NamesIn<Numbers>]: F32 });

/** A value that can be given another one. */
export type Variable<Kind extends Value> = Kind & { readonly index: number };

const LOCAL_SET = 0x21;
const VOID = 0x40;

type Local = I32 | F32 | F32x4 | I32x4;

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
    const Kind = value.constructor as ValueClass<Kind>;
    const variable = Object.assign(new Kind(readLocal(index)), { index });
    this.set<Kind>(variable, value);
    return variable;
  }

  set<Kind extends Local>(variable: Variable<Kind>, value: NoInfer<Kind>): void {
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
      this.set(i, i.add(step));
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
export function defineKernel<const Integers extends string, const Numbers extends string = "">(
  name: string,
  parameters: ParameterNames<Integers, Numbers>,
  write: (writer: KernelWriter, parameters: Parameters<Integers, Numbers>) => void,
): Kernel {
  const [integers, numbers] = [namesIn(parameters.i32), namesIn(parameters.f32 ?? "")];
  return {
    name,
    parameters: [...integers, ...numbers],
    encode(isShared) {
      const names = [...integers, ...numbers, "first", "last"];
      const types = names.map((own): ValueType => (numbers.includes(own) ? "f32" : "i32"));
      const writer = new KernelWriter(types.length);
      const values = names.map((own, index) => {
        const Kind = types[index] === "f32" ? F32 : I32;
        return [own, new Kind(readLocal(index))];
      });
      write(writer, Object.fromEntries(values) as Parameters<Integers, Numbers>);
      return encodeModule({ parameters: types, ...writer.finish() }, isShared);
    },
  };
}
