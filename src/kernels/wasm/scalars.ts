/** Integers and floats as kernels compute with them. */
import { float32, signed, unsigned } from "./encoding.ts";
import { access, LOCAL_GET, scalar, Value } from "./instructions.ts";
// Scalars are spread to vectors, and vectors hold scalars: these files import each other.
import { F32x4 } from "./vectors.ts";

/** An integer, or a number that stands for a constant. */
export type Integer = I32 | number;
/** A floating-point number, or a number that stands for a constant. */
export type Float = F32 | number;

const SELECT = 0x1b;

export const integer = (value: Integer): I32 => (typeof value === "number" ? I32.constant(value) : value);
export const float = (value: Float): F32 => (typeof value === "number" ? F32.constant(value) : value);

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
