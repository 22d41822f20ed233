/** What the WebGPU device promises beside the right numbers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNodeGpu, type GradientOperation, requestWebGpuDevice } from "../../../src/kernels/index.ts";
import { apply, chooseDevice, scope, tensor, zeros } from "../../../src/tensor/index.ts";
import { testOnDevice } from "./adapter.ts";

const test = suite("webgpu device");

/** A device of its own, for a test that spoils it. */
const request = async (options = {}) => requestWebGpuDevice(await createNodeGpu(), options);

async function messageOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing was thrown";
}

testOnDevice(test, "a write does not overtake commands that were recorded before it", async (gpu) => {
  using _ = scope();
  const x = tensor([1, 2, 3], [3], { device: gpu });
  const before = x.add(10);
  x.assign(Float32Array.of(7, 8, 9));
  const after = x.add(10);
  assert.equal([...(await before.data())], [11, 12, 13]);
  assert.equal([...(await after.data())], [17, 18, 19]);
});

testOnDevice(test, "freed storage is reused and not counted", async (gpu) => {
  const before = gpu.live;
  for (let round = 0; round < 100; round++) {
    using _ = scope();
    zeros([64], { device: gpu }).add(round).mul(2);
  }
  assert.equal(gpu.live, before);
});

testOnDevice(test, "more dispatches than one submission holds keep their own parameters", async (gpu) => {
  using _ = scope();
  const x = tensor([0], [1], { device: gpu });
  const shifted = Array.from({ length: 60 }, (_, index) => x.add(index).sum());
  const read = await Promise.all(shifted.map((value) => value.item()));
  assert.equal(
    read,
    shifted.map((_, index) => index),
  );
});

testOnDevice(test, "f64 is refused with advice", async (gpu) => {
  assert.throws(() => tensor([1], [1], { device: gpu, dtype: "f64" }), /f64 lives on the cpu device only; use f32/);
});

testOnDevice(test, "reading at once is refused with advice", async (gpu) => {
  using _ = scope();
  assert.throws(() => zeros([1], { device: gpu }).dataSync(), /can only be read with await data\(\)/);
});

testOnDevice(test, "the memory budget is an error that says what to do", async () => {
  const small = await request({ memoryBudget: 2 ** 20 });
  const message = await messageOf(async () => zeros([2 ** 20], { device: small }));
  assert.match(message, /4194304 bytes more than the 0 in use exceed the budget of 1048576; use smaller batches/);
  small.destroy();
});

testOnDevice(test, "a shader that does not compile fails the step and names the operation", async () => {
  const own = await request();
  const broken: GradientOperation = {
    name: "broken",
    outputs: ([x]) => [x],
    reference() {},
    wgsl: () => [
      {
        name: "broken",
        tensors: { x: { input: 0 }, out: { output: 0 } },
        parameters: {},
        source: "@compute @workgroup_size(1) fn main() { out[0] = x[0] + ; }",
        workgroups: [1, 1, 1],
      },
    ],
  };
  const message = await messageOf(async () => {
    const [y] = apply(broken, [tensor([1, 2], [2], { device: own })], undefined);
    await y.data();
  });
  assert.match(message, /^webgpu: at or before broken of \[2\]: /);
  own.destroy();
});

test("an unknown device is an error that lists those there are", async () => {
  assert.is(
    await messageOf(() => chooseDevice("tpu")),
    'device: there is no device "tpu"; expected one of auto, cpu, webgpu',
  );
  assert.match((await chooseDevice("cpu")).description, /^cpu, \d+ threads?$/);
});

test.run();
