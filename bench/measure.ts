/** Times contenders in alternating rounds, so that a slow minute of the machine hits all of them alike. */
import Benchmark from "benchmark";

/** One way to compute something. */
export interface Contender {
  readonly name: string;
  /** The work that is timed. */
  run(): void;
}

/** Seconds per run: quartiles over the samples of all rounds. */
export interface Timing {
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly sampleCount: number;
}

export interface MeasureOptions {
  /** How many times every contender has its turn. */
  readonly rounds: number;
  /** How long a turn lasts, in seconds; longer where a run is so slow that a turn would have under two samples. */
  readonly turnSeconds: number;
}

/**
 * Runs one Benchmark.js suite of all contenders per round.
 *
 * @returns a timing for each contender, in order
 * @throws what a contender throws
 */
export function measure(
  contenders: readonly Contender[],
  { rounds, turnSeconds }: MeasureOptions,
): readonly Timing[] {
  const samples: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const suite = new Benchmark.Suite();
    for (const { name, run } of contenders) suite.add(name, run, { maxTime: turnSeconds, minSamples: 2 });
    suite.run({ async: false });
    suite.forEach((benchmark: Benchmark, index: number) => {
      if (benchmark.error !== undefined) throw benchmark.error;
      samples[index].push(...benchmark.stats.sample);
    });
  }
  return samples.map(summarise);
}

function summarise(samples: readonly number[]): Timing {
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
