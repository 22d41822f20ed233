/** What a sampler measures, and how one measures a device that works on while JavaScript runs. */
import { WebGpuDevice } from "../../src/kernels/index.ts";
import { type Device, full } from "../../src/tensor/index.ts";
import { type Quartiles, quartilesOf } from "./quantiles.ts";

/** Seconds per run by the clock on the wall. */
export interface Timing extends Quartiles {
  /** Median seconds per run on the GPU itself; undefined where it cannot tell. */
  readonly gpuMedian: number | undefined;
}

/** Times `run` for about `seconds`. */
export type Sampler = (run: () => void, seconds: number) => Promise<Timing>;

/** Seconds that the runs of one sample take together, so that waiting for the queue weighs little. */
const SAMPLE_SECONDS = 0.03;
/** Bounds the commands that are recorded ahead, and the passes that are timed. */
const MAX_RUNS_PER_SAMPLE = 512;
const MIN_SAMPLES = 3;
/** A run that takes longer, in seconds, is not repeated. */
const SLOW_RUN = 3;

/** Waits until everything that was recorded so far has been computed: 4 bytes are read back. */
export type Settle = () => Promise<void>;

export function settleOn(device: Device): Settle {
  const probe = full([], 0, { device });
  return async () => {
    await probe.item();
  };
}

/** A sample is many runs that are recorded one after the other and awaited once. */
export function deviceSampler(device: Device): Sampler {
  const settle = settleOn(device);
  const timestamps = device instanceof WebGpuDevice ? device.timestamps : undefined;
  const time = async (run: () => void, count: number): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < count; i++) run();
    await settle();
    return (performance.now() - start) / 1e3;
  };
  /** One sample: seconds per run on the wall and on the GPU. */
  const sample = async (run: () => void, count: number) => {
    timestamps?.begin();
    const wall = (await time(run, count)) / count;
    return { wall, gpu: timestamps && (await timestamps.read()) / 1e3 / count };
  };
  return async (run, seconds) => {
    // What made the inputs is computed first.
    await settle();
    const first = await sample(run, 1);
    if (first.wall > SLOW_RUN) return { ...quartilesOf([first.wall]), gpuMedian: first.gpu };
    const runs = await countRuns((count) => time(run, count));
    const [samples, gpuSamples]: number[][] = [[], []];
    const end = performance.now() + 1e3 * seconds;
    do {
      const { wall, gpu } = await sample(run, runs);
      samples.push(wall);
      if (gpu !== undefined) gpuSamples.push(gpu);
    } while (performance.now() < end || (samples.length < MIN_SAMPLES && samples[0] * runs < seconds));
    const gpuMedian = gpuSamples.length > 0 ? quartilesOf(gpuSamples).median : undefined;
    return { ...quartilesOf(samples), gpuMedian };
  };
}

/** How many runs fill a sample: found by trying, since waiting for the queue takes time of its own. */
async function countRuns(time: (count: number) => Promise<number>): Promise<number> {
  let count = 1;
  for (;;) {
    const seconds = await time(count);
    if (seconds >= SAMPLE_SECONDS || count === MAX_RUNS_PER_SAMPLE) return count;
    const wanted = Math.ceil((count * SAMPLE_SECONDS) / seconds);
    count = Math.min(Math.max(wanted, 2 * count), 8 * count, MAX_RUNS_PER_SAMPLE);
  }
}
