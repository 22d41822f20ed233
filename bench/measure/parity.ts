/** Whether a GPU computes what the references say: every operation, forward and backward, within WGSL's own errors. */
import fc from "fast-check";
import { Draw, type Operation, operations } from "../../src/kernels/index.ts";
import type { Device } from "../../src/tensor/index.ts";
import { computeOn, expectationsOf, sampleOf, violation } from "../../test/kernels/bounds/check.ts";
import { Undecided } from "../../test/kernels/bounds/selection.ts";

/** Samples that are drawn of each operation, and the numbers that they are drawn from. */
const RUNS = { numRuns: 20, seed: 1 };

export interface ParityResult {
  readonly operation: string;
  /** The smallest sample that was found to differ, and how; undefined where all agree. */
  readonly failure: string | undefined;
}

/** @param openDevice gives the device to test; it is asked again after a failure, which may have ended a device */
export async function* checkParity(openDevice: () => Promise<Device>): AsyncGenerator<ParityResult> {
  let device = await openDevice();
  for (const operation of operations) {
    const failure = await findFailure(operation, device);
    if (failure !== undefined) device = await openDevice();
    yield { operation: operation.name, failure };
  }
}

async function findFailure(operation: Operation<unknown>, device: Device): Promise<string | undefined> {
  const property = fc.asyncProperty(fc.gen(), async (generate) => {
    const draw = new Draw((min, max) => generate(fc.integer, { min, max }), { crossesTiles: true });
    const sample = sampleOf(operation, draw);
    const expected = await expectationsOf(sample).catch((error) => {
      if (error instanceof Undecided) return undefined;
      throw error;
    });
    fc.pre(expected !== undefined);
    const found = violation(sample, await computeOn(device, sample), expected);
    if (found !== undefined) throw new Error(found);
  });
  const { failed, errorInstance } = await fc.check(property, { ...RUNS, endOnFailure: true });
  if (!failed) return undefined;
  return errorInstance instanceof Error ? errorInstance.message : `${operation.name}: no sample was accepted`;
}
