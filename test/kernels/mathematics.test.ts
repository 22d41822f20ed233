/** exp, log and tanh of the WebAssembly kernels against Math.* in double precision. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MAXIMUM_PAGES } from "../../src/kernels/wasm/encoding.ts";
import { defineKernel, type KernelWriter } from "../../src/kernels/wasm/kernel.ts";
import { exp, log, tanh } from "../../src/kernels/wasm/mathematics.ts";
import { F32x4 } from "../../src/kernels/wasm/values.ts";

type VectorFunction = (write: KernelWriter, x: F32x4) => F32x4;

const CHUNK = 8192;

/** Applies a function to any number of elements, through a memory that holds a chunk of them. */
function onArrays(name: string, compute: VectorFunction): (x: Float32Array) => Float32Array {
  const kernel = defineKernel(name, { i32: "" }, (write, { first, last }) => {
    write.loop(first, last, 4, (i) => {
      const at = write.let(i.shiftLeft(2));
      write.store(at, compute(write, F32x4.load(at)));
    });
  });
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES, shared: true });
  const module = new WebAssembly.Module(kernel.encode(true));
  const run = new WebAssembly.Instance(module, { host: { memory } }).exports.run as (
    first: number,
    last: number,
  ) => void;
  const chunk = new Float32Array(memory.buffer, 0, CHUNK);
  return (x) => {
    const out = new Float32Array(x.length);
    for (let start = 0; start < x.length; start += CHUNK) {
      const part = x.subarray(start, start + CHUNK);
      chunk.set(part);
      run(0, part.length);
      out.set(chunk.subarray(0, part.length), start);
    }
    return out;
  };
}

/** The distance from an f32 of about this size to the next. */
function unitOfLastPlace(value: number): number {
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(value))));
  return 2 ** (exponent - 23);
}

interface Worst {
  readonly error: number;
  readonly at: number;
}

/** The largest error in units of the last place over `count` points, spread evenly or (with `byBits`) by their bits. */
function worstError(
  compute: (x: Float32Array) => Float32Array,
  exact: (x: number) => number,
  [minimum, maximum]: readonly [number, number],
  { count = 400_000, byBits = false } = {},
): Worst {
  const x = new Float32Array(count);
  if (byBits) {
    const [first, last] = new Int32Array(Float32Array.of(minimum, maximum).buffer);
    new Int32Array(x.buffer).set(
      Int32Array.from({ length: count }, (_, i) => Math.round(first + ((last - first) * i) / (count - 1))),
    );
  } else {
    for (let i = 0; i < count; i++) x[i] = minimum + ((maximum - minimum) * i) / (count - 1);
  }
  const y = compute(x);
  let worst: Worst = { error: 0, at: minimum };
  y.forEach((value, i) => {
    const expected = exact(x[i]);
    const error = Math.abs(value - expected) / unitOfLastPlace(expected);
    if (!(error <= worst.error)) worst = { error, at: x[i] };
  });
  return worst;
}

function assertBelow(bound: number, { error, at }: Worst): void {
  assert.ok(error <= bound, `${error} units of the last place at ${at}, expected at most ${bound}`);
}

const exponential = onArrays("exp", exp);
const logarithm = onArrays("log", log);
const hyperbolicTangent = onArrays("tanh", tanh);

test("exp is exact to one unit of the last place wherever its result is a normal number", () => {
  assertBelow(1, worstError(exponential, Math.exp, [-86.98, 88.7228]));
  assertBelow(1, worstError(exponential, Math.exp, [-1, 1]));
  assertBelow(1, worstError(exponential, Math.exp, [1e-38, 80], { byBits: true }));
});

test("exp is 0 far below, infinity far above, and NaN where its argument is", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const y = exponential(Float32Array.of(-infinity, -1e9, -88, 0, 88.73, 1e9, infinity, nan));
  assert.equal([...y], [0, 0, 0, 1, infinity, infinity, infinity, nan]);
});

test("log is exact to one unit of the last place for all positive numbers", () => {
  assertBelow(1, worstError(logarithm, Math.log, [2 ** -149, 3.4e38], { byBits: true }));
  assertBelow(1, worstError(logarithm, Math.log, [0.5, 2]));
  assertBelow(1, worstError(logarithm, Math.log, [0.999, 1.001]));
});

test("log is minus infinity at 0, NaN below, and keeps infinity and NaN", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const y = logarithm(Float32Array.of(0, -0, -1, -infinity, -1e-40, infinity, nan, 1));
  assert.equal([...y], [-infinity, -infinity, nan, nan, nan, infinity, nan, 0]);
});

test("tanh is exact to 2.6 units of the last place, also close to 0", () => {
  assertBelow(2.6, worstError(hyperbolicTangent, Math.tanh, [-12, 12]));
  assertBelow(2.6, worstError(hyperbolicTangent, Math.tanh, [-1, 1]));
  assertBelow(2.6, worstError(hyperbolicTangent, Math.tanh, [2 ** -126, 20], { byBits: true }));
});

test("tanh is 1 or -1 far from 0, keeps the sign of 0, and is NaN where its argument is", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const y = hyperbolicTangent(Float32Array.of(-infinity, -50, 0, 50, infinity, nan, -0, 1e-30));
  assert.equal([...y].slice(0, 6), [-1, -1, 0, 1, 1, nan]);
  assert.ok(Object.is(y[6], -0));
  assert.is(y[7], Math.fround(1e-30));
});

test.run();
