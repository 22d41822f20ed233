/** Long series of numbers made fit for a small picture. */
import { compact } from "./numbers.ts";

/** A measured quantity, step by step. */
export interface Series {
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

export interface Point {
  readonly step: number;
  readonly value: number;
}

/** Steps under which a series is shown as it is. */
const SMOOTHED_FROM = 30;
/** Share of the series that a smoothed point is the mean of. */
const WINDOW = 0.06;

/** Means over a window around each step, shorter at the ends; undefined for a series too short to need it. */
export function smooth({ name, steps, values }: Series): Series | undefined {
  if (values.length < SMOOTHED_FROM) return undefined;
  const reach = Math.max(1, Math.round((WINDOW * values.length) / 2));
  const sums = new Float64Array(values.length + 1);
  values.forEach((value, i) => {
    sums[i + 1] = sums[i] + value;
  });
  const means = values.map((_, i) => {
    // At the start, where losses fall fast, as far to the right as to the left.
    const left = Math.min(reach, i);
    const right = Math.min(reach, values.length - 1 - i, left);
    return (sums[i + right + 1] - sums[i - left]) / (left + right + 1);
  });
  return { name, steps, values: means };
}

/**
 * At most about `most` points of a series: the lowest and the highest of each stretch of steps, in order, so that no
 * peak is lost.
 */
export function thin({ steps, values }: Series, most = 240): Point[] {
  const point = (i: number): Point => ({ step: steps[i], value: values[i] });
  if (values.length <= most) return values.map((_, i) => point(i));
  const stretches = Math.floor(most / 2);
  return Array.from({ length: stretches }, (_, stretch) => {
    const from = Math.floor((stretch * values.length) / stretches);
    const to = Math.floor(((stretch + 1) * values.length) / stretches);
    let [low, high] = [from, from];
    for (let i = from; i < to; i++) {
      if (values[i] < values[low]) low = i;
      if (values[i] > values[high]) high = i;
    }
    return [...new Set([low, high])].sort((a, b) => a - b).map(point);
  }).flat();
}

/** An axis for values. */
export interface Axis {
  readonly type: "linear" | "log";
  readonly domain: readonly [low: number, high: number];
  /** About how many, or where. */
  readonly ticks: number | readonly number[];
  /** A function, or a format in d3's language; d3's default where undefined. */
  readonly tickFormat: string | ((value: number) => string) | undefined;
}

/** Values that span at least so much are shown by their magnitude. */
const LOGARITHMIC_FROM = 50;
/** Share of the values' size that an axis spans at least: less is no change to speak of. */
const LEAST_SPAN = 0.02;

/** The axis that shows values best; positive ones that span orders of magnitude by their logarithms. */
export function axisOf(values: readonly number[], mayBeLogarithmic = true): Axis {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (mayBeLogarithmic && low > 0 && high / low >= LOGARITHMIC_FROM) {
    return { type: "log", domain: [low, high], ticks: decades(low, high), tickFormat: compact };
  }
  const size = Math.max(Math.abs(low), Math.abs(high));
  const widening = Math.max(0, (LEAST_SPAN * (size || 1) - (high - low)) / 2);
  return {
    type: "linear",
    domain: [low - widening, high + widening],
    ticks: 4,
    tickFormat: size >= 1e5 ? "~s" : size < 1e-3 && size > 0 ? ".1e" : undefined,
  };
}

/** Powers of ten around values, not more than can be told apart. */
function decades(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const step = Math.ceil((last - first) / 5);
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => 10 ** (first + i * step));
}
