/** Power laws through points. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fitPowerLaw, fitSaturatingLaw } from "../../src/evaluation/power-law.ts";
import { Random } from "../../src/tensor/index.ts";

const test = suite("power laws");

const SIZES = [1e3, 4e3, 1.5e4, 6e4, 2.5e5, 1e6];

function isNear(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.abs(expected), `${actual}, not ${expected}`);
}

test("a power law is found again from points on it", () => {
  const numbers = fc.record({
    coefficient: fc.double({ min: 0.1, max: 50, noNaN: true }),
    exponent: fc.double({ min: 0.05, max: 2, noNaN: true }),
  });
  fc.assert(
    fc.property(numbers, ({ coefficient, exponent }) => {
      const points = SIZES.map((size) => ({ size, value: coefficient * size ** -exponent }));
      const law = fitPowerLaw(points);
      isNear(law.coefficient, coefficient, 1e-6);
      isNear(law.exponent, exponent, 1e-6);
      isNear(law.explained ?? 0, 1, 1e-9);
    }),
  );
});

test("a law with a limit is found again, as near as its grid allows", () => {
  const [limit, coefficient, exponent] = [0.8, 3, 0.4];
  const points = SIZES.map((size) => ({ size, value: limit - coefficient * size ** -exponent }));
  const law = fitSaturatingLaw(points);
  isNear(law.exponent, exponent, 0.02);
  isNear(law.limit, limit, 0.001);
  isNear(law.coefficient, coefficient, 0.1);
});

test("noise takes from what the law explains, and from a level line there is nothing to explain", () => {
  const random = new Random({ seed: 1, stream: "noise", step: 0 });
  const points = SIZES.map((size) => ({ size, value: size ** -0.2 * Math.exp(0.3 * random.normal()) }));
  const { explained = 0 } = fitPowerLaw(points);
  assert.ok(explained > 0 && explained < 0.99, `${explained}`);
  const level = fitPowerLaw(SIZES.map((size) => ({ size, value: 2 })));
  assert.is(level.explained, undefined);
  assert.is(Math.abs(level.exponent), 0);
});

test("points that no law goes through are errors", () => {
  assert.throws(() => fitPowerLaw([{ size: 1, value: 1 }]), /at least two sizes/);
  const negative = [
    { size: 1, value: 1 },
    { size: 2, value: -1 },
  ];
  assert.throws(() => fitPowerLaw(negative), /values must be over 0/);
  assert.throws(() => fitSaturatingLaw(negative.map(({ value }) => ({ size: value, value }))), /sizes must be/);
});

test.run();
