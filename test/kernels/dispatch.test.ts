/** Tensors are named once, in an operation's signature: kernels and programs find them by these names. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { placesOf } from "../../src/kernels/dispatch.ts";
import { CpuDevice, type GradientOperation } from "../../src/kernels/index.ts";
import { defineKernel } from "../../src/kernels/wasm/kernel.ts";
import { F32 } from "../../src/kernels/wasm/values.ts";
import { indexProgram } from "../../src/kernels/webgpu/program.ts";
import { apply, scope, tensor } from "../../src/tensor/index.ts";
import { testOnDevice } from "./webgpu/adapter.ts";

const test = suite("dispatch");

test("a signature names inputs and outputs in order", () => {
  assert.equal(placesOf("x, mask -> y, means"), {
    x: { input: 0 },
    mask: { input: 1 },
    y: { output: 0 },
    means: { output: 1 },
  });
  assert.equal(placesOf("-> y"), { y: { output: 0 } });
  assert.equal(placesOf(undefined), {});
});

/** Writes a - b, number by number. */
const subtract = defineKernel("test subtract", { i32: "a, b, out" }, (write, { a, b, out, first, last }) =>
  write.loop(first, last, 1, (i) => {
    const at = write.let(i.shiftLeft(2));
    write.store(out.add(at), F32.load(a.add(at)).sub(F32.load(b.add(at))));
  }),
);

const operation = (signature: string, rest: Partial<GradientOperation>): GradientOperation => ({
  name: "test",
  signature,
  outputs: ([x]) => [x],
  reference: () => assert.unreachable("the kernel is to run"),
  ...rest,
});

const pair = (device: CpuDevice) => [tensor([7, 8], [2], { device }), tensor([1, 3], [2], { device })];

test("a kernel's parameters are the tensors of their names, unless a call says otherwise", () => {
  using _ = scope();
  const device = new CpuDevice({ threads: 1 });
  const call = { kernel: subtract, items: 2, work: 2 };
  const [inOrder] = apply(operation("a, b -> out", { simd: () => [call] }), pair(device), undefined);
  assert.equal([...inOrder.dataSync()], [6, 5]);
  const [swapped] = apply(operation("b, a -> out", { simd: () => [call] }), pair(device), undefined);
  assert.equal([...swapped.dataSync()], [-6, -5]);
  const given = { ...call, arguments: { b: { input: 0 } } };
  const [said] = apply(operation("a, b -> out", { simd: () => [given] }), pair(device), undefined);
  assert.equal([...said.dataSync()], [0, 0]);
});

test("a parameter that nothing names is an error that says which", () => {
  using _ = scope();
  const device = new CpuDevice({ threads: 1 });
  const call = { kernel: subtract, items: 2, work: 2 };
  assert.throws(
    () => apply(operation("a -> out", { simd: () => [call] }), pair(device), undefined),
    "cpu: kernel test subtract is called without b",
  );
});

testOnDevice(test, "a program is bound to the tensors whose elements it names, and to no others", async (gpu) => {
  using _ = scope();
  const wgsl = () => [indexProgram("test names", 2, "  let y = 2.0 * f32(id.x);\n  out[i] = x[i] + y;")];
  const inputs = [tensor([7, 8], [2], { device: gpu }), tensor([1, 3], [2], { device: gpu })];
  const [first] = apply(operation("x, y -> out", { wgsl }), inputs, undefined);
  assert.equal([...(await first.data())], [7, 10]);
});

test.run();
