/** Power laws through measured points: how a gap closes, or a quality rises, with size. */

export interface SizedValue {
  /** Over 0. */
  readonly size: number;
  readonly value: number;
}

/** value = coefficient * size^-exponent */
export interface PowerLaw {
  readonly coefficient: number;
  /** c: twice the size leaves 2^-c of the value. */
  readonly exponent: number;
  /** Share of the variance of log value that the law explains; undefined where the values are all alike. */
  readonly explained: number | undefined;
}

/**
 * Least squares of log value = log b - c log size.
 * @throws RangeError for fewer than two sizes, and for sizes or values that are not over 0
 */
export function fitPowerLaw(points: readonly SizedValue[]): PowerLaw {
  checkSizes(points);
  const low = points.find(({ value }) => !(value > 0));
  if (low !== undefined) throw new RangeError(`power law: values must be over 0, got ${low.value}`);
  const logs = points.map(({ size, value }) => ({ x: Math.log(size), y: Math.log(value) }));
  const { slope, intercept, explained } = fitLine(logs);
  return { coefficient: Math.exp(intercept), exponent: -slope, explained };
}

/** value = limit - coefficient * size^-exponent */
export interface SaturatingLaw extends PowerLaw {
  /** a: what the value comes near to. */
  readonly limit: number;
}

/** Exponents that are tried for a law whose limit is not known. */
const EXPONENTS = Array.from({ length: 400 }, (_, i) => 0.01 * 1.0145 ** i);

/**
 * Least squares of value = a - b size^-c: for each c of a fine grid from 0.01 to 3.1 the best line in size^-c, of which the
 * best is taken. Three parameters need more than three sizes to mean anything.
 * @throws RangeError for fewer than two sizes, and for sizes that are not over 0
 */
export function fitSaturatingLaw(points: readonly SizedValue[]): SaturatingLaw {
  checkSizes(points);
  const scale = Math.min(...points.map(({ size }) => size));
  const fits = EXPONENTS.map((exponent) => {
    const line = fitLine(points.map(({ size, value }) => ({ x: (size / scale) ** -exponent, y: value })));
    return { exponent, ...line };
  });
  const best = fits.reduce((best, fit) => (fit.squaredError < best.squaredError ? fit : best));
  const { exponent, slope, intercept, explained } = best;
  return { limit: intercept, coefficient: -slope * scale ** exponent, exponent, explained };
}

function checkSizes(points: readonly SizedValue[]): void {
  const wrong = points.find(({ size }) => !(size > 0));
  if (wrong !== undefined) throw new RangeError(`power law: sizes must be over 0, got ${wrong.size}`);
  const sizes = new Set(points.map(({ size }) => size));
  if (sizes.size < 2) throw new RangeError(`power law: expected at least two sizes, got ${sizes.size}`);
}

/** The line of least squares; x takes at least two values. */
function fitLine(points: readonly { readonly x: number; readonly y: number }[]) {
  const average = (of: (point: { x: number; y: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [centre, level] = [average(({ x }) => x), average(({ y }) => y)];
  const slope = average(({ x, y }) => (x - centre) * (y - level)) / average(({ x }) => (x - centre) ** 2);
  const intercept = level - slope * centre;
  const variance = average(({ y }) => (y - level) ** 2);
  const squaredError = average(({ x, y }) => (y - intercept - slope * x) ** 2);
  return { slope, intercept, squaredError, explained: variance === 0 ? undefined : 1 - squaredError / variance };
}
