/**
 * What kernels compute with: values of WebAssembly, each the instructions that push it. Methods write the instructions
 * of larger expressions, so that a kernel reads like arithmetic.
 */
import { float32, signed, unsigned, type ValueType } from "./encoding.ts";

/** Instructions that leave one value on the stack. */
export abstract class Value {
  abstract readonly type: ValueType;

  /** @internal */
  constructor(readonly code: readonly number[]) {}
}

/** An integer, or a number that stands for a constant. */
export type Integer = I32 | number;
/** A floating-point number, or a number that stands for a constant. */
export type Float = F32 | number;
/** Four floating-point numbers, or a number that stands for four of it. */
export type Floats = F32x4 | number;
export type Integers = I32x4 | number;

const LOCAL_GET = 0x20;
const SELECT = 0x1b;
const SIMD = 0xfd;

/** Instructions of a vector operation on operands that are pushed before it. */
const simd = (operation: number, ...operands: Value[]) => [
  ...operands.flatMap(({ code }) => code),
  SIMD,
  ...unsigned(operation),
];

const scalar = (operation: number, ...operands: Value[]) => [
  ...operands.flatMap(({ code }) => code),
  operation,
];

/** Alignment hint (a power of 2) and constant offset of a memory access. */
const access = (alignment: number, offset: number) => [alignment, ...unsigned(offset)];

export const integer = (value: Integer): I32 => (typeof value === "number" ? I32.constant(value) : value);
export const float = (value: Float): F32 => (typeof value === "number" ? F32.constant(value) : value);
export const floats = (value: Floats): F32x4 =>
  typeof value === "number" ? F32x4.splat(F32.constant(value)) : value;
export const integers = (value: Integers): I32x4 =>
  typeof value === "number" ? I32x4.splat(I32.constant(value)) : value;

/** A 32-bit integer: a count, an index, an address in bytes, or a condition (0 is false). */
export class I32 extends Value {
  readonly type = "i32";

  static constant(value: number): I32 {
    return new I32([0x41, ...signed(value)]);
  }

  static local(index: number): I32 {
    return new I32([LOCAL_GET, ...unsigned(index)]);
  }

  static load(address: I32, offset = 0): I32 {
    return new I32([...address.code, 0x28, ...access(2, offset)]);
  }

  add(other: Integer): I32 {
    return other === 0 ? this : this.with(0x6a, other);
  }

  sub(other: Integer): I32 {
    return this.with(0x6b, other);
  }

  mul(other: Integer): I32 {
    return other === 1 ? this : this.with(0x6c, other);
  }

  /** Of unsigned integers. */
  div(other: Integer): I32 {
    return this.with(0x6e, other);
  }

  /** Of unsigned integers. */
  rem(other: Integer): I32 {
    return this.with(0x70, other);
  }

  and(other: Integer): I32 {
    return this.with(0x71, other);
  }

  or(other: Integer): I32 {
    return this.with(0x72, other);
  }

  shiftLeft(bits: number): I32 {
    return this.with(0x74, bits);
  }

  shiftRightUnsigned(bits: number): I32 {
    return this.with(0x76, bits);
  }

  equals(other: Integer): I32 {
    return this.with(0x46, other);
  }

  notEquals(other: Integer): I32 {
    return this.with(0x47, other);
  }

  less(other: Integer): I32 {
    return this.with(0x48, other);
  }

  greater(other: Integer): I32 {
    return this.with(0x4a, other);
  }

  lessOrEqual(other: Integer): I32 {
    return this.with(0x4c, other);
  }

  greaterOrEqual(other: Integer): I32 {
    return this.with(0x4e, other);
  }

  /** Of unsigned integers. */
  greaterOrEqualUnsigned(other: Integer): I32 {
    return this.with(0x4f, other);
  }

  min(other: Integer): I32 {
    return this.less(other).select(this, integer(other));
  }

  /** `ifTrue` where this condition is not 0, else `ifFalse`. */
  select<Chosen extends I32 | F32 | F32x4>(ifTrue: Chosen, ifFalse: Chosen): Chosen {
    const code =
      ifTrue.type === "v128"
        ? [...ifTrue.code, ...ifFalse.code, ...this.code, 0x1c, 0x01, 0x7b]
        : [...ifTrue.code, ...ifFalse.code, ...this.code, SELECT];
    const Type = ifTrue.constructor as new (code: readonly number[]) => Chosen;
    return new Type(code);
  }

  toFloat(): F32 {
    return new F32(scalar(0xb2, this));
  }

  /** The float with these bits. */
  asFloat(): F32 {
    return new F32(scalar(0xbe, this));
  }

  private with(operation: number, other: Integer): I32 {
    return new I32(scalar(operation, this, integer(other)));
  }
}

export class F32 extends Value {
  readonly type = "f32";

