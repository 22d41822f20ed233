/** The memory of the CPU device: nothing overlaps, everything is used again, and a training step stops growing. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CpuDevice } from "../../src/kernels/index.ts";
import { CpuMemoryError, sizeClass, WasmMemory } from "../../src/kernels/wasm/memory.ts";
import { AdamW, MLP } from "../../src/nn/index.ts";
import { Random, randomTensor, scope, setDefaultDevice, tensor } from "../../src/tensor/index.ts";

const test = suite("memory");

interface UsedPart {
  readonly address: number;
  readonly bytes: number;
}

function assertApart(part: UsedPart, others: readonly UsedPart[]): void {
  const end = ({ address, bytes }: UsedPart) => address + sizeClass(bytes);
  for (const other of others) {
    assert.ok(end(part) <= other.address || end(other) <= part.address, "two parts share bytes");
  }
}

/** Gives one of the parts back, if there is any. @returns whether it did */
function releaseOne(memory: WasmMemory, used: UsedPart[], which: number): boolean {
  if (used.length === 0) return false;
  const [part] = used.splice(which % used.length, 1);
  memory.release(part.address, part.bytes);
  return true;
}

test("parts that are in use never overlap", () => {
  const step = fc.record({ frees: fc.boolean(), which: fc.nat(1000), bytes: fc.nat(5000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const memory = new WasmMemory();
      const used: UsedPart[] = [];
      for (const { frees, which, bytes } of steps) {
        if (frees && releaseOne(memory, used, which)) continue;
        const address = memory.allocate(bytes);
        assert.is(address % 64, 0);
        assertApart({ address, bytes }, used);
        used.push({ address, bytes });
      }
    }),
    { numRuns: 50 },
  );
});

/** 16 MiB, which it has from the start. */
const SMALL_PAGES = 256;

test("what was freed in small parts is handed out in large ones, and the other way round", () => {
  const memory = new WasmMemory(SMALL_PAGES);
  for (const bytes of [2 ** 20, 2 ** 10, 2 ** 23, 2 ** 17, 320]) {
    const addresses = Array.from({ length: Math.floor(2 ** 23 / bytes) }, () => memory.allocate(bytes));
    assert.is(new Set(addresses).size, addresses.length);
    for (const address of addresses) memory.release(address, bytes);
  }
});

test("parts never overlap where free ones are merged and cut anew, and an error counts what is in use", () => {
  const step = fc.record({ frees: fc.boolean(), which: fc.nat(1000), bytes: fc.nat(2 ** 21) });
  let failures = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, minLength: 100 }), (steps) => {
      const memory = new WasmMemory(SMALL_PAGES);
      const used: UsedPart[] = [];
      for (const { frees, which, bytes } of steps) {
        if (frees && releaseOne(memory, used, which)) continue;
        const taken = used.reduce((sum, part) => sum + sizeClass(part.bytes), 0);
        try {
          const address = memory.allocate(bytes);
          assert.ok(address + sizeClass(bytes) + 28 <= memory.memory.buffer.byteLength);
          assertApart({ address, bytes }, used);
          used.push({ address, bytes });
        } catch (error) {
          assert.instance(error, CpuMemoryError);
          assert.match((error as Error).message, `cpu: ${bytes} bytes more than the ${taken} in use exceed`);
          failures++;
        }
      }
      // Nothing is lost: with everything free again, all of it can be had at once.
      while (releaseOne(memory, used, 0));
      const { highWaterMark } = memory;
      memory.allocate(7 * 2 ** 21);
      assert.ok(memory.highWaterMark >= highWaterMark);
    }),
    { numRuns: 50 },
  );
  assert.ok(failures > 0);
});

test("the memory reaches past its last part, since kernels read whole vectors", () => {
  const memory = new WasmMemory();
  const initial = memory.memory.buffer.byteLength;
  // With the 64 bytes that come first, these parts fill it exactly.
  for (let bytes = 64; bytes < initial; bytes *= 2) {
    const address = memory.allocate(bytes);
    assert.ok(memory.memory.buffer.byteLength >= address + bytes + 28);
  }
  assert.is(memory.highWaterMark, initial);
});

test("a size class holds what is asked for, and wastes less than a quarter of large parts", () => {
  for (const bytes of [0, 1, 63, 64, 65, 256, 257, 320, 4096, 5000, 1_638_400, 2 ** 24 + 4]) {
    assert.ok(sizeClass(bytes) >= bytes && sizeClass(bytes) >= 64);
    assert.is(sizeClass(bytes) % 64, 0);
    if (bytes > 256) assert.ok(sizeClass(bytes) < 1.26 * bytes + 64, `${bytes} takes ${sizeClass(bytes)}`);
  }
});

test("tensors keep their elements when the memory grows", () => {
  const device = new CpuDevice();
  const x = tensor([1, 2, 3], [3], { device });
  const view = x.view();
  const large = tensor(new Float32Array(2 ** 23), [2 ** 23], { device });
  assert.equal([...view], [1, 2, 3]);
  assert.equal([...x.add(1).dataSync()], [2, 3, 4]);
  large.dispose();
});

test("view shows the elements themselves, dataSync a copy", () => {
  const device = new CpuDevice();
  const x = tensor([1, 2], [2], { device });
  const [view, copy] = [x.view(), x.dataSync()];
  x.assign(Float32Array.of(8, 9));
  assert.equal([...view], [8, 9]);
  assert.equal([...copy], [1, 2]);
});

test("training steps after the first take no more memory", () => {
  const device = new CpuDevice();
  setDefaultDevice(device);
  try {
    const random = new Random({ seed: 1, stream: "test", step: 0 });
    const model = new MLP([20, 64, 1], random, "gelu");
    const optimiser = new AdamW(model.parameters(), { learningRate: 1e-3 });
    const train = (number: number) => {
      using _ = scope();
      const x = randomTensor("normal", [128, 20], { seed: 1, stream: "x", step: number });
      model.forward(x).square().mean().backward();
      optimiser.step();
      optimiser.zeroGrad();
    };
    train(0);
    train(1);
    const { highWaterMark } = device;
    for (let number = 2; number < 30; number++) train(number);
    assert.is(device.highWaterMark, highWaterMark);
  } finally {
    setDefaultDevice(new CpuDevice());
  }
});

test("more than the device can address is refused with advice", () => {
  const device = new CpuDevice();
  assert.throws(
    () => device.allocate("f32", 2 ** 30 + 2 ** 29),
    /cpu: 6442450944 bytes more than the \d+ in use exceed the 2 GiB that the CPU device addresses/,
  );
});

test.run();
