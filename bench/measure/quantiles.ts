/** Medians and quartiles of samples. */

export interface Quartiles {
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly sampleCount: number;
}

/** @throws RangeError without samples */
export function quartilesOf(samples: readonly number[]): Quartiles {
  if (samples.length === 0) throw new RangeError("quartiles: expected at least one sample, got none");
  const sorted = [...samples].sort((left, right) => left - right);
  return {
    lowerQuartile: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    upperQuartile: quantile(sorted, 0.75),
    sampleCount: sorted.length,
  };
}

/** Linear interpolation between order statistics. */
function quantile(sorted: readonly number[], fraction: number): number {
  const position = fraction * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
