/**
 * Every operation's WebAssembly kernels against its reference in f64, forward and backward, on shapes that lie on tiles'
 * edges and across them. The bounds are those of WGSL (see `test/kernels/bounds/`): f32 with functions no worse than WGSL's.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CpuDevice, Draw, type Operation, operations } from "../../src/kernels/index.ts";
import { computeOn, expectationsOf, sampleOf, violation } from "./bounds/check.ts";

const test = suite("simd");

/** Shares even the smallest call, so that ranges of items begin anywhere. */
const device = new CpuDevice({ threads: 2, sharedWork: 0 });

async function checkParity(operation: Operation<unknown>): Promise<void> {
  const property = fc.asyncProperty(fc.gen(), async (generate) => {
    const draw = new Draw((min, max) => generate(fc.integer, { min, max }), { crossesTiles: true });
    const sample = sampleOf(operation, draw);
    const expected = await expectationsOf(sample);
    fc.pre(expected !== undefined);
    assert.is(violation(sample, await computeOn(device, sample), expected), undefined);
  });
  await fc.assert(property, { numRuns: 60, includeErrorInReport: true });
}

for (const operation of operations) {
  test(`${operation.name}: kernels agree with the reference`, () => checkParity(operation));
}

test.run();