  static constant(value: number): F32 {
    return new F32([0x43, ...float32(value)]);
  }

  static local(index: number): F32 {
    return new F32([LOCAL_GET, ...unsigned(index)]);
  }

  static load(address: I32, offset = 0): F32 {
    return new F32([...address.code, 0x2a, ...access(2, offset)]);
  }

  add(other: Float): F32 {
    return this.with(0x92, other);
  }

  sub(other: Float): F32 {
    return this.with(0x93, other);
  }

  mul(other: Float): F32 {
    return this.with(0x94, other);
  }

  div(other: Float): F32 {
    return this.with(0x95, other);
  }

  min(other: Float): F32 {
    return this.with(0x96, other);
  }

  max(other: Float): F32 {
    return this.with(0x97, other);
  }

  abs(): F32 {
    return new F32(scalar(0x8b, this));
  }

  negate(): F32 {
    return new F32(scalar(0x8c, this));
  }

  sqrt(): F32 {
    return new F32(scalar(0x91, this));
  }

  equals(other: Float): I32 {
    return this.compare(0x5b, other);
  }

  less(other: Float): I32 {
    return this.compare(0x5d, other);
  }

  greater(other: Float): I32 {
    return this.compare(0x5e, other);
  }

  /** Towards zero; what does not fit saturates. */
  toInteger(): I32 {
    return new I32([...this.code, 0xfc, 0x00]);
  }

  /** The integer with these bits. */
  asInteger(): I32 {
    return new I32(scalar(0xbc, this));
  }

  splat(): F32x4 {
    return F32x4.splat(this);
  }

  private with(operation: number, other: Float): F32 {
    return new F32(scalar(operation, this, float(other)));
  }

  private compare(operation: number, other: Float): I32 {
    return new I32(scalar(operation, this, float(other)));
  }
}

/** Four floats side by side. */
export class F32x4 extends Value {
  readonly type = "v128";

  static splat(value: Float): F32x4 {
    return new F32x4(simd(0x13, float(value)));
  }

  static local(index: number): F32x4 {
    return new F32x4([LOCAL_GET, ...unsigned(index)]);
  }

  /** Four floats from an address, which need not be aligned. */
  static load(address: I32, offset = 0): F32x4 {
    return new F32x4([...address.code, SIMD, 0x00, ...access(2, offset)]);
  }

  /** One float from an address, four times. */
  static loadSplat(address: I32, offset = 0): F32x4 {
    return new F32x4([...address.code, SIMD, 0x09, ...access(2, offset)]);
  }

  add(other: Floats): F32x4 {
    return this.with(0xe4, other);
  }

  sub(other: Floats): F32x4 {
    return this.with(0xe5, other);
  }

  mul(other: Floats): F32x4 {
    return this.with(0xe6, other);
  }

  div(other: Floats): F32x4 {
    return this.with(0xe7, other);
  }

  min(other: Floats): F32x4 {
    return this.with(0xe8, other);
  }

  max(other: Floats): F32x4 {
    return this.with(0xe9, other);
  }

  /** The other where it is less, else this: what is not a number stays so. One instruction, where `min` is several. */
  atMost(other: Floats): F32x4 {
    return this.with(0xea, other);
  }

  /** The other where it is greater, else this, as `atMost`. */
  atLeast(other: Floats): F32x4 {
    return this.with(0xeb, other);
  }

  abs(): F32x4 {
    return new F32x4(simd(0xe0, this));
  }

  negate(): F32x4 {
    return new F32x4(simd(0xe1, this));
  }

  sqrt(): F32x4 {
    return new F32x4(simd(0xe3, this));
  }

  /** The nearest integers; halves to the even one. */
  nearest(): F32x4 {
    return new F32x4(simd(0x6a, this));
  }

  /** this * factor + addend in one rounding or two, as the engine likes (relaxed SIMD). */
  relaxedMultiplyAdd(factor: F32x4, addend: F32x4): F32x4 {
    return new F32x4(simd(0x105, this, factor, addend));
  }

  /** All bits set where true. */
  less(other: Floats): I32x4 {
    return new I32x4(simd(0x43, this, floats(other)));
  }

  greater(other: Floats): I32x4 {
    return new I32x4(simd(0x44, this, floats(other)));
  }

  lessOrEqual(other: Floats): I32x4 {
    return new I32x4(simd(0x45, this, floats(other)));
  }

  greaterOrEqual(other: Floats): I32x4 {
    return new I32x4(simd(0x46, this, floats(other)));
  }

  equals(other: Floats): I32x4 {
    return new I32x4(simd(0x41, this, floats(other)));
  }

  notEquals(other: Floats): I32x4 {
    return new I32x4(simd(0x42, this, floats(other)));
  }

  /** Element 0, 1, 2 or 3. */
  element(index: number): F32 {
    return new F32([...this.code, SIMD, 0x1f, index]);
  }

