/**
 * What kernels compute with: values of WebAssembly, each the instructions that push it. Methods write the instructions
 * of larger expressions, so that a kernel reads like arithmetic. Most come from tables of instructions (WebAssembly Core
 * Specification 2.0, chapter 5.4): each its number, what it takes and what it gives.
 */
import { float32, signed, unsigned, type ValueType } from "./encoding.ts";

/** Instructions that leave one value on the stack. */
export abstract class Value {
  abstract readonly type: ValueType;

  /** @internal */
  constructor(readonly code: readonly number[]) {}
}

/** What makes a value of its instructions. */
export type ValueClass<Made> = new (code: readonly number[]) => Made;

/** An integer, or a number that stands for a constant. */
export type Integer = I32 | number;
/** A floating-point number, or a number that stands for a constant. */
export type Float = F32 | number;
/** Four floating-point numbers, or a number that stands for four of it. */
export type Floats = F32x4 | number;
export type Integers = I32x4 | number;

export const integer = (value: Integer): I32 => (typeof value === "number" ? I32.constant(value) : value);
export const float = (value: Float): F32 => (typeof value === "number" ? F32.constant(value) : value);
export const floats = (value: Floats): F32x4 => (typeof value === "number" ? F32x4.splat(value) : value);
export const integers = (value: Integers): I32x4 => (typeof value === "number" ? I32x4.splat(value) : value);

interface Kinds {
  readonly i32: I32;
  readonly f32: F32;
  readonly f32x4: F32x4;
  readonly i32x4: I32x4;
}

type Kind = keyof Kinds;

/** A value of a kind from its instructions, and from what may stand for one. */
const MAKERS: Readonly<Record<Kind, readonly [(code: readonly number[]) => Value, (given: never) => Value]>> =
  {
    i32: [(code) => new I32(code), integer],
    f32: [(code) => new F32(code), float],
    f32x4: [(code) => new F32x4(code), floats],
    i32x4: [(code) => new I32x4(code), integers],
  };

/**
 * The number of an instruction, and the types of its operands beside the value itself and of its result, as in
 * `"i32 -> f32"`. A number from 0x1000 on begins with the byte that is the prefix of its group. An operand that is the
 * neutral number changes nothing, and is left out.
 */
type Instruction = readonly [number: number, types: `${string}-> ${Kind}`, neutral?: number];

type Table = Readonly<Record<string, Instruction>>;

/** A value, or a number that stands for a constant. */
type Operand<Name> = Name extends Kind ? Kinds[Name] | number : never;

type Method<Types> = Types extends `-> ${infer Result extends Kind}`
  ? () => Kinds[Result]
  : Types extends `${infer Second}, ${infer Third} -> ${infer Result extends Kind}`
    ? (second: Operand<Second>, third: Operand<Third>) => Kinds[Result]
    : Types extends `${infer Other} -> ${infer Result extends Kind}`
      ? (other: Operand<Other>) => Kinds[Result]
      : never;

type Methods<Instructions extends Table> = {
  readonly [Name in keyof Instructions]: Method<Instructions[Name][1]>;
};

/** A class to extend, with a method for each instruction of a table. */
function withInstructions<const Instructions extends Table>(
  table: Instructions,
): ValueClass<Value & Methods<Instructions>> {
  abstract class WithInstructions extends Value {}
  for (const [name, [number, types, neutral]] of Object.entries(table)) {
    const [takes, gives] = types.split("-> ") as [string, Kind];
    const kinds = takes.split(/,? /).filter((kind) => kind !== "") as Kind[];
    const bytes = number < 0x1000 ? [number] : [number >> 12, ...unsigned(number & 0xfff)];
    function method(this: Value, ...operands: never[]): Value {
      if (neutral !== undefined && operands[0] === neutral) return this;
      const codes = kinds.map((kind, at) => MAKERS[kind][1](operands[at]).code);
      return MAKERS[gives][0]([...this.code, ...codes.flat(), ...bytes]);
    }
    Object.assign(WithInstructions.prototype, { [name]: method });
  }
  return WithInstructions as unknown as ValueClass<Value & Methods<Instructions>>;
}

/** Before the number of every vector instruction. */
const SIMD = 0xfd;

/** Instructions that read a local variable. */
export const readLocal = (index: number) => [0x20, ...unsigned(index)];

/** Instructions that read memory `offset` bytes from an address on, which need not be aligned. */
const readMemory = (address: Value, instruction: readonly number[], offset: number) => [
  ...address.code,
  ...instruction,
  2,
  ...unsigned(offset),
];

