/** Random numbers in WGSL are those of the CPU: the same words, and what is drawn from them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  chooseNext,
  type Distribution,
  dropout,
  gumbelTopK,
  type NumberArray,
  type Operation,
  Random,
  type RandomKey,
  random,
} from "../../../src/kernels/index.ts";
import { apply, type Device, scope, type Tensor, tensor } from "../../../src/tensor/index.ts";
import { cpu, testOnDevice } from "./adapter.ts";

const test = suite("random");

const KEYS: readonly RandomKey[] = [
  { seed: 0, stream: "", step: 0 },
  { seed: 7, stream: "dropout", step: 1 },
  { seed: 2 ** 53 - 1, stream: "exploration", step: 2 ** 32 - 1 },
];
const LENGTHS = [1, 3, 4, 5, 1000];

/** All outputs of an operation on inputs that are made on the device. */
async function outputs<Attributes>(
  on: Device,
  operation: Operation<Attributes>,
  makeInputs: (on: Device) => Tensor[],
  attributes: Attributes,
): Promise<NumberArray[]> {
  using _ = scope();
  return Promise.all(apply(operation, makeInputs(on), attributes, on).map((output) => output.data()));
}

async function drawn(on: Device, distribution: Distribution, length: number, key: RandomKey): Promise<NumberArray> {
  const attributes = { shape: [length], dtype: "f32", distribution, key } as const;
  return (await outputs(on, random, () => [], attributes))[0];
}

testOnDevice(test, "uniform numbers are bit-identical", async (gpu) => {
  for (const key of KEYS) {
    for (const length of LENGTHS) {
      const expected = await drawn(cpu, "uniform", length, key);
      assert.equal(await drawn(gpu, "uniform", length, key), expected, `${length} of seed ${key.seed}`);
    }
  }
});

for (const distribution of ["normal", "gumbel"] as const) {
  testOnDevice(test, `${distribution} numbers agree to the accuracy of f32, tails included`, async (gpu) => {
    for (const key of KEYS) {
      for (const length of [...LENGTHS, 100_000]) {
        const expected = await drawn(cpu, distribution, length, key);
        const actual = await drawn(gpu, distribution, length, key);
        assert.is(actual.length, length);
        const off = actual.findIndex(
          (value, i) => !(Math.abs(value - expected[i]) <= 1e-6 * Math.max(1, Math.abs(expected[i]))),
        );
        assert.is(off, -1, `number ${off} is ${actual[off]}, expected ${expected[off]}`);
      }
    }
  });
}

testOnDevice(test, "dropout drops the same elements", async (gpu) => {
  for (const key of KEYS) {
    for (const rate of [0, 0.1, 0.5, 0.93]) {
      for (const length of LENGTHS) {
        const ones = (on: Device) => [tensor(new Float32Array(length).fill(1), [length], { device: on })];
        const [expected] = await outputs(cpu, dropout, ones, { rate, key });
        const [actual] = await outputs(gpu, dropout, ones, { rate, key });
        const kept = (values: NumberArray) => Array.from(values, (value) => value !== 0);
        assert.equal(kept(actual), kept(expected), `rate ${rate}, length ${length}`);
        for (const value of actual) assert.ok(value === 0 || Math.abs(value * (1 - rate) - 1) < 1e-6);
      }
    }
  }
});

testOnDevice(test, "dropout draws the line exactly where the reference does", async (gpu) => {
  const key = KEYS[1];
  const ones = (on: Device) => [tensor(new Float32Array(8).fill(1), [8], { device: on })];
  for (const number of await drawn(cpu, "uniform", 8, key)) {
    // At a number that is drawn, and above it by less than f32 can hold.
    for (const rate of [number, number + 2 ** -40]) {
      const [expected] = await outputs(cpu, dropout, ones, { rate, key });
      const [actual] = await outputs(gpu, dropout, ones, { rate, key });
      actual.forEach((value, i) => {
        assert.is(value === 0, expected[i] === 0, `element ${i} at rate ${rate}`);
      });
    }
  }
});

const ROWS = 6;
const COLUMNS = 37;

function drawLogits(key: RandomKey): Float32Array {
  const generator = new Random({ ...key, stream: "logits" });
  return Float32Array.from({ length: ROWS * COLUMNS }, () => 2 * generator.normal());
}

/** Hides about a third of the elements. */
function drawMask(key: RandomKey, length: number): Int32Array {
  const generator = new Random({ ...key, stream: "mask" });
  return Int32Array.from({ length }, () => (generator.uniform() < 0.3 ? 0 : 1));
}

/** Shapes that the logits of 6 x 37 and a mask for them may have. */
const MASK_SHAPES = [undefined, [COLUMNS], [2, 3, COLUMNS], [2, 1, COLUMNS], [3, COLUMNS]];

testOnDevice(test, "gumbelTopK picks the same indices, under masks of any shape", async (gpu) => {
  for (const key of KEYS) {
    for (const maskShape of MASK_SHAPES) {
      const inputs = (on: Device) => {
        const logits = tensor(drawLogits(key), [2, 3, COLUMNS], { device: on });
        if (maskShape === undefined) return [logits];
        const size = maskShape.reduce((product, extent) => product * extent, 1);
        return [logits, tensor(drawMask(key, size), maskShape, { device: on })];
      };
      const attributes = { lists: 4, length: 9, key };
      const [expected] = await outputs(cpu, gumbelTopK, inputs, attributes);
      const [actual] = await outputs(gpu, gumbelTopK, inputs, attributes);
      assert.equal(actual, expected, `mask [${maskShape}]`);
    }
  }
});

testOnDevice(test, "gumbelTopK of all elements is a permutation, also of equal logits", async (gpu) => {
  const inputs = (on: Device) => [tensor(new Float32Array(COLUMNS), [1, COLUMNS], { device: on })];
  const attributes = { lists: 3, length: COLUMNS, key: KEYS[1] };
  const [expected] = await outputs(cpu, gumbelTopK, inputs, attributes);
  const [actual] = await outputs(gpu, gumbelTopK, inputs, attributes);
  assert.equal(actual, expected);
  assert.equal(
    [...actual.subarray(0, COLUMNS)].sort((a, b) => a - b),
    Array.from({ length: COLUMNS }, (_, index) => index),
  );
});

testOnDevice(test, "chooseNext chooses the same candidates, greedy and sampled", async (gpu) => {
  for (const key of KEYS) {
    const inputs = (on: Device) => [
      tensor(drawLogits(key), [ROWS, COLUMNS], { device: on }),
      tensor(drawMask(key, ROWS * COLUMNS), [ROWS, COLUMNS], { device: on }),
    ];
    for (const sampling of [undefined, { temperature: 0.7, key }, { temperature: 5, key }]) {
      const expected = await outputs(cpu, chooseNext, inputs, { sampling });
      assert.equal(await outputs(gpu, chooseNext, inputs, { sampling }), expected);
    }
  }
});

testOnDevice(test, "chooseNext gives ties to the lowest free index", async (gpu) => {
  const inputs = (on: Device) => [
    tensor([3, 3, 1, 3, -4, -4], [2, 3], { device: on }),
    tensor(Int32Array.of(0, 1, 1, 0, 1, 1), [2, 3], { device: on }),
  ];
  const [choice, remaining] = await outputs(gpu, chooseNext, inputs, {});
  assert.equal([...choice], [1, 1]);
  assert.equal([...remaining], [0, 0, 1, 0, 0, 1]);
});

test.run();
