/**
 * Arithmetic on numbers that a GPU holds in f32: each carries its exact value and a bound on the GPU's error, and
 * every step adds what it may lose. This is running error analysis (Higham, Accuracy and Stability of Numerical
 * Algorithms, section 3.3) with the accuracies that WGSL promises (its section "Floating Point Accuracy").
 *
 * - "k ULP" is taken relative to the exact result: ULP(x) <= 2^-23 |x| of a normal number.
 * - "Correctly rounded" is within 1 ULP: WGSL does not say in which direction it rounds.
 * - Compilers may fuse and reorder, so what is added or multiplied in a chain is bounded for every order.
 * - Numbers below 2^-126 may be flushed to zero. Overflow is left out: f32 must hold every intermediate result.
 */

export interface Bounded {
  /** In exact arithmetic, which f64 stands for. */
  readonly value: number;
  /** The GPU's number lies within this of the value. */
  readonly error: number;
}

const ULP = 2 ** -23;
const SMALLEST_NORMAL = 2 ** -126;

/** A number that f32 holds: an input, a small integer. */
export function exact(value: number): Bounded {
  return { value, error: 0 };
}

/** A literal of a shader or a parameter of a program, which f32 may have to round. */
export function rounded(value: number): Bounded {
  return Math.fround(value) === value ? exact(value) : lose(value, 0, 1);
}

/** A result that inherits `error` from its operands and may be `ulps` off by itself. Exact zeros stay exact. */
function lose(value: number, error: number, ulps: number): Bounded {
  const magnitude = Math.abs(value) + error;
  return { value, error: magnitude === 0 ? 0 : error + ulps * ULP * magnitude + SMALLEST_NORMAL };
}

/**
 * What a sum loses whose terms, of the given magnitude together, pass through so many roundings each: at most Higham's
 * gamma of it.
 */
export function roundingLoss(roundings: number, terms: number, magnitude: number): number {
  if (roundings <= 0) return 0;
  const gamma = (roundings * ULP) / (1 - roundings * ULP);
  return gamma * magnitude + terms * SMALLEST_NORMAL;
}

/**
 * Terms added in any order and grouping: n terms that are not zero take n - 1 additions, and no term passes through
 * more of them. Two terms have but one order, whose rounding is relative to their sum.
 */
export function sum(terms: readonly Bounded[]): Bounded {
  let [value, error, magnitude, count] = [0, 0, 0, 0];
  for (const term of terms) {
    if (term.value === 0 && term.error === 0) continue;
    value += term.value;
    error += term.error;
    magnitude += Math.abs(term.value) + term.error;
    count++;
  }
  if (count === 2) return lose(value, error, 1);
  return { value, error: error + roundingLoss(count - 1, count, magnitude) };
}

export function negate({ value, error }: Bounded): Bounded {
  return { value: -value, error };
}

export function subtract(a: Bounded, b: Bounded): Bounded {
  return sum([a, negate(b)]);
}

export function product(first: Bounded, ...factors: readonly Bounded[]): Bounded {
  return factors.reduce(
    (a, b) => lose(a.value * b.value, Math.abs(a.value) * b.error + a.error * Math.abs(b.value) + a.error * b.error, 1),
    first,
  );
}

export function dot(a: readonly Bounded[], b: readonly Bounded[]): Bounded {
  return sum(a.map((own, i) => product(own, b[i])));
}

/** 2.5 ULP. */
export function quotient(a: Bounded, b: Bounded): Bounded {
  const value = a.value / b.value;
  const smallest = Math.abs(b.value) - b.error;
  if (smallest <= 0) return { value, error: Number.POSITIVE_INFINITY };
  return lose(value, (a.error + Math.abs(value) * b.error) / smallest, 2.5);
}

/** e^x and 2^x: 3 + 2 |x| ULP. */
export const exp = (x: Bounded) => exponential(x, 1);
const exp2 = (x: Bounded) => exponential(x, Math.LN2);

function exponential({ value, error }: Bounded, logOfBase: number): Bounded {
  const result = Math.exp(value * logOfBase);
  const ulps = 3 + 2 * (Math.abs(value) + error);
  return lose(result, result * Math.expm1(error * logOfBase), ulps);
}

/** ln x and log2 x: an absolute error of 2^-21 from 0.5 to 2, and 3 ULP elsewhere. */
export const log = (x: Bounded) => logarithm(x, 1);
const log2 = (x: Bounded) => logarithm(x, Math.LN2);

