/** The GPU's products at extents around its tiles, aligned and not, transposed, batched, with and without bias. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Device, matmul, randomTensor, scope } from "../../../src/tensor/index.ts";
import { cpu, testOnDevice } from "./adapter.ts";

const test = suite("matmul on webgpu");

const EXTENTS = [
  { batch: [], rows: 1, depth: 4, columns: 4 },
  { batch: [], rows: 65, depth: 68, columns: 76 },
  { batch: [], rows: 130, depth: 32, columns: 100 },
  { batch: [3], rows: 50, depth: 64, columns: 52 },
  { batch: [2, 2], rows: 33, depth: 31, columns: 35 },
  { batch: [], rows: 128, depth: 700, columns: 32 },
];

for (const { batch, rows, depth, columns } of EXTENTS) {
  const name = `[${[...batch, rows, depth]}] x [${[...batch, depth, columns]}] agrees with the CPU device`;
  testOnDevice(test, name, async (device) => {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        using _ = scope();
        const compute = (on: Device) => {
          const draw = (shape: number[], stream: string) =>
            randomTensor("normal", shape, { seed: 1, stream, step: 0 }, { device: on });
          const a = draw([...batch, ...(transposeA ? [depth, rows] : [rows, depth])], "a");
          const b = draw([...batch, ...(transposeB ? [columns, depth] : [depth, columns])], "b");
          return matmul(a, b, { transposeA, transposeB, bias: draw([columns], "bias") }).data();
        };
        const [actual, expected] = [await compute(device), await compute(cpu)];
        expected.forEach((value, i) => {
          const tolerance = 1e-5 * depth;
          assert.ok(Math.abs(actual[i] - value) < tolerance, `element ${i} is ${actual[i]}, expected ${value}`);
        });
      }
    }
  });
}

test.run();
