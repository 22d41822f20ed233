/**
 * exp, log and tanh of four floats at a time: the argument is reduced to a short interval, a polynomial (minimax in
 * relative error, rounded to f32) covers that, and the exponent's bits bring the result back. NaN gives NaN.
 *
 * The figures are the largest errors in units of the last place over the finite results, measured against Math.* in
 * double precision by `test/kernels/mathematics.test.ts`.
 */
import type { KernelWriter } from "./kernel.ts";
import { F32x4, type I32x4 } from "./values.ts";

/** Bits of an f32's significand beside the leading one, and what its exponent is stored with. */
const SIGNIFICAND_BITS = 23;
const EXPONENT_BIAS = 127;

/** log 2 in two parts: products of the first with integers up to 2^9 are exact. */
const LOG_2_HIGH = 0.693359375;
const LOG_2_LOW = Math.LN2 - LOG_2_HIGH;

/** Added to a float below 2^22 in magnitude, it leaves the nearest integer in the lowest bits. */
const ROUNDING = 1.5 * 2 ** SIGNIFICAND_BITS;

/** (e^r - 1 - r) / r^2 for |r| <= log(2) / 2, from the constant term up: e^r to 3e-9. */
const EXPONENTIAL = [0.49999994, 0.16666521, 0.04166839, 0.008368717, 0.0013814599];

/** (log((1 + s) / (1 - s)) - 2 s) / s^3 in powers of s^2, for 1 / sqrt(2) <= (1 + s) / (1 - s) <= sqrt(2). */
const LOGARITHM = [0.66666776, 0.39977497, 0.29873073];

const SMALLEST_NORMAL = 2 ** -126;
const SQUARE_ROOT_OF_HALF_BITS = 0x3f3504f3;
const SIGN_BIT = -(2 ** 31);

function polynomial(x: F32x4, coefficients: readonly number[]): F32x4 {
  return coefficients.reduceRight<F32x4>(
    (sum, coefficient, power) => (power === coefficients.length - 1 ? sum : sum.mul(x).add(coefficient)),
    F32x4.splat(coefficients[coefficients.length - 1]),
  );
}

/**
 * e^x = 2^n e^r as 2^(n - 1) and e^r - 1, with r from -log(2) / 2 to log(2) / 2. Halved, the power of 2 is finite
 * wherever e^x is; below -87 it is 0.
 */
function exponentialParts(write: KernelWriter, x: F32x4): { readonly halfPower: F32x4; readonly excess: F32x4 } {
  const clamped = write.let(x.atLeast(-87).atMost(89));
  const shifted = write.let(clamped.mul(Math.LOG2E).add(ROUNDING));
  const n = write.let(shifted.sub(ROUNDING));
  const r = write.let(clamped.sub(n.mul(LOG_2_HIGH)).sub(n.mul(LOG_2_LOW)));
  const halfPower = shifted
    .asIntegers()
    .add(EXPONENT_BIAS - 1)
    .shiftLeft(SIGNIFICAND_BITS)
    .asFloats();
  const excess = r.mul(r).mul(polynomial(r, EXPONENTIAL)).add(r);
  return { halfPower: write.let(halfPower), excess: write.let(excess) };
}

/** e^x: 0.94 units of the last place; 0 where it is below 1.7e-38, infinity where it exceeds f32. */
export function exp(write: KernelWriter, x: F32x4): F32x4 {
  const { halfPower, excess } = exponentialParts(write, x);
  return write.let(excess.add(excess).add(2).mul(halfPower));
}

/**
 * log x: 0.84 units of the last place; minus infinity at 0, NaN below.
 *
 * x = 2^n (1 + f) with 1 + f from sqrt(1/2) to sqrt(2); then, with s = f / (2 + f) and R = s^2 times the polynomial,
 * log(1 + f) = f - f^2 / 2 + s (f^2 / 2 + R).
 */
export function log(write: KernelWriter, x: F32x4): F32x4 {
  const argument = write.let(x);
  const isSubnormal = write.let(argument.less(SMALLEST_NORMAL));
  const normal = isSubnormal.select(argument.mul(2 ** SIGNIFICAND_BITS), argument).asIntegers();
  // Counted from sqrt(1/2) on, the exponent's bits are those of n and the rest those of 1 + f.
  const fromRoot = write.let(normal.sub(SQUARE_ROOT_OF_HALF_BITS));
  const exponent = fromRoot.shiftRight(SIGNIFICAND_BITS).sub(isSubnormal.and(SIGNIFICAND_BITS));
  const significand = fromRoot.and(2 ** SIGNIFICAND_BITS - 1).add(SQUARE_ROOT_OF_HALF_BITS);
  const n = write.let(exponent.toFloats());
  const f = write.let(significand.asFloats().sub(1));
  const halfSquare = write.let(f.mul(f).mul(0.5));
  const s = write.let(f.div(f.add(2)));
  const square = write.let(s.mul(s));
  const rest = square.mul(polynomial(square, LOGARITHM));
  const small = s.mul(halfSquare.add(rest)).add(n.mul(LOG_2_LOW));
  const result = n.mul(LOG_2_HIGH).add(f.sub(halfSquare.sub(small)));
  return write.let(logarithmAtTheEdges(argument, result));
}

/** Infinity and NaN stay what they are; 0 and what is below have no logarithm. */
function logarithmAtTheEdges(x: F32x4, result: F32x4): F32x4 {
  const above = x.less(Number.POSITIVE_INFINITY).select(result, x);
  const below = x.less(0).select(Number.NaN, Number.NEGATIVE_INFINITY);
  return x.lessOrEqual(0).select(below, above);
}

/** tanh x = (1 - e^(-2|x|)) / (1 + e^(-2|x|)) with the sign of x, without cancellation: 2.5 units of the last place. */
export function tanh(write: KernelWriter, x: F32x4): F32x4 {
  const argument = write.let(x);
  const { halfPower, excess } = exponentialParts(write, argument.abs().mul(-2));
  const power = write.let(halfPower.add(halfPower));
  /** e^(-2|x|) - 1. */
  const decrease = write.let(power.mul(excess).add(power.sub(1)));
  const magnitude = decrease.abs().div(decrease.add(2));
  return write.let(withSignOf(argument, magnitude));
}

function withSignOf(x: F32x4, magnitude: F32x4): F32x4 {
  const sign: I32x4 = x.asIntegers().and(SIGN_BIT);
  return magnitude.asIntegers().or(sign).asFloats();
}