const I32_INSTRUCTIONS = {
  add: [0x6a, "i32 -> i32", 0],
  sub: [0x6b, "i32 -> i32"],
  mul: [0x6c, "i32 -> i32", 1],
  /** Of unsigned integers. */
  div: [0x6e, "i32 -> i32"],
  /** Of unsigned integers. */
  rem: [0x70, "i32 -> i32"],
  and: [0x71, "i32 -> i32"],
  or: [0x72, "i32 -> i32"],
  shiftLeft: [0x74, "i32 -> i32"],
  shiftRightUnsigned: [0x76, "i32 -> i32"],
  equals: [0x46, "i32 -> i32"],
  notEquals: [0x47, "i32 -> i32"],
  less: [0x48, "i32 -> i32"],
  greater: [0x4a, "i32 -> i32"],
  lessOrEqual: [0x4c, "i32 -> i32"],
  greaterOrEqual: [0x4e, "i32 -> i32"],
  /** Of unsigned integers. */
  greaterOrEqualUnsigned: [0x4f, "i32 -> i32"],
  toFloat: [0xb2, "-> f32"],
  /** The float with these bits. */
  asFloat: [0xbe, "-> f32"],
} as const satisfies Table;

/** A 32-bit integer: a count, an index, an address in bytes, or a condition (0 is false). */
export class I32 extends withInstructions(I32_INSTRUCTIONS) {
  readonly type = "i32";

  static constant(value: number): I32 {
    return new I32([0x41, ...signed(value)]);
  }

  static load(address: I32, offset = 0): I32 {
    return new I32(readMemory(address, [0x28], offset));
  }

  min(other: Integer): I32 {
    return this.less(other).select<I32>(this, integer(other));
  }

  /** `ifTrue` where this condition is not 0, else `ifFalse`. */
  select<Chosen extends Value>(ifTrue: Chosen, ifFalse: Chosen): Chosen {
    const select = ifTrue.type === "v128" ? [0x1c, 0x01, 0x7b] : [0x1b];
    const Type = ifTrue.constructor as ValueClass<Chosen>;
    return new Type([...ifTrue.code, ...ifFalse.code, ...this.code, ...select]);
  }
}

const F32_INSTRUCTIONS = {
  add: [0x92, "f32 -> f32"],
  sub: [0x93, "f32 -> f32"],
  mul: [0x94, "f32 -> f32"],
  div: [0x95, "f32 -> f32"],
  min: [0x96, "f32 -> f32"],
  max: [0x97, "f32 -> f32"],
  abs: [0x8b, "-> f32"],
  negate: [0x8c, "-> f32"],
  sqrt: [0x91, "-> f32"],
  equals: [0x5b, "f32 -> i32"],
  less: [0x5d, "f32 -> i32"],
  greater: [0x5e, "f32 -> i32"],
  /** Towards zero; what does not fit saturates. */
  toInteger: [0xfc000, "-> i32"],
  /** The integer with these bits. */
  asInteger: [0xbc, "-> i32"],
  /** Four times the number. */
  splat: [0xfd013, "-> f32x4"],
} as const satisfies Table;

export class F32 extends withInstructions(F32_INSTRUCTIONS) {
  readonly type = "f32";

  static constant(value: number): F32 {
    return new F32([0x43, ...float32(value)]);
  }

  static load(address: I32, offset = 0): F32 {
    return new F32(readMemory(address, [0x2a], offset));
  }
}

/** Four elements by number, 0 to 3 from one vector and 4 to 7 from another. */
type Picks = readonly [number, number, number, number];

const F32X4_INSTRUCTIONS = {
  add: [0xfd0e4, "f32x4 -> f32x4"],
  sub: [0xfd0e5, "f32x4 -> f32x4"],
  mul: [0xfd0e6, "f32x4 -> f32x4"],
  div: [0xfd0e7, "f32x4 -> f32x4"],
  min: [0xfd0e8, "f32x4 -> f32x4"],
  max: [0xfd0e9, "f32x4 -> f32x4"],
  /** The other where it is less, else this: what is not a number stays so. One instruction, where `min` is several. */
  atMost: [0xfd0ea, "f32x4 -> f32x4"],
  /** The other where it is greater, else this, as `atMost`. */
  atLeast: [0xfd0eb, "f32x4 -> f32x4"],
  abs: [0xfd0e0, "-> f32x4"],
  negate: [0xfd0e1, "-> f32x4"],
  sqrt: [0xfd0e3, "-> f32x4"],
  /** The nearest integers; halves to the even one. */
  nearest: [0xfd06a, "-> f32x4"],
  /** This times the first plus the second, in one rounding or two, as the engine likes (relaxed SIMD). */
  relaxedMultiplyAdd: [0xfd105, "f32x4, f32x4 -> f32x4"],
  /** All bits set where true, as of all comparisons. */
  equals: [0xfd041, "f32x4 -> i32x4"],
  notEquals: [0xfd042, "f32x4 -> i32x4"],
  less: [0xfd043, "f32x4 -> i32x4"],
  greater: [0xfd044, "f32x4 -> i32x4"],
  lessOrEqual: [0xfd045, "f32x4 -> i32x4"],
  greaterOrEqual: [0xfd046, "f32x4 -> i32x4"],
  /** Towards zero; what does not fit saturates. */
  toIntegers: [0xfd0f8, "-> i32x4"],
} as const satisfies Table;

