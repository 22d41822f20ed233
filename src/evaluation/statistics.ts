/** Summaries of measured numbers: mean and spread, correlation, and a confidence interval of the mean. */
import { Random } from "../tensor/index.ts";

/**
 * The arithmetic mean of `values`.
 * @throws RangeError unless there is a value and all are finite.
 */
export function mean(values: ArrayLike<number>): number {
  checkValues("mean", values, 1);
  const first = sum(values, (value) => value) / values.length;
  // The second pass takes off the first one's rounding: the mean of equal values is then exactly their value.
  return first + sum(values, (value) => value - first) / values.length;
}

/** log of the sum of exponentials, which does not overflow. */
export function logSumExp(values: ArrayLike<number>): number {
  const highest = Array.from(values).reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
  return highest + Math.log(sum(values, (value) => Math.exp(value - highest)));
}

/**
 * The sample standard deviation, sqrt(sum (x - mean)^2 / (n - 1)).
 * @throws RangeError unless there are two values and all are finite.
 */
export function standardDeviation(values: ArrayLike<number>): number {
  checkValues("standard deviation", values, 2);
  const centre = mean(values);
  return Math.sqrt(sum(values, (value) => (value - centre) ** 2) / (values.length - 1));
}

/**
 * Pearson's correlation of the pairs (x_i, y_i), from -1 to 1; undefined where x or y is constant.
 * @throws RangeError unless x and y have one length, of at least 2, and all values are finite.
 */
export function pearsonCorrelation(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  checkValues("correlation", x, 2);
  checkValues("correlation", y, 2);
  if (x.length !== y.length) {
    throw new RangeError(`correlation: x and y must have one length, got ${x.length} and ${y.length}`);
  }
  const xMean = mean(x);
  const yMean = mean(y);
  const norms = Math.sqrt(sum(x, (value) => (value - xMean) ** 2)) * Math.sqrt(sum(y, (value) => (value - yMean) ** 2));
  if (norms === 0) return undefined;
  const correlation = sum(x, (value, index) => (value - xMean) * (y[index] - yMean)) / norms;
  return Math.max(-1, Math.min(1, correlation));
}

/**
 * Spearman's rank correlation: Pearson's correlation of the average ranks; undefined where x or y is constant.
 * @throws RangeError unless x and y have one length, of at least 2, and no value is NaN.
 */
export function spearmanCorrelation(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  return pearsonCorrelation(averageRanks(x), averageRanks(y));
}

/**
 * The rank of each value from 1 for the smallest; equal values share the mean of the ranks they take up.
 * @throws RangeError for NaN, which has no rank. Infinities have one.
 */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(values).sort();
  // NaN sorts last.
  if (Number.isNaN(sorted.at(-1))) throw new RangeError("ranks: the values hold NaN, which has no rank");
  const rankOf = new Map<number, number>();
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    // The places start to end - 1 hold the ranks start + 1 to end.
    rankOf.set(sorted[start], (start + 1 + end) / 2);
  }
  return Float64Array.from(values, (value) => rankOf.get(value) ?? Number.NaN);
}

/** A mean and the interval that covers the true mean in a given share of repetitions. */
export interface ConfidenceInterval {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
  /** Distance from the mean to either end: what stands after the ± sign. */
  readonly halfWidth: number;
}

/**
 * Student's confidence interval of the mean of independent measurements, such as one per seed:
 * mean ± t * standardDeviation / sqrt(n), where t is the quantile of n - 1 degrees of freedom. Given the
 * differences of paired measurements, it shows a difference where it leaves out 0.
 *
 * @param confidence share of repetitions that the interval covers, between 0 and 1.
 * @throws RangeError unless there are two values, all finite, and the confidence lies between 0 and 1.
 */
export function meanConfidenceInterval(values: ArrayLike<number>, confidence = 0.95): ConfidenceInterval {
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`confidence interval: the confidence must lie between 0 and 1, got ${confidence}`);
  }
  checkValues("confidence interval", values, 2);
  const centre = mean(values);
  const quantile = studentTQuantile((1 + confidence) / 2, values.length - 1);
  const halfWidth = (quantile * standardDeviation(values)) / Math.sqrt(values.length);
  return { mean: centre, lower: centre - halfWidth, upper: centre + halfWidth, halfWidth };
}

/** Half the width of the mean's 95% confidence interval; undefined for fewer than two values, which have none. */
export function meanHalfWidth(values: ArrayLike<number>): number | undefined {
  return values.length < 2 ? undefined : meanConfidenceInterval(values).halfWidth;
}

/**
 * The value that Student's t distribution stays under with `probability`.
 *
 * With t = sqrt(degreesOfFreedom) * tan(angle), the probability of |T| < t is a finite sum in the angle, which
 * grows from 0 to 1 on [0, pi / 2]; bisection inverts it. Ten digits hold for probabilities from 0.001 to 0.999;
 * further out fewer do, since the probability is matched to about 1e-16.
 * @throws RangeError unless 0 < probability < 1 and the degrees of freedom are a positive integer.
 */
