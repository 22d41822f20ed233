import { test } from "uvu";
import * as assert from "uvu/assert";
import { philox4x32, Random } from "../../src/kernels/philox.ts";

const words = (...values: number[]) => Uint32Array.from(values);

function block(counter: Uint32Array, key: Uint32Array): number[] {
  const out = new Uint32Array(4);
  philox4x32(counter, key, out);
  return [...out];
}

test("philox4x32 gives the known answers of the Random123 distribution", () => {
  const ones = 0xffffffff;
  assert.equal(block(words(0, 0, 0, 0), words(0, 0)), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  assert.equal(
    block(words(ones, ones, ones, ones), words(ones, ones)),
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  );
  assert.equal(
    block(words(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344), words(0xa4093822, 0x299f31d0)),
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  );
});

const generator = (seed: number, stream = "test", step = 0) => new Random({ seed, stream, step });
const take = (random: Random, count: number) => Array.from({ length: count }, () => random.uint32());

test("the same key gives the same numbers; another seed, stream or step gives others", () => {
  const base = take(generator(1), 9);
  assert.equal(take(generator(1), 9), base);
  assert.not.equal(take(generator(2), 9), base);
  assert.not.equal(take(generator(1 + 2 ** 32), 9), base);
  assert.not.equal(take(generator(1, "other"), 9), base);
  assert.not.equal(take(generator(1, "test", 1), 9), base);
});

test("uniform, normal and gumbel have the moments of their distributions", () => {
  const random = generator(3);
  const count = 40_000;
  const moments = (draw: () => number) => {
    const values = Array.from({ length: count }, draw);
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count };
  };
  const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 0.05, `${actual}`);
  const uniform = moments(() => random.uniform());
  near(uniform.mean, 1 / 2);
  near(uniform.variance, 1 / 12);
  const normal = moments(() => random.normal());
  near(normal.mean, 0);
  near(normal.variance, 1);
  const gumbel = moments(() => random.gumbel());
  near(gumbel.mean, 0.5772);
  near(gumbel.variance, Math.PI ** 2 / 6);
});

test("a permutation holds every index once, and every position is equally likely", () => {
  const random = generator(4);
  const counts = new Array(5).fill(0);
  for (let draw = 0; draw < 5000; draw++) {
    const order = random.permutation(5);
    assert.equal([...order].sort(), [0, 1, 2, 3, 4]);
    counts[order.indexOf(0)]++;
  }
  for (const count of counts) assert.ok(Math.abs(count - 1000) < 150, `${counts}`);
});

test("a bad seed or bound is an error that says what was expected", () => {
  assert.throws(() => generator(-1), /seed must be an integer from 0 to 2\^53 - 1, got -1/);
  assert.throws(() => generator(1).integer(0), /bound from 1 to 2\^32, got 0/);
});

test.run();
