/** The GPU's own distributions (see `src/kernels/webgpu/philox.ts`), followed step by step on bounded numbers. */
import {
  approximation,
  type Bounded,
  exact,
  negate,
  product,
  quotient,
  rounded,
  sqrt,
  subtract,
  sum,
} from "./numbers.ts";

const CELL = 2 ** -24;

/** A multiple of 2^-24, which f32 holds. */
export function uniform(word: number): Bounded {
  return exact((word >>> 8) * CELL);
}

/** 2 atanh(s) as a series. */
function logOfRatio(s: Bounded): Bounded {
  const q = product(s, s);
  let series = quotient(q, exact(13));
  for (const divisor of [11, 9, 7, 5, 3]) series = product(q, sum([rounded(1 / divisor), series]));
  const value = Math.log1p((2 * s.value) / (1 - s.value));
  return approximation(value, product(exact(2), s, sum([exact(1), series])));
}

/** Of x = m 2^e with m from sqrt(1/2) to sqrt(2). Right between two exponents, the GPU may take either. */
function accurateLog(x: Bounded): Bounded {
  const exponent = Math.log2(x.value);
  const candidates = new Set([exponent - 1e-6, exponent + 1e-6].map(Math.round));
  const logs = [...candidates].map((e) => {
    const m = { value: x.value / 2 ** e, error: x.error / 2 ** e };
    const ratio = quotient(subtract(m, exact(1)), sum([m, exact(1)]));
    return sum([product(exact(e), rounded(Math.LN2)), logOfRatio(ratio)]);
  });
  return logs.reduce((worst, other) => (other.error > worst.error ? other : worst));
}

/** -log(u) of the midpoint u of a word's cell. */
function negativeLogMidpoint(word: number): Bounded {
  const cell = word >>> 8;
  if (cell < 2 ** 23) return negate(accurateLog(exact((cell + 0.5) * CELL)));
  const rest = exact((2 ** 24 - 1 - cell + 0.5) * CELL);
  return logOfRatio(quotient(rest, subtract(exact(2), rest)));
}

/** cos(2 pi u) of a word's uniform u: the sine of the angle to the next zero, as a series. */
function cosineOfTurn(word: number): Bounded {
  const cell = word >>> 8;
  const quarter = cell >>> 22;
  const within = cell & (2 ** 22 - 1);
  const toZero = quarter % 2 === 1 ? within : 2 ** 22 - within;
  // Here a GPU gives 0, where the reference's turn of 2 pi u, rounded, just misses it.
  const atZero = Math.cos(2 * Math.PI * (cell * CELL));
  if (toZero === 0) return { value: atZero, error: Math.abs(atZero) };
  const x = product(exact(toZero * 2 ** -22), rounded(Math.PI / 2));
  const q = product(x, x);
  let series = exact(1);
  for (const divisor of [110, 72, 42, 20, 6]) {
    series = subtract(exact(1), product(quotient(q, exact(divisor)), series));
  }
  const sine = approximation(Math.sin(toZero * 2 ** -22 * (Math.PI / 2)), product(x, series));
  return quarter === 1 || quarter === 2 ? negate(sine) : sine;
}

export function gumbel(word: number): Bounded {
  return negate(accurateLog(negativeLogMidpoint(word)));
}

/** By Box and Muller, from two words. */
export function normal(radiusWord: number, turnWord: number): Bounded {
  return product(sqrt(product(exact(2), negativeLogMidpoint(radiusWord))), cosineOfTurn(turnWord));
}