export function studentTQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new RangeError(`t quantile: the probability must lie between 0 and 1, got ${probability}`);
  }
  checkDegrees("t quantile", degreesOfFreedom);
  const central = Math.abs(2 * probability - 1);
  let low = 0;
  let high = Math.PI / 2;
  for (;;) {
    const angle = (low + high) / 2;
    if (angle <= low || angle >= high) break;
    if (centralProbability(angle, degreesOfFreedom) < central) low = angle;
    else high = angle;
  }
  return Math.sign(probability - 0.5) * Math.sqrt(degreesOfFreedom) * Math.tan(low);
}

/**
 * The probability that |T| of Student's t distribution is at least |t|: the p-value of the two-sided test. It is right to
 * about 1e-15, so that smaller ones may come out as 0.
 * @throws RangeError unless the degrees of freedom are a positive integer
 */
export function studentTPValue(t: number, degreesOfFreedom: number): number {
  checkDegrees("t test", degreesOfFreedom);
  const angle = Math.atan(Math.abs(t) / Math.sqrt(degreesOfFreedom));
  return Math.min(1, Math.max(0, 1 - centralProbability(angle, degreesOfFreedom)));
}

function checkDegrees(name: string, degreesOfFreedom: number): void {
  if (Number.isSafeInteger(degreesOfFreedom) && degreesOfFreedom >= 1) return;
  throw new RangeError(`${name}: the degrees of freedom must be a positive integer, got ${degreesOfFreedom}`);
}

/**
 * The probability of |T| < sqrt(degreesOfFreedom) * tan(angle), by Abramowitz and Stegun (1964), 26.7.3 and 26.7.4:
 *
 *   even: sin a (1 + 1/2 cos^2 a + (1 3)/(2 4) cos^4 a + ...)
 *   odd:  2/pi (a + sin a (cos a + 2/3 cos^3 a + (2 4)/(3 5) cos^5 a + ...))
 *
 * where the last power of the cosine is degreesOfFreedom - 2.
 */
function centralProbability(angle: number, degreesOfFreedom: number): number {
  const odd = degreesOfFreedom % 2 === 1;
  const cosine = Math.cos(angle);
  let term = odd ? cosine : 1;
  let series = 0;
  for (let power = odd ? 1 : 0; power <= degreesOfFreedom - 2; power += 2) {
    series += term;
    term *= (cosine * cosine * (power + 1)) / (power + 2);
    if (term < series * Number.EPSILON * 2 ** -10) break;
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * series) : Math.sin(angle) * series;
}

function sum(values: ArrayLike<number>, of: (value: number, index: number) => number): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += of(values[i], i);
  return total;
}

function checkValues(name: string, values: ArrayLike<number>, atLeast: number): void {
  if (values.length < atLeast) {
    throw new RangeError(`${name}: needs ${atLeast === 1 ? "a value" : `${atLeast} values`}, got ${values.length}`);
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) throw new RangeError(`${name}: value ${i} is ${values[i]}, all must be finite`);
  }
}

/**
 * Two-sided paired randomisation test (Fisher 1935): the chance that differences of these sizes, each with a sign drawn
 * at random, have a mean as far from 0 as they do. It is at least 1 / (rounds + 1).
 * @throws RangeError when there are no differences
 */
export function randomisationTest(differences: ArrayLike<number>, seed: number, rounds = 9999): number {
  if (differences.length === 0) throw new RangeError("randomisation test: expected at least one difference");
  const random = new Random({ seed, stream: "randomisation test", step: 0 });
  const observed = Math.abs(mean(differences));
  let asFar = 1;
  for (let round = 0; round < rounds; round++) {
    let sum = 0;
    for (let i = 0; i < differences.length; i++) sum += random.uniform() < 0.5 ? differences[i] : -differences[i];
    // Rounding must not tell a mean from itself.
    if (Math.abs(sum / differences.length) >= observed * (1 - 1e-12)) asFar++;
  }
  return asFar / (rounds + 1);
}

/**
 * P-values of several tests, adjusted so that they hold together (Holm 1979): the chance that any true hypothesis is
 * among those with an adjusted value of at most alpha is at most alpha. Of m values in rising order, the i-th is
 * multiplied by m - i + 1, made no smaller than the one before it, and at most 1.
 *
 * @returns the adjusted values, in the order given
 * @throws RangeError for a value outside of 0 to 1
 */
export function holm(pValues: ArrayLike<number>): number[] {
  for (let i = 0; i < pValues.length; i++) {
    if (!(pValues[i] >= 0 && pValues[i] <= 1)) {
      throw new RangeError(`holm: value ${i} is ${pValues[i]}, expected a p-value from 0 to 1`);
    }
  }
  const rising = Array.from(pValues, (_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let least = 0;
  rising.forEach((at, before) => {
    least = Math.max(least, Math.min(1, (pValues.length - before) * pValues[at]));
    adjusted[at] = least;
  });
  return adjusted;
}

/**
 * The value that `share` of the samples lie under, by linear interpolation between the two nearest.
 *
 * @param share from 0, the least sample, to 1, the greatest
 * @throws RangeError without samples, and for a share that is none
 */
export function percentile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError("percentile: expected at least one sample, got none");
  if (!(share >= 0 && share <= 1)) throw new RangeError(`percentile: the share must lie between 0 and 1, got ${share}`);
  const sorted = samples.toSorted((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  return below + (position - Math.floor(position)) * (above - below);
}
