/** Solutions of lecture 1. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Value } from "../../../examples/course/1-tensor.ts";
import { Sgd } from "../../../src/nn/index.ts";
import { scope, tensor } from "../../../src/tensor/index.ts";

test("a: tanh has the slope 1 - tanh squared", () => {
  const tanh = (value: Value) => {
    const result = Math.tanh(value.data);
    return new Value(result, [{ value, slope: 1 - result ** 2 }]);
  };
  for (const at of [-2, 0, 0.5]) {
    const x = new Value(at);
    tanh(x.times(x)).backward();
    const step = 1e-6;
    const measured = (Math.tanh((at + step) ** 2) - Math.tanh((at - step) ** 2)) / (2 * step);
    assert.ok(Math.abs(x.gradient - measured) < 1e-8, `${x.gradient}, measured ${measured}`);
  }
});

test("b: where gradients add up, w swings through 3 to about 6 and back to about 0", async () => {
  const w = tensor([0]).requireGrad();
  const optimiser = new Sgd([w], { learningRate: 0.01 });
  const path: number[] = [];
  for (let step = 0; step < 200; step++) {
    using _ = scope();
    w.sub(3).square().sum().backward();
    optimiser.step();
    path.push(await w.item());
  }
  assert.ok(Math.max(...path) > 5.5 && Math.max(...path) < 6.5, `${Math.max(...path)}`);
  const afterTop = path.slice(path.indexOf(Math.max(...path)));
  assert.ok(Math.min(...afterTop) < 0.5, `${Math.min(...afterTop)}`);
});

test("c: the sum of a softmax cannot change, so its gradient is 0", async () => {
  const x = tensor([1, -2, 0.5]).requireGrad();
  x.softmax().sum().backward();
  for (const slope of (await x.grad?.data()) ?? [1]) assert.ok(Math.abs(slope) < 1e-7, `${slope}`);
});

test("d: without an order, x * x added to itself has the gradient 6x in place of 4x", () => {
  const gradients = new Map<Value, number>();
  const handOn = (value: Value, arrived: number): void => {
    gradients.set(value, (gradients.get(value) ?? 0) + arrived);
    for (const input of value.inputs) handOn(input.value, (gradients.get(value) ?? 0) * input.slope);
  };
  const x = new Value(5);
  const square = x.times(x);
  const twice = square.plus(square);
  handOn(twice, 1);
  twice.backward();
  assert.is(x.gradient, 20);
  // Each arrival at x counts for both of its places in the product.
  assert.is.not(gradients.get(x), 20);
  assert.is(gradients.get(square), 2);
  assert.is(gradients.get(x), 30);
});

test.run();
