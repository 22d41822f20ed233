/** Timestamps of passes: what they count, and that a device without them works as before. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { requestWebGpuDevice, type WebGpuDevice } from "../../../src/kernels/index.ts";
import { ones, scope } from "../../../src/tensor/index.ts";
import { testOnDevice } from "./adapter.ts";

const test = suite("timestamps");

async function compute(device: WebGpuDevice): Promise<number> {
  using _ = scope();
  return ones([1 << 16], { device })
    .sum()
    .item();
}

testOnDevice(test, "a device that was not asked for timestamps has none", async (device) => {
  assert.is(device.timestamps, undefined);
});

testOnDevice(test, "passes take time from begin to read, and none are timed otherwise", async ({ gpu }) => {
  const device = await requestWebGpuDevice(gpu, { timestamps: true });
  const { timestamps } = device;
  // Not every adapter has them.
  if (timestamps === undefined) return;
  assert.is(await compute(device), 1 << 16);
  assert.is(await timestamps.read(), 0, "before the first begin");
  timestamps.begin();
  assert.is(await compute(device), 1 << 16);
  assert.ok((await timestamps.read()) > 0);
  await compute(device);
  assert.is(await timestamps.read(), 0, "after reading");
  device.destroy();
});

test.run();
