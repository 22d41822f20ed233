/** Lets several ways to compute the same thing compete: results are compared first, then turns alternate. */
import { type Quartiles, quartilesOf } from "../measure/quantiles.ts";
import { makeTable, milliseconds } from "../measure/report.ts";

/** From typed arrays to a typed array, the way its users write it. */
export interface Contender {
  readonly name: string;
  run(): Promise<Float32Array>;
}

/** A problem and who solves it, the one that the others are compared with first. */
export interface Contest {
  readonly problem: string;
  readonly flops?: number;
  readonly contenders: readonly Contender[];
  /** Largest absolute difference between two results that rounding explains. */
  readonly tolerance: number;
}

export interface ContestResult {
  readonly problem: string;
  readonly contender: string;
  /** Seconds per run. */
  readonly timing: Quartiles;
  readonly gflops: number | undefined;
  /** Time relative to that of the contest's first contender. */
  readonly timeRatio: number;
  /** Largest absolute difference from the first contender's result. */
  readonly difference: number;
}

/** Turns of every contender, so that a slow moment of the machine hits all alike. */
const ROUNDS = 4;

/**
 * Measures all contenders for about `seconds` each.
 * @throws Error when two results differ by more than the contest allows; then nothing was timed
 */
export async function hold(contest: Contest, seconds: number): Promise<ContestResult[]> {
  const { problem, contenders, flops } = contest;
  const differences = await compare(contest);
  const samples: number[][] = contenders.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { run }] of contenders.entries()) {
      const end = performance.now() + (1e3 * seconds) / ROUNDS;
      do {
        const start = performance.now();
        await run();
        samples[index].push((performance.now() - start) / 1e3);
      } while (performance.now() < end);
    }
  }
  const timings = samples.map(quartilesOf);
  return contenders.map(({ name }, index) => ({
    problem,
    contender: name,
    timing: timings[index],
    gflops: flops && flops / timings[index].median / 1e9,
    timeRatio: timings[index].median / timings[0].median,
    difference: differences[index],
  }));
}

async function compare({ problem, contenders, tolerance }: Contest): Promise<number[]> {
  const [first] = contenders;
  const expected = await first.run();
  const differences: number[] = [];
  for (const { name, run } of contenders) {
    const difference = maxAbsoluteDifference(expected, await run());
    if (!(difference <= tolerance)) {
      throw new Error(
        `${problem}: ${name} differs from ${first.name} by up to ${difference}, expected at most ${tolerance}: ` +
          "one of them is wrong, and nothing was timed",
      );
    }
    differences.push(difference);
  }
  return differences;
}

function maxAbsoluteDifference(left: Float32Array, right: Float32Array): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  return left.reduce((largest, value, index) => {
    const difference = Math.abs(value - right[index]);
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }, 0);
}

export function formatContests(results: readonly ContestResult[]): string {
  const head = [
    "problem",
    "contender",
    "median ms",
    "quartiles ms",
    "GFLOP/s",
    "time / ours",
    "max difference",
  ];
  const rows = results.map(({ problem, contender, timing, gflops, timeRatio, difference }) => [
    problem,
    contender,
    milliseconds(timing.median),
    `${milliseconds(timing.lowerQuartile)} to ${milliseconds(timing.upperQuartile)}`,
    gflops?.toPrecision(3) ?? "",
    timeRatio.toFixed(2),
    difference.toExponential(1),
  ]);
  return makeTable(head, 2, rows);
}

/** A result's numbers by name, for JSON. */
export function contestRecord({ problem, contender, timing, gflops, timeRatio, difference }: ContestResult) {
  return {
    problem,
    contender,
    medianMs: 1e3 * timing.median,
    quartilesMs: [1e3 * timing.lowerQuartile, 1e3 * timing.upperQuartile],
    samples: timing.sampleCount,
    ...(gflops !== undefined && { gflops }),
    timeRatio,
    maxDifference: difference,
  };
}
