/** NaN and infinity are found by their bits, on every device and whatever a shader compiler assumes of them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNonFinite } from "../../../src/kernels/index.ts";
import { apply, type Device, scope, tensor } from "../../../src/tensor/index.ts";
import { cpu, testOnDevice } from "./adapter.ts";

const test = suite("non-finite");

async function count(on: Device, arrays: readonly Float32Array[]): Promise<number[]> {
  using _ = scope();
  const inputs = arrays.map((data) => tensor(data, [data.length], { device: on }));
  return [...(await apply(countNonFinite, inputs, undefined)[0].data())];
}

/** Numbers of given bits: typed arrays may write another NaN than they were given. */
const fromBits = (...bits: number[]) => new Float32Array(Uint32Array.from(bits).buffer);

const NON_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) =>
  Float32Array.of(value),
);
/** NaN, negative, signalling, and with all bits set. */
const OTHER_NAN = fromBits(0xffc00000, 0x7f800001, 0xffffffff);
/** The largest finite number and its negative, the smallest normal one, and the denormal ones at both ends. */
const EXTREMES = fromBits(0x7f7fffff, 0xff7fffff, 0x00800000, 0x007fffff, 0x00000001, 0x80000001);
const ZEROS = Float32Array.of(0, -0);

const cases: readonly (readonly [Float32Array, number])[] = [
  ...NON_FINITE.map((data) => [data, 1] as const),
  [OTHER_NAN, 3],
  [EXTREMES, 0],
  [ZEROS, 0],
  [new Float32Array(0), 0],
  [Float32Array.of(1, Number.NaN, 2, Number.POSITIVE_INFINITY, 3), 2],
];

/** Tensors of many lengths, more than one program binds, with NaN at every `index`-th place of the one at `index`. */
function many(): { arrays: Float32Array[]; expected: number[] } {
  const lengths = [1, 3, 255, 256, 257, 4095, 4096, 4097, 10000, 2 ** 20 + 3, 1, 0, 64];
  const arrays = [...lengths, ...lengths, ...lengths, ...lengths].map((length, index) =>
    Float32Array.from({ length }, (_, i) => (i % (index + 1) === index ? Number.NaN : i)),
  );
  return { arrays, expected: arrays.map(({ length }, index) => Math.floor(length / (index + 1))) };
}

async function check(on: Device): Promise<void> {
  assert.equal(
    await count(
      on,
      cases.map(([data]) => data),
    ),
    cases.map(([, expected]) => expected),
  );
  const { arrays, expected } = many();
  assert.equal(await count(on, arrays), expected);
}

test("the CPU counts NaN and infinity tensor by tensor, and nothing else", () => check(cpu));

testOnDevice(test, "a GPU counts NaN and infinity tensor by tensor, and nothing else", check);

test("integers are refused: they are always finite", () => {
  using _ = scope();
  assert.throws(
    () => apply(countNonFinite, [tensor([1], [1], { dtype: "i32" })], undefined),
    /countNonFinite: input 0 has element type i32, expected f32 or f64/,
  );
});

test.run();
