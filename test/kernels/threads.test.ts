/** Threads of the CPU device: the same bits on any number of them, and nothing left behind. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CpuDevice, Draw, type GradientOperation, type Operation, operations } from "../../src/kernels/index.ts";
import { defineKernel } from "../../src/kernels/wasm/kernel.ts";
import { F32, I32 } from "../../src/kernels/wasm/values.ts";
import { apply, Random, scope, type Tensor, tensor } from "../../src/tensor/index.ts";

const test = suite("threads");

const devices = [1, 2, 3].map((threads) => new CpuDevice({ threads, sharedWork: 0 }));

/** Outputs and gradients of one sample of an operation. */
function compute(operation: Operation<unknown>, seed: number, device: CpuDevice): (ArrayLike<number> | undefined)[] {
  using _ = scope();
  const random = new Random({ seed, stream: "sample", step: 0 });
  const draw = new Draw((minimum, maximum) => minimum + random.integer(maximum - minimum + 1), { crossesTiles: true });
  const { inputs, attributes } = operation.sample(draw);
  const leaves = inputs.map(({ data, shape, dtype }, index) => {
    const made = tensor(data, shape, { device, dtype: dtype === "i32" ? "i32" : "f32" });
    const isConstant = dtype === "i32" || operation.constants?.includes(index) === true;
    return isConstant || operation.gradient === undefined ? made : made.requireGrad();
  });
  const namesType = typeof attributes === "object" && attributes !== null && "dtype" in attributes;
  const outputs = apply(operation, leaves, namesType ? { ...attributes, dtype: "f32" } : attributes, device);
  const [first] = outputs;
  if (first.requiresGrad) {
    const slopes = Float32Array.from({ length: first.size }, () => 2 * random.uniform() - 1);
    first.backward(tensor(slopes, first.shape, { device }));
  }
  const read = (x: Tensor | undefined) => x && Array.from(x.dataSync());
  return [...outputs.map(read), ...leaves.map((leaf) => read(leaf.grad))];
}

for (const operation of operations) {
  test(`${operation.name}: the same bits on one, two and three threads`, () => {
    for (let seed = 1; seed <= 12; seed++) {
      const [alone, ...shared] = devices.map((device) => compute(operation, seed, device));
      for (const other of shared) assert.equal(other, alone, `sample ${seed}`);
    }
  });
}

/** Adds 1 to each item's number, and writes it over and over, so that threads have time to meet. */
const count = defineKernel("test count", { i32: "out" }, (write, { out, first, last }) => {
  write.loop(first, last, 1, (i) => {
    write.store(out.add(i.shiftLeft(2)), I32.load(out.add(i.shiftLeft(2))).add(1));
  });
});

test("every item is computed once, whatever the number of items and of items together", () => {
  for (const device of devices) {
    for (const items of [0, 1, 5, 64, 1000, 4097]) {
      for (const itemsTogether of [1, 4, 16]) {
        using _ = scope();
        const operation: GradientOperation = {
          name: "count",
          outputs: (inputs) => inputs,
          reference: () => assert.unreachable("the kernel is to run"),
          simd: () => [{ kernel: count, arguments: { out: { output: 0 } }, items, itemsTogether, work: items }],
        };
        const counts = tensor(new Int32Array(items), [items], { device, dtype: "i32" });
        const place = counts.at("test");
        for (let call = 0; call < 20; call++) device.run(operation, [place], [place], undefined);
        assert.equal([...counts.dataSync()], new Array(items).fill(20), `${items} items`);
      }
    }
  }
});

const outOfBounds = defineKernel("test out of bounds", { i32: "at" }, (write, { at, first }) => {
  write.store(at.add(first), F32.constant(1));
});

test("a kernel that fails says so, and the next one runs", () => {
  const device = devices[1];
  const operation: GradientOperation = {
    name: "fails",
    outputs: (inputs) => inputs,
    reference: () => assert.unreachable(),
    simd: () => [{ kernel: outOfBounds, arguments: { at: -64 }, items: 8, work: 8 }],
  };
  assert.throws(() => device.run(operation, [], [], undefined));
  using _ = scope();
  assert.equal([...tensor([1, 2], [2], { device }).add(1).dataSync()], [2, 3]);
});

test("threads do not keep a process alive", () => {
  const script = `
    import { CpuDevice } from "./src/kernels/index.ts";
    import { tensor } from "./src/tensor/index.ts";
    const device = new CpuDevice({ threads: 3, sharedWork: 0 });
    const x = tensor(new Float32Array(5000).fill(2), [50, 100], { device });
    console.log(x.exp().sum().itemSync() > 0 ? "done" : "wrong");
  `;
  const { status, stdout } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.is(stdout.trim(), "done");
  assert.is(status, 0);
});

test("a setting that is no number of threads is refused", () => {
  const before = process.env.GOALRANK_THREADS;
  process.env.GOALRANK_THREADS = "many";
  try {
    assert.throws(() => new CpuDevice(), /GOALRANK_THREADS is "many"; expected a whole number from 1 to 64/);
  } finally {
    if (before === undefined) delete process.env.GOALRANK_THREADS;
    else process.env.GOALRANK_THREADS = before;
  }
});

test.run();
