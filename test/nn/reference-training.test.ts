/** Training a Transformer from fixed weights gives the losses that PyTorch, jax-js and TensorFlow.js give. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createTrainingStep } from "../../bench/reference-transformer.ts";

const test = suite("reference training");

test("losses after 1 and 3 Adam steps agree with other frameworks", () => {
  const step = createTrainingStep();
  const losses = Array.from({ length: 3 }, () => step().itemSync());
  const near = (actual: number, expected: number) =>
    assert.ok(Math.abs(actual / expected - 1) < 1e-4, `${actual}, expected ${expected}`);
  near(losses[0], 4.84198);
  near(losses[2], 2.20007);
});

test.run();