function logarithm({ value, error }: Bounded, logOfBase: number): Bounded {
  const result = Math.log(value) / logOfBase;
  const [low, high] = [value - error, value + error];
  if (low <= 0) return { value: result, error: Number.POSITIVE_INFINITY };
  const inherited = -Math.log1p(-error / value) / logOfBase;
  const near = high >= 0.5 && low <= 2 ? 2 ** -21 : 0;
  const far = low < 0.5 || high > 2 ? 3 * ULP * (Math.abs(result) + inherited) : 0;
  return { value: result, error: inherited + Math.max(near, far) };
}

/** As accurate as 1 / inverseSqrt(x), of 2.5 and 2 ULP. */
const SQUARE_ROOT_ULPS = ((1 + 2.5 * ULP) / (1 - 2 * ULP) - 1) / ULP;

export function sqrt({ value, error }: Bounded): Bounded {
  const root = Math.sqrt(value);
  const lowest = Math.sqrt(Math.max(value - error, 0));
  return lose(root, error === 0 ? 0 : error / (root + lowest), SQUARE_ROOT_ULPS);
}

/** The kernels keep tanh's operand within this of 0; beyond, tanh is within 2e-13 of 1 or -1. */
const TANH_REACH = 15;

/** The worse of an absolute error of 1e-5 and sinh(x) / cosh(x) from exponentials, which grows with |x|. */
export function tanh({ value, error }: Bounded): Bounded {
  const clamp = (x: number) => Math.max(-TANH_REACH, Math.min(TANH_REACH, x));
  const [low, high] = [clamp(value - error), clamp(value + error)];
  const farthest = exact(Math.max(-low, high));
  const [up, down] = [exp(farthest), exp(negate(farthest))];
  const own = Math.max(1e-5, quotient(subtract(up, down), sum([up, down])).error) + 2e-13;
  const result = Math.tanh(value);
  const inherited = error === 0 ? 0 : Math.max(Math.tanh(high) - result, result - Math.tanh(low), 0);
  return { value: result, error: inherited + own };
}

/** As accurate as exp2(y log2(x)). */
export function power(x: Bounded, y: Bounded): Bounded {
  return exp2(product(y, log2(x)));
}

export function absolute({ value, error }: Bounded): Bounded {
  return { value: Math.abs(value), error };
}

export function maximum(...numbers: readonly Bounded[]): Bounded {
  return {
    value: numbers.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY),
    error: numbers.reduce((most, { error }) => Math.max(most, error), 0),
  };
}

export function minimum(...numbers: readonly Bounded[]): Bounded {
  return negate(maximum(...numbers.map(negate)));
}

/** The comparisons of WGSL, of a and b by the sign of a - b. */
const COMPARISONS = {
  "==": (sign: number) => sign === 0,
  "!=": (sign: number) => sign !== 0,
  "<": (sign: number) => sign < 0,
  "<=": (sign: number) => sign <= 0,
  ">": (sign: number) => sign > 0,
  ">=": (sign: number) => sign >= 0,
};
export type Comparison = keyof typeof COMPARISONS;

/** 1 or 0. A difference within the operands' errors has any sign, which may leave the answer open: an error of 1. */
export function compare(a: Bounded, comparison: Comparison, b: Bounded): Bounded {
  const holds = COMPARISONS[comparison];
  const difference = a.value - b.value;
  const reach = a.error + b.error;
  const signs = reach > 0 && Math.abs(difference) <= reach ? [-1, 0, 1] : [Math.sign(difference)];
  const isDecided = signs.every((sign) => holds(sign) === holds(signs[0]));
  return { value: holds(Math.sign(difference)) ? 1 : 0, error: isDecided ? 0 : 1 };
}

/** In WGSL's order. Where the condition may come out either way, the bound covers both. */
export function select(ifFalse: Bounded, ifTrue: Bounded, condition: Bounded): Bounded {
  const [chosen, other] = condition.value === 1 ? [ifTrue, ifFalse] : [ifFalse, ifTrue];
  if (condition.error === 0) return chosen;
  const otherReach = Math.abs(other.value - chosen.value) + other.error;
  return { value: chosen.value, error: Math.max(chosen.error, otherReach) };
}

/** A number that may be off by `ulps` more than its bound says. */
export function loosen({ value, error }: Bounded, ulps: number): Bounded {
  return lose(value, error, ulps / (1 - ulps * ULP));
}

/** What a formula that stands for `value` leaves out counts as its error. */
export function approximation(value: number, formula: Bounded): Bounded {
  return { value, error: formula.error + Math.abs(value - formula.value) };
}
