/** Times with the package `benchmark` what is done when a function returns: work on the CPU. */
import Benchmark from "benchmark";
import { quartilesOf } from "./quantiles.ts";
import type { Sampler } from "./timing.ts";

const MIN_SAMPLES = 3;

/** @throws what `run` throws */
export const sampleWithBenchmarkJs: Sampler = async (run, seconds) => {
  const benchmark = new Benchmark(run, { maxTime: seconds, minSamples: MIN_SAMPLES });
  benchmark.run({ async: false });
  if (benchmark.error !== undefined) throw benchmark.error;
  return { ...quartilesOf(benchmark.stats.sample), gpuMedian: undefined };
};
