/** What values are made of: the instructions that push them. */
import { unsigned, type ValueType } from "./encoding.ts";

/** Instructions that leave one value on the stack. */
export abstract class Value {
  abstract readonly type: ValueType;

  /** @internal */
  constructor(readonly code: readonly number[]) {}
}

export const LOCAL_GET = 0x20;
/** Before the number of every vector instruction. */
export const SIMD = 0xfd;

/** Instructions of a vector operation on operands that are pushed before it. */
export const simd = (operation: number, ...operands: Value[]) => [
  ...operands.flatMap(({ code }) => code),
  SIMD,
  ...unsigned(operation),
];

/** Instructions of a scalar operation on operands that are pushed before it. */
export const scalar = (operation: number, ...operands: Value[]) => [
  ...operands.flatMap(({ code }) => code),
  operation,
];

/** Alignment hint (a power of 2) and constant offset of a memory access. */
export const access = (alignment: number, offset: number) => [alignment, ...unsigned(offset)];