  /** Elements picked by number, 0 to 3 from this vector and 4 to 7 from the other. */
  shuffle(other: F32x4, picks: readonly [number, number, number, number]): F32x4 {
    const bytes = picks.flatMap((pick) => [0, 1, 2, 3].map((byte) => 4 * pick + byte));
    return new F32x4([...this.code, ...other.code, SIMD, 0x0d, ...bytes]);
  }

  /** Towards zero; what does not fit saturates. */
  toIntegers(): I32x4 {
    return new I32x4(simd(0xf8, this));
  }

  /** The integers with these bits. */
  asIntegers(): I32x4 {
    return new I32x4(this.code);
  }

  private with(operation: number, other: Floats): F32x4 {
    return new F32x4(simd(operation, this, floats(other)));
  }
}

/** Four integers side by side, or four conditions: all bits set, or none. */
export class I32x4 extends Value {
  readonly type = "v128";

  static of(...elements: readonly [number, number, number, number]): I32x4 {
    return new I32x4([SIMD, 0x0c, ...new Uint8Array(Int32Array.from(elements).buffer)]);
  }

  static splat(value: Integer): I32x4 {
    return new I32x4(simd(0x11, integer(value)));
  }

  static local(index: number): I32x4 {
    return new I32x4([LOCAL_GET, ...unsigned(index)]);
  }

  static load(address: I32, offset = 0): I32x4 {
    return new I32x4([...address.code, SIMD, 0x00, ...access(2, offset)]);
  }

  add(other: Integers): I32x4 {
    return new I32x4(simd(0xae, this, integers(other)));
  }

  sub(other: Integers): I32x4 {
    return new I32x4(simd(0xb1, this, integers(other)));
  }

  /**
   * The 64-bit products of elements 0 and 1 of two vectors of unsigned integers, each as two elements: its lower and
   * its upper half.
   */
  productsLow(other: Integers): I32x4 {
    return new I32x4(simd(0xde, this, integers(other)));
  }

  /** As `productsLow`, of elements 2 and 3. */
  productsHigh(other: Integers): I32x4 {
    return new I32x4(simd(0xdf, this, integers(other)));
  }

  shiftLeft(bits: number): I32x4 {
    return new I32x4([...this.code, ...integer(bits).code, SIMD, ...unsigned(0xab)]);
  }

  /** Keeps the sign. */
  shiftRight(bits: number): I32x4 {
    return new I32x4([...this.code, ...integer(bits).code, SIMD, ...unsigned(0xac)]);
  }

  shiftRightUnsigned(bits: number): I32x4 {
    return new I32x4([...this.code, ...integer(bits).code, SIMD, ...unsigned(0xad)]);
  }

  and(other: Integers): I32x4 {
    return new I32x4(simd(0x4e, this, integers(other)));
  }

  or(other: Integers): I32x4 {
    return new I32x4(simd(0x50, this, integers(other)));
  }

  xor(other: Integers): I32x4 {
    return new I32x4(simd(0x51, this, integers(other)));
  }

  equals(other: Integers): I32x4 {
    return new I32x4(simd(0x37, this, integers(other)));
  }

  notEquals(other: Integers): I32x4 {
    return new I32x4(simd(0x38, this, integers(other)));
  }

  less(other: Integers): I32x4 {
    return new I32x4(simd(0x39, this, integers(other)));
  }

  greater(other: Integers): I32x4 {
    return new I32x4(simd(0x3b, this, integers(other)));
  }

  lessOrEqual(other: Integers): I32x4 {
    return new I32x4(simd(0x3d, this, integers(other)));
  }

  greaterOrEqual(other: Integers): I32x4 {
    return new I32x4(simd(0x3f, this, integers(other)));
  }

  /** Element 0, 1, 2 or 3. */
  element(index: number): I32 {
    return new I32([...this.code, SIMD, 0x1b, index]);
  }

  /** Elements picked by number, 0 to 3 from this vector and 4 to 7 from the other. */
  shuffle(other: I32x4, picks: readonly [number, number, number, number]): I32x4 {
    return this.asFloats().shuffle(other.asFloats(), picks).asIntegers();
  }

  /** The elements of `ifTrue` where the condition holds, those of `ifFalse` elsewhere. */
  select(ifTrue: Floats, ifFalse: Floats): F32x4 {
    // All bits of 0 are 0, so one instruction does where the selection takes three.
    if (ifFalse === 0) return this.and(floats(ifTrue).asIntegers()).asFloats();
    return new F32x4(simd(0x52, floats(ifTrue), floats(ifFalse), this));
  }

  toFloats(): F32x4 {
    return new F32x4(simd(0xfa, this));
  }

  /** The floats with these bits. */
  asFloats(): F32x4 {
    return new F32x4(this.code);
  }
}
