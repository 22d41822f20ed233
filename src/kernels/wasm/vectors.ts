/** Four floats or four integers side by side, as kernels compute with them. */
import { unsigned } from "./encoding.ts";
import { access, LOCAL_GET, SIMD, simd, Value } from "./instructions.ts";
import { F32, type Float, float, I32, type Integer, integer } from "./scalars.ts";

/** Four floating-point numbers, or a number that stands for four of it. */
export type Floats = F32x4 | number;
export type Integers = I32x4 | number;

export const floats = (value: Floats): F32x4 =>
  typeof value === "number" ? F32x4.splat(F32.constant(value)) : value;
export const integers = (value: Integers): I32x4 =>
  typeof value === "number" ? I32x4.splat(I32.constant(value)) : value;

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
