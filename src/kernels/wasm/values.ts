/**
 * What kernels compute with: values of WebAssembly, each the instructions that push it. Methods write the instructions
 * of larger expressions, so that a kernel reads like arithmetic. Most come from tables of instructions (WebAssembly Core
 * Specification 2.0, chapter 5.4): each its number, what it takes and what it gives.
 */
import { type NamesIn, namesIn } from "../dispatch.ts";
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
const MAKERS: Readonly<Record<Kind, readonly [(code: readonly number[]) => Value, (given: never) => Value]>> = {
  i32: [(code) => new I32(code), integer],
  f32: [(code) => new F32(code), float],
  f32x4: [(code) => new F32x4(code), floats],
  i32x4: [(code) => new I32x4(code), integers],
};

/**
 * Instructions whose numbers follow each other: the first number, their names as in `"add, sub"`, and the types of their
 * operands beside the value itself and of their result, as in `"i32 -> f32"`. A number from 0x1000 on begins with the byte
 * that is the prefix of its group. An operand that is the neutral number changes nothing, and is left out.
 */
type Instructions = readonly [first: number, names: string, types: `${string}-> ${Kind}`, neutral?: number];

/** A value, or a number that stands for a constant. */
type Operand<Name> = Name extends Kind ? Kinds[Name] | number : never;

type Method<Types> = Types extends `-> ${infer Result extends Kind}`
  ? () => Kinds[Result]
  : Types extends `${infer Second}, ${infer Third} -> ${infer Result extends Kind}`
    ? (second: Operand<Second>, third: Operand<Third>) => Kinds[Result]
    : Types extends `${infer Other} -> ${infer Result extends Kind}`
      ? (other: Operand<Other>) => Kinds[Result]
      : never;

type Methods<Row extends Instructions> = { readonly [Own in Row as NamesIn<Own[1]>]: Method<Own[2]> };

/** A class to extend, with a method for each instruction of a table. */
function withInstructions<const Row extends Instructions>(...table: readonly Row[]): ValueClass<Value & Methods<Row>> {
  abstract class WithInstructions extends Value {}
  for (const [first, names, types, neutral] of table) {
    const [takes, gives] = types.split("-> ") as [string, Kind];
    const kinds = takes.split(/,? /).filter((kind) => kind !== "") as Kind[];
    for (const [place, name] of namesIn(names).entries()) {
      const number = first + place;
      const bytes = number < 0x1000 ? [number] : [number >> 12, ...unsigned(number & 0xfff)];
      function method(this: Value, ...operands: never[]): Value {
        if (neutral !== undefined && operands[0] === neutral) return this;
        const codes = kinds.map((kind, at) => MAKERS[kind][1](operands[at]).code);
        return MAKERS[gives][0]([...this.code, ...codes.flat(), ...bytes]);
      }
      Object.assign(WithInstructions.prototype, { [name]: method });
    }
  }
  return WithInstructions as unknown as ValueClass<Value & Methods<Row>>;
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

/** A 32-bit integer: a count, an index, an address in bytes, or a condition (0 is false). */
export class I32 extends withInstructions(
  [0x6a, "add", "i32 -> i32", 0],
  [0x6b, "sub", "i32 -> i32"],
  [0x6c, "mul", "i32 -> i32", 1],
  // Of unsigned integers.
  [0x6e, "div", "i32 -> i32"],
  [0x70, "rem", "i32 -> i32"],
  [0x71, "and, or", "i32 -> i32"],
  [0x74, "shiftLeft", "i32 -> i32"],
  [0x76, "shiftRightUnsigned", "i32 -> i32"],
  [0x46, "equals, notEquals, less", "i32 -> i32"],
  [0x4a, "greater", "i32 -> i32"],
  [0x4c, "lessOrEqual", "i32 -> i32"],
  [0x4e, "greaterOrEqual, greaterOrEqualUnsigned", "i32 -> i32"],
  [0xb2, "toFloat", "-> f32"],
  // The float with these bits.
  [0xbe, "asFloat", "-> f32"],
) {
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

export class F32 extends withInstructions(
  [0x8b, "abs, negate", "-> f32"],
  [0x91, "sqrt", "-> f32"],
  [0x92, "add, sub, mul, div, min, max", "f32 -> f32"],
  [0x5b, "equals", "f32 -> i32"],
  [0x5d, "less, greater", "f32 -> i32"],
  // Towards zero; what does not fit saturates.
  [0xfc000, "toInteger", "-> i32"],
  // The integer with these bits.
  [0xbc, "asInteger", "-> i32"],
  // Four times the number.
  [0xfd013, "splat", "-> f32x4"],
) {
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

/** Four floats side by side. */
export class F32x4 extends withInstructions(
  [0xfd0e0, "abs, negate", "-> f32x4"],
  [0xfd0e3, "sqrt", "-> f32x4"],
  // `atMost` gives the other where it is less, else this, so that what is not a number stays so, and `atLeast` the other
  // where it is greater: one instruction each, where `min` and `max` are several.
  [0xfd0e4, "add, sub, mul, div, min, max, atMost, atLeast", "f32x4 -> f32x4"],
  // The nearest integers; halves to the even one.
  [0xfd06a, "nearest", "-> f32x4"],
  // This times the first plus the second, in one rounding or two, as the engine likes (relaxed SIMD).
  [0xfd105, "relaxedMultiplyAdd", "f32x4, f32x4 -> f32x4"],
  // All bits set where true, as of all comparisons.
  [0xfd041, "equals, notEquals, less, greater, lessOrEqual, greaterOrEqual", "f32x4 -> i32x4"],
  // Towards zero; what does not fit saturates.
  [0xfd0f8, "toIntegers", "-> i32x4"],
) {
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

/** Four integers side by side, or four conditions: all bits set, or none. */
export class I32x4 extends withInstructions(
  [0xfd0ae, "add", "i32x4 -> i32x4"],
  [0xfd0b1, "sub", "i32x4 -> i32x4"],
  // The 64-bit products of elements 0 and 1 of two vectors of unsigned integers, each as two elements, its lower and its
  // upper half; and those of elements 2 and 3.
  [0xfd0de, "productsLow, productsHigh", "i32x4 -> i32x4"],
  // Unless it is unsigned, a shift to the right keeps the sign.
  [0xfd0ab, "shiftLeft, shiftRight, shiftRightUnsigned", "i32 -> i32x4"],
  [0xfd04e, "and", "i32x4 -> i32x4"],
  [0xfd050, "or, xor", "i32x4 -> i32x4"],
  [0xfd037, "equals, notEquals, less", "i32x4 -> i32x4"],
  [0xfd03b, "greater", "i32x4 -> i32x4"],
  [0xfd03d, "lessOrEqual", "i32x4 -> i32x4"],
  [0xfd03f, "greaterOrEqual", "i32x4 -> i32x4"],
  [0xfd0fa, "toFloats", "-> f32x4"],
) {
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
