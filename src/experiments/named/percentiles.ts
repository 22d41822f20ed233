/** Percentiles of measured times. */

/**
 * The value that `share` of the samples lie under, by linear interpolation between the two nearest.
 *
 * @param share from 0, the least sample, to 1, the greatest
 * @throws RangeError without samples, and for a share that is none
 */
export function percentile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError("percentile: expected at least one sample, got none");
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(`percentile: the share must lie between 0 and 1, got ${share}`);
  }
  const sorted = samples.toSorted((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  return below + (position - Math.floor(position)) * (above - below);
}
