/** Elementwise operations that run as one program: the same numbers as one by one, whatever is freed meanwhile. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Device, full, type Shape, scope, type Tensor, tensor } from "../../../src/tensor/index.ts";
import { cpu, testOnDevice } from "./adapter.ts";

const test = suite("elementwise runs");

const SHAPES: readonly Shape[] = [[3, 4], [4], [3, 1], [], [1, 4], [2, 3, 4]];

/** One step of a drawn computation: what it does to which of the tensors so far, and what it frees. */
interface Action {
  readonly kind: "add" | "multiply" | "tanh" | "shift" | "where" | "sum" | "reshape" | "free";
  readonly first: number;
  readonly second: number;
}

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom("add", "multiply", "tanh", "shift", "where", "sum", "reshape", "free"),
  first: fc.nat(100),
  second: fc.nat(100),
});

function perform({ kind, first, second }: Action, a: Tensor, b: Tensor): Tensor {
  if (kind === "add") return a.add(b);
  if (kind === "multiply") return a.mul(b);
  if (kind === "tanh") return a.tanh();
  if (kind === "shift") return a.add((first % 5) / 4);
  if (kind === "where") return a.greater(b).cast("f32").mul(a);
  if (kind === "sum") return a.rank > 0 ? a.sum(-1, true) : a.sum();
  return a.reshape(second % 2 === 0 ? [a.size] : [1, ...a.shape]);
}

/** The values of every tensor that is left at the end. */
async function evaluate(actions: readonly Action[], device: Device): Promise<ArrayLike<number>[]> {
  using _ = scope();
  const tensors = SHAPES.map((shape, index): Tensor => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const values = Float32Array.from({ length: size }, (_, i) => Math.sin(7 * index + i));
    return tensor(values, shape, { device });
  });
  for (const step of actions) {
    const a = tensors[step.first % tensors.length];
    const b = tensors[step.second % tensors.length];
    if (step.kind === "free") {
      if (tensors.length > 1) tensors.splice(tensors.indexOf(a), 1)[0].dispose();
      continue;
    }
    const fits = a.shape.every((extent, axis) => {
      const other = b.shape[axis + b.rank - a.rank];
      return other === undefined || other === 1 || extent === 1 || other === extent;
    });
    if (fits && tensors.length < 20) tensors.push(perform(step, a, b));
  }
  return Promise.all(tensors.map((left) => left.data()));
}

testOnDevice(test, "drawn chains with frees in between agree with the CPU device", async (device) => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
      const [actual, expected] = [await evaluate(actions, device), await evaluate(actions, cpu)];
      expected.forEach((values, index) => {
        for (let i = 0; i < values.length; i++) {
          const difference = Math.abs(actual[index][i] - values[i]);
          // Products of sums can grow; tanh of a large number is 1 on both devices.
          assert.ok(difference <= 1e-4 * Math.max(1, Math.abs(values[i])), `tensor ${index}, element ${i}`);
        }
      });
    }),
    { numRuns: 60 },
  );
});

testOnDevice(test, "a chain on one shape is one dispatch", async (device) => {
  using _ = scope();
  const [x, row] = [full([5, 7], 0.5, { device }), full([7], 2, { device })];
  await row.data();
  const before = device.dispatches;
  const y = x.mul(row).add(1).tanh().mul(x);
  assert.is(device.dispatches, before, "nothing is recorded before it is needed");
  const [value] = await y.data();
  assert.is(device.dispatches, before + 1);
  assert.ok(Math.abs(value - 0.5 * Math.tanh(2)) < 1e-6);
});

testOnDevice(test, "a result that nobody holds is not computed", async (device) => {
  using outer = scope();
  const x = outer.keep(full([3], 1, { device }));
  await x.data();
  const before = device.dispatches;
  {
    using _ = scope();
    x.add(1).tanh();
  }
  await x.data();
  assert.is(device.dispatches, before);
  x.dispose();
});

testOnDevice(test, "a tensor that is freed while it waits to be read keeps its numbers until then", async (device) => {
  using _ = scope();
  const x = tensor([1, 2, 3], [3], { device });
  const y = x.add(1);
  x.dispose();
  // Storage of the same size, which a pool could take from x.
  const other = tensor([9, 9, 9], [3], { device });
  assert.equal([...(await y.data())], [2, 3, 4]);
  assert.equal([...(await other.data())], [9, 9, 9]);
});

test.run();
