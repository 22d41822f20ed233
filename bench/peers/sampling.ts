/** How runs become samples, the same for every contender. */

/** Seconds that so many runs take together. */
export type TimeRuns = (runs: number) => Promise<number>;

/** Seconds of runs before the first sample, for compilers that wait for a function to be worth their while. */
const WARM_UP = 0.3;
/** Seconds that the runs of one sample take together. */
const SAMPLE = 0.03;
/** Runs that take longer, in seconds, need no run before each sample to fill the caches. */
const LONG_RUN = 0.1;

export async function timeRuns(run: () => unknown, runs: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < runs; i++) await run();
  return (performance.now() - start) / 1e3;
}

/** Seconds per run, once it is warm. */
export async function warmUp(time: TimeRuns): Promise<number> {
  let spent = 0;
  for (let runs = 1; ; runs *= 2) {
    const seconds = await time(runs);
    spent += seconds;
    if (spent >= WARM_UP) return seconds / runs;
  }
}

/** Seconds per run. @param expected about what a run takes */
export async function takeSample(time: TimeRuns, expected: number): Promise<number> {
  const runs = Math.max(1, Math.round(SAMPLE / expected));
  if (expected < LONG_RUN) await time(1);
  return (await time(runs)) / runs;
}