/** Four floats side by side. */
export class F32x4 extends withInstructions(F32X4_INSTRUCTIONS) {
  readonly type = "v128";

  static splat(value: Float): F32x4 {
    return float(value).splat();
  }

  /** Four floats from an address, which need not be aligned. */
  static load(address: I32, offset = 0): F32x4 {
    return new F32x4(readMemory(address, [SIMD, 0x00], offset));
  }

  /** One float from an address, four times. */
  static loadSplat(address: I32, offset = 0): F32x4 {
    return new F32x4(readMemory(address, [SIMD, 0x09], offset));
  }

  /** Element 0, 1, 2 or 3. */
  element(index: number): F32 {
    return new F32([...this.code, SIMD, 0x1f, index]);
  }

  shuffle(other: F32x4, picks: Picks): F32x4 {
    const bytes = picks.flatMap((pick) => [0, 1, 2, 3].map((byte) => 4 * pick + byte));
    return new F32x4([...this.code, ...other.code, SIMD, 0x0d, ...bytes]);
  }

  /** The integers with these bits. */
  asIntegers(): I32x4 {
    return new I32x4(this.code);
  }
}

const I32X4_INSTRUCTIONS = {
  add: [0xfd0ae, "i32x4 -> i32x4"],
  sub: [0xfd0b1, "i32x4 -> i32x4"],
  /**
   * The 64-bit products of elements 0 and 1 of two vectors of unsigned integers, each as two elements: its lower and
   * its upper half.
   */
  productsLow: [0xfd0de, "i32x4 -> i32x4"],
  /** As `productsLow`, of elements 2 and 3. */
  productsHigh: [0xfd0df, "i32x4 -> i32x4"],
  shiftLeft: [0xfd0ab, "i32 -> i32x4"],
  /** Keeps the sign. */
  shiftRight: [0xfd0ac, "i32 -> i32x4"],
  shiftRightUnsigned: [0xfd0ad, "i32 -> i32x4"],
  and: [0xfd04e, "i32x4 -> i32x4"],
  or: [0xfd050, "i32x4 -> i32x4"],
  xor: [0xfd051, "i32x4 -> i32x4"],
  equals: [0xfd037, "i32x4 -> i32x4"],
  notEquals: [0xfd038, "i32x4 -> i32x4"],
  less: [0xfd039, "i32x4 -> i32x4"],
  greater: [0xfd03b, "i32x4 -> i32x4"],
  lessOrEqual: [0xfd03d, "i32x4 -> i32x4"],
  greaterOrEqual: [0xfd03f, "i32x4 -> i32x4"],
  toFloats: [0xfd0fa, "-> f32x4"],
} as const satisfies Table;

/** Four integers side by side, or four conditions: all bits set, or none. */
export class I32x4 extends withInstructions(I32X4_INSTRUCTIONS) {
  readonly type = "v128";

  static of(...elements: Picks): I32x4 {
    return new I32x4([SIMD, 0x0c, ...new Uint8Array(Int32Array.from(elements).buffer)]);
  }

  static splat(value: Integer): I32x4 {
    return new I32x4([...integer(value).code, SIMD, 0x11]);
  }

  /** Element 0, 1, 2 or 3. */
  element(index: number): I32 {
    return new I32([...this.code, SIMD, 0x1b, index]);
  }

  shuffle(other: I32x4, picks: Picks): I32x4 {
    return this.asFloats().shuffle(other.asFloats(), picks).asIntegers();
  }

  /** The elements of `ifTrue` where the condition holds, those of `ifFalse` elsewhere. */
  select(ifTrue: Floats, ifFalse: Floats): F32x4 {
    // All bits of 0 are 0, so one instruction does where the selection takes three.
    if (ifFalse === 0) return this.and(floats(ifTrue).asIntegers()).asFloats();
    return new F32x4([...floats(ifTrue).code, ...floats(ifFalse).code, ...this.code, SIMD, 0x52]);
  }

  /** The floats with these bits. */
  asFloats(): F32x4 {
    return new F32x4(this.code);
  }
}
