/** What the softmax family shares: the sum of the exponentials of a row's kept elements, in three languages. */
import type { Draw } from "../../draw.ts";
import { checkMask, type IsKept } from "../../mask.ts";
import { checkTypes, type NumberArray, type TensorSpec } from "../../operation.ts";
import { lastExtent } from "../../shape.ts";
import type { KernelWriter } from "../../wasm/kernel.ts";
import { exp } from "../../wasm/mathematics.ts";
import type { Row } from "../../wasm/rows.ts";
import { F32x4, type I32, type I32x4 } from "../../wasm/values.ts";

/**
 * log sum exp of the elements of x from `start` to `end` - 1 that are kept; undefined where none is. As in SciPy, that of
 * nothing but minus infinities is minus infinity, and with plus infinity among them infinity.
 */
export function rowLogSumExp(x: NumberArray, start: number, end: number, isKept: IsKept): number | undefined {
  let largest: number | undefined;
  for (let i = start; i < end; i++) if (isKept(i)) largest = Math.max(largest ?? x[i], x[i]);
  if (largest === undefined || !Number.isFinite(largest)) return largest;
  let total = 0;
  for (let i = start; i < end; i++) if (isKept(i)) total += Math.exp(x[i] - largest);
  return largest + Math.log(total);
}

/** The largest number of 32 bits: infinities are told apart from what is subtracted from them. */
const HIGHEST = 3.4028234663852886e38;

/** Of a row's kept elements: the largest, at most {@link HIGHEST}, and the sum of exp(x - largest). */
export interface Exponentials {
  readonly largest: F32x4;
  readonly total: F32x4;
  /** Whether none is kept. */
  readonly isEmpty: I32x4;
  /** 1 / total, or 0. */
  readonly inverse: F32x4;
}

/** @param target the row where each exponential is stored, 0 for hidden elements, if any */
export function sumExponentials(write: KernelWriter, row: Row, x: I32, target?: I32): Exponentials {
  const largest = write.let(row.largest(x).atMost(HIGHEST));
  const total = row.sum(({ load, store, kept }) => {
    const exponential = write.let(kept(exp(write, load(x).sub(largest)), 0));
    if (target !== undefined) store(target, exponential);
    return exponential;
  });
  const isEmpty = row.isEmptyWhere(total.equals(0));
  const inverse = write.let(isEmpty.select(0, F32x4.splat(1).div(total)));
  return { largest, total, isEmpty, inverse };
}

/**
 * WGSL of `sum_exponentials(start, mask_start)` for a row of the tensor `x`. The row is read once: the sum so far shrinks
 * when a larger element comes (Milakov and Gimelshein, arXiv 1805.02867). The total is at least 1, unless nothing is kept.
 */
export const SUM_EXPONENTIALS = `
struct Exponentials { largest: f32, total: f32, is_empty: bool }

fn sum_exponentials(start: u32, mask_start: u32) -> Exponentials {
  var largest = -3.4e38;
  var total = 0.0;
  var is_empty = true;
  for (var j = 0u; j < parameters.columns; j++) {
    if (is_kept(mask_start + j)) {
      let value = x[start + j];
      if (is_empty) {
        largest = value;
        is_empty = false;
      }
      let smaller = select(exp(-abs(value - largest)), 1.0, value == largest);
      total = select(total + smaller, total * smaller + 1.0, value > largest);
      largest = max(largest, value);
    }
  }
  return Exponentials(largest, total, is_empty);
}
`;

/** WGSL that makes each kept element of the row of `out` the value of an expression over `at`; the others are hidden. */
export const eachKept = (value: string, hidden = "0.0") => `  for (var j = 0u; j < parameters.columns; j++) {
    let at = start + j;
    if (is_kept(mask_start + j)) { out[at] = ${value}; } else { out[at] = ${hidden}; }
  }`;

/** Throws unless the inputs are logits [..., C] and perhaps a mask; gives the logits. */
export function checkLogits(name: string, [x, mask]: readonly TensorSpec[]): TensorSpec {
  checkTypes(name, [x], ["float"]);
  lastExtent(name, x.shape);
  if (mask !== undefined) checkMask(name, mask, x.shape);
  return { shape: x.shape, dtype: x.dtype };
}

/** Draws logits, further inputs of their shape within given ranges, and perhaps a mask. */
export function sampleRows(draw: Draw, ...others: Parameters<Draw["floats"]>[1][]) {
  const shape = draw.shape(1, 3);
  const inputs = [draw.floats(shape), ...others.map((range) => draw.floats(shape, range))];
  const masked = draw.integer(0, 2);
  if (masked === 1) inputs.push(draw.mask(shape));
  if (masked === 2) inputs.push(draw.mask(shape.slice(-1)));
  return { inputs, attributes: undefined };
}
