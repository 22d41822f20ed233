/** The instructions of kernels: that engines accept each, with the types that its method says, and what it computes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeModule, MAXIMUM_PAGES } from "../../src/kernels/wasm/encoding.ts";
import { defineKernel, type KernelWriter } from "../../src/kernels/wasm/kernel.ts";
import { hasRelaxedSimd } from "../../src/kernels/wasm/simd-support.ts";
import { F32, F32x4, I32, I32x4, type Value } from "../../src/kernels/wasm/values.ts";

const SAMPLES: readonly Value[] = [I32.constant(7), F32.constant(1.5), F32x4.splat(2), I32x4.of(1, -2, 3, 4)];

const LOCAL_SET = 0x21;

/** The methods that a class has from its table of instructions. */
const instructionsOf = (value: Value): string[] => Object.keys(Object.getPrototypeOf(Object.getPrototypeOf(value)));

type Methods = Readonly<Record<string, (...operands: number[]) => Value>>;

test("engines accept every instruction, and its result is of the type that its method gives", () => {
  let accepted = 0;
  for (const value of SAMPLES) {
    for (const name of instructionsOf(value)) {
      if (name === "relaxedMultiplyAdd" && !hasRelaxedSimd) continue;
      const { code, type } = (value as unknown as Methods)[name](3, 3);
      const body = [...code, LOCAL_SET, 0];
      assert.ok(
        WebAssembly.validate(encodeModule({ parameters: [], locals: [type], body }, false)),
        `${value.constructor.name}.${name}`,
      );
      accepted++;
    }
  }
  assert.ok(accepted > 60, `${accepted} instructions`);
});

test("an operand that changes nothing is left out", () => {
  const seven = I32.constant(7);
  assert.is(seven.add(0), seven);
  assert.is(seven.mul(1), seven);
  assert.is.not(seven.sub(0), seven);
});

/** Runs what `body` writes with the address of some free memory; gives the integers that lie there. */
function run(body: (write: KernelWriter, at: I32) => void): Int32Array {
  const kernel = defineKernel("test values", { i32: "at" }, (write, { at }) => body(write, at));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES, shared: true });
  const module = new WebAssembly.Module(kernel.encode(true));
  const { exports } = new WebAssembly.Instance(module, { host: { memory } });
  (exports.run as (...values: number[]) => void)(64, 0, 1);
  return new Int32Array(memory.buffer, 64, 256);
}

const INTEGERS: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => Math.floor((a >>> 0) / (b >>> 0)),
  rem: (a, b) => (a >>> 0) % (b >>> 0),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shiftLeft: (a, b) => a << b,
  shiftRight: (a, b) => a >> b,
  shiftRightUnsigned: (a, b) => a >>> b,
  equals: (a, b) => Number(a === b),
  notEquals: (a, b) => Number(a !== b),
  less: (a, b) => Number(a < b),
  greater: (a, b) => Number(a > b),
  lessOrEqual: (a, b) => Number(a <= b),
  greaterOrEqual: (a, b) => Number(a >= b),
  greaterOrEqualUnsigned: (a, b) => Number(a >>> 0 >= b >>> 0),
};

const FLOATS: Readonly<Record<string, (a: number, b: number) => number>> = {
  ...INTEGERS,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
  atMost: (a, b) => (b < a ? b : a),
  atLeast: (a, b) => (a < b ? b : a),
  abs: Math.abs,
  negate: (a) => -a,
  sqrt: Math.sqrt,
  nearest: (a) => (Math.abs(a % 1) === 0.5 ? 2 * Math.round(a / 2) : Math.round(a)),
};

const COMPARISONS = ["equals", "notEquals", "less", "greater", "lessOrEqual", "greaterOrEqual"];

/** Pairs that no two comparisons answer alike for, and that show signs. */
const PAIRS = [
  [6, 4],
  [4, 6],
  [5, 5],
  [-9, 2],
] as const;

test("integers compute what their methods say, alone and side by side", () => {
  for (const make of [I32.constant, I32x4.splat] as ((value: number) => Value)[]) {
    const value = make(1);
    for (const name of instructionsOf(value).filter((own) => own in INTEGERS)) {
      for (const [a, b] of PAIRS) {
        const [actual] = run((write, at) => {
          const result = (make(a) as unknown as Methods)[name](b);
          write.store(at, result as I32 | I32x4);
        });
        const expected = INTEGERS[name](a, b) | 0;
        // A true condition of a vector has all bits set.
        const isMask = value instanceof I32x4 && COMPARISONS.includes(name);
        assert.is(actual, isMask ? -expected : expected, `${value.constructor.name} ${a} ${name} ${b}`);
      }
    }
  }
});

test("floats compute what their methods say, alone and side by side", () => {
  for (const make of [F32.constant, F32x4.splat] as ((value: number) => Value)[]) {
    const value = make(1);
    for (const name of instructionsOf(value).filter((own) => own in FLOATS)) {
      for (const [a, b] of [...PAIRS, [2.5, 3.5] as const]) {
        const memory = run((write, at) => {
          write.store(at, (make(a) as unknown as Methods)[name](b) as F32 | F32x4 | I32 | I32x4);
        });
        const isComparison = COMPARISONS.includes(name);
        const [actual] = isComparison ? memory : new Float32Array(memory.buffer, memory.byteOffset, 1);
        const expected = Math.fround(FLOATS[name](a, b));
        const wanted = isComparison && value instanceof F32x4 ? -expected : expected;
        assert.ok(Object.is(actual + 0, wanted + 0), `${value.constructor.name} ${a} ${name} ${b}: ${actual}`);
      }
    }
  }
});

test.run();
