/**
 * Every operation's WGSL against its reference in f64, forward and backward, within the errors that WGSL allows it (see
 * `test/kernels/bounds/`), on drawn shapes that lie on tiles' edges and across them.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Draw, type Operation, operations, type WebGpuDevice } from "../../../src/kernels/index.ts";
import { computeOn, expectationsOf, sampleOf, violation } from "../bounds/check.ts";
import { testOnDevice } from "./adapter.ts";

const test = suite("parity");

async function checkParity(operation: Operation<unknown>, on: WebGpuDevice): Promise<void> {
  const property = fc.asyncProperty(fc.gen(), async (generate) => {
    const draw = new Draw((min, max) => generate(fc.integer, { min, max }), { crossesTiles: true });
    const sample = sampleOf(operation, draw);
    const expected = await expectationsOf(sample);
    fc.pre(expected !== undefined);
    assert.is(violation(sample, await computeOn(on, sample), expected), undefined);
  });
  await fc.assert(property, { numRuns: 30, includeErrorInReport: true });
}

for (const operation of operations) {
  const name = `${operation.name}: WGSL agrees with the reference`;
  testOnDevice(test, name, (device) => checkParity(operation, device));
}

test.run();
