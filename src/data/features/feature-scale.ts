/**
 * How numbers that come with requests are scaled for models: what training learned of each column, kept beside the
 * weights so that a request at work is read in the same way.
 */
import type { FeatureTable } from "../request-features.ts";

/** F columns: y = u > 0 ? sign(x) log(1 + |x| / u) : x, then z = (y - mean) * scale. */
export interface FeatureScale {
  /** What the source calls each column: [F]. */
  readonly names: readonly string[];
  /** u of columns with a long tail, 0 of the others: [F]. */
  readonly units: Float32Array;
  /** Of y over the training rows: [F]. */
  readonly means: Float32Array;
  /** 1 / standard deviation; 0 of a column that is constant: [F]. */
  readonly scales: Float32Array;
}

/** A column of a skewness beyond this has a long tail: its logarithm is taken if that is less skewed. */
const LONG_TAIL = 2;

/** Learns the scale of the columns of a table, from all of its rows. */
export function learnScale(names: readonly string[], { width, data }: FeatureTable): FeatureScale {
  const units = new Float32Array(width);
  const means = new Float32Array(width);
  const scales = new Float32Array(width);
  for (let column = 0; column < width; column++) {
    const plain = momentsOf(data, width, column, (x) => x);
    const unit = Math.fround(momentsOf(data, width, column, Math.abs).mean);
    const isLong = unit > 0 && Math.abs(plain.skewness) > LONG_TAIL;
    const logarithmic = isLong ? momentsOf(data, width, column, (x) => logarithm(x, unit)) : plain;
    const chosen = Math.abs(logarithmic.skewness) < Math.abs(plain.skewness) ? logarithmic : plain;
    units[column] = chosen === plain ? 0 : unit;
    means[column] = chosen.mean;
    scales[column] = chosen.deviation > 0 ? 1 / chosen.deviation : 0;
  }
  return { names, units, means, scales };
}

/** The rows of a table as models read them: [count, F]. */
export function scaled({ units, means, scales }: FeatureScale, data: Float32Array): Float32Array {
  const width = means.length;
  return data.map((x, at) => {
    const column = at % width;
    const y = units[column] > 0 ? logarithm(x, units[column]) : x;
    return (y - means[column]) * scales[column];
  });
}

function logarithm(x: number, unit: number): number {
  return Math.sign(x) * Math.log1p(Math.abs(x) / unit);
}

/** Of one column; all 0 of a constant one, whatever rounding says. */
function momentsOf(data: Float32Array, width: number, column: number, read: (x: number) => number) {
  const count = data.length / width;
  const first = read(data[column]);
  let mean = 0;
  let isConstant = true;
  for (let at = column; at < data.length; at += width) {
    const value = read(data[at]);
    mean += value / count;
    isConstant &&= value === first;
  }
  if (isConstant) return { mean, deviation: 0, skewness: 0 };
  let [second, third] = [0, 0];
  for (let at = column; at < data.length; at += width) {
    const distance = read(data[at]) - mean;
    second += distance ** 2 / count;
    third += distance ** 3 / count;
  }
  return { mean, deviation: Math.sqrt(second), skewness: second > 0 ? third / second ** 1.5 : 0 };
}
