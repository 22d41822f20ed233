/** Medians and quartiles of samples. */
import { percentile } from "../../src/evaluation/statistics.ts";

export interface Quartiles {
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly sampleCount: number;
}

/** @throws RangeError without samples */
export function quartilesOf(samples: readonly number[]): Quartiles {
  return {
    lowerQuartile: percentile(samples, 0.25),
    median: percentile(samples, 0.5),
    upperQuartile: percentile(samples, 0.75),
    sampleCount: samples.length,
  };
}
