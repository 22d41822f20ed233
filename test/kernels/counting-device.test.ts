/** Operations are counted as they are worked out by hand, and results are those of the device that is counted. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CountingDevice, CpuDevice } from "../../src/kernels/index.ts";
import { DecoderBlock } from "../../src/nn/index.ts";
import { matmul, Random, scope, tensor, withDefaultDevice, zeros } from "../../src/tensor/index.ts";

const random = () => new Random({ seed: 1, stream: "counting", step: 0 });

test("a product of matrices counts two for each multiply-add, and its gradient twice as much", () => {
  using _ = scope();
  const device = new CountingDevice(new CpuDevice({ threads: 1 }));
  const a = tensor(new Float32Array(5 * 2 * 3).fill(1), [5, 2, 3], { device }).requireGrad();
  const b = tensor(new Float32Array(3 * 4).fill(1), [3, 4], { device }).requireGrad();
  const product = a.matmul(b);
  assert.equal([...new Set(product.dataSync())], [3]);
  assert.is(device.operations, 2 * 5 * 2 * 3 * 4);
  product.sum().backward();
  assert.is(device.operations, 3 * 2 * 5 * 2 * 3 * 4);
  const turned = tensor(new Float32Array(3 * 7), [3, 7], { device });
  const before = device.operations;
  matmul(turned, turned, { transposeA: true });
  assert.is(device.operations - before, 2 * 7 * 7 * 3);
});

test("a block of the decoder counts its projections and its two attentions", () => {
  using _ = scope();
  const device = new CountingDevice(new CpuDevice({ threads: 1 }));
  withDefaultDevice(device, () => {
    const [width, feedForward, length, keys] = [8, 16, 3, 10];
    const block = new DecoderBlock(
      { width, heads: 2, feedForward, dropoutRate: 0, dropoutKey: { seed: 1, stream: "block" } },
      random(),
    );
    const memory = block.projectMemory(zeros([2, keys, width]));
    const start = device.operations;
    block.forward(zeros([2, length, width]), memory, undefined, undefined);
    const rows = 2 * length;
    // Self-attention has four projections, cross-attention two more beside those of the memory.
    const projections = 2 * rows * width * (4 * width + 2 * width + 2 * feedForward);
    const attentions = 2 * 2 * rows * width * (length + keys);
    assert.is(device.operations - start, projections + attentions);
  });
});

test.run();
