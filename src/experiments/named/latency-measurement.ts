/** Times contenders in turns on one device, beside what the device can do at most. */
import type { CountingDevice } from "../../kernels/index.ts";
import { full, noGrad, scope } from "../../tensor/index.ts";

/** Something that is timed. */
export interface TimedWork {
  readonly name: string;
  /** @param round counts from 0, to take other requests each time */
  run(round: number): Promise<unknown>;
}

export interface TimedRuns {
  readonly name: string;
  /** One for each round. */
  readonly seconds: readonly number[];
  /** Floating-point operations of a run. */
  readonly operations: number;
}

/** Rounds that are not counted: compilers and caches come to rest. */
const WARM_UP = 3;

/**
 * Every work once in each round, from another one on each time, so that what else the machine does hits all alike.
 *
 * @param device the default device, on which all of them compute
 */
export async function timeInTurns(
  works: readonly TimedWork[],
  rounds: number,
  device: CountingDevice,
): Promise<readonly TimedRuns[]> {
  const timed = works.map(({ name }) => ({ name, seconds: [] as number[], operations: 0 }));
  for (let round = -WARM_UP; round < rounds; round++) {
    for (let turn = 0; turn < works.length; turn++) {
      const place = (turn + round + WARM_UP) % works.length;
      const counted = device.operations;
      const started = performance.now();
      await works[place].run(round + WARM_UP);
      const seconds = (performance.now() - started) / 1000;
      if (round < 0) continue;
      timed[place].seconds.push(seconds);
      timed[place].operations += (device.operations - counted) / rounds;
    }
  }
  return timed;
}

/** Rows and columns of a product whose operands stay in the caches. */
const SIDE = 512;

/**
 * A large product of matrices, the most operations per second that this device is known to reach (`bench/micro.ts` tells
 * how near that is to multiply-adds that stay in registers).
 */
export function largeProduct(): TimedWork {
  const factor = full([SIDE, SIDE], 0.5);
  return {
    name: "large product",
    async run() {
      using _ = scope();
      await noGrad(() => factor.matmul(factor).sum()).item();
    },
  };
}
