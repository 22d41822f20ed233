/** What meets a newcomer: how tensors print, what types they have, and what mistakes are answered with. */
import { inspect } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elementwise } from "../../src/kernels/index.ts";
import { Linear, MLP } from "../../src/nn/index.ts";
import {
  apply,
  CpuDevice,
  type Device,
  gradcheck,
  noGrad,
  ones,
  type Runnable,
  randomTensor,
  setSeed,
  type Tensor,
  tensor,
  zeros,
} from "../../src/tensor/index.ts";
import { throwsMessage } from "../throws-message.ts";

const test = suite("the first hour");

test("a tensor prints its type, its shape and its first numbers", () => {
  assert.is(String(tensor(3)), "Tensor f32 []: 3");
  assert.is(`${tensor([1, 0.1, Number.NaN])}`, "Tensor f32 [3]: [1, 0.1, NaN]");
  assert.is(String(tensor([2147483647], { dtype: "i32" })), "Tensor i32 [1]: [2147483647]");
  assert.is(
    inspect(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    ),
    "Tensor f32 [2, 2]:\n[[1, 2],\n [3, 4]]",
  );
  assert.is(String(zeros([0, 2])), "Tensor f32 [0, 2]:\n[]");
  assert.is(String(ones([100])), "Tensor f32 [100]: [1, 1, 1, 1, 1, 1, 1, 1, … 92 more]");
  const cube = String(zeros([6, 2, 1])).split("\n");
  assert.equal(cube.slice(0, 3), ["Tensor f32 [6, 2, 1]:", "[[[0],", "  [0]],"]);
  assert.is(cube.at(-1), " … 2 more]");
});

test("a tensor prints inside of what holds it, too", () => {
  assert.match(inspect(new Linear(1, 2)), /bias: Tensor f32 \[2\]: \[0, 0\]/);
});

test("a tensor that cannot be read at once says how to read it, and a freed one that it was freed", () => {
  const cpu = new CpuDevice();
  const far: Device = Object.assign(Object.create(cpu), { name: "far", view: undefined, readSync: undefined });
  const x = tensor([1, 2], { device: far });
  assert.is(String(x), "Tensor f32 [2] on far: read its elements with await data()");
  throwsMessage(() => x.dataSync(), "dataSync: device far can only be read with await data()");
  throwsMessage(() => x.view(), "view: device far can only be read with await data()");
  x.dispose();
  assert.is(String(x), "Tensor f32 [2], freed");
});

test("the type of the elements is known to the compiler", async () => {
  const sum: number = tensor([1, 2])
    .dataSync()
    .reduce((a, b) => a + b);
  assert.is(sum, 3);
  const floats: Float32Array = await tensor([[1, 2]])
    .mul(2)
    .sum(0)
    .data();
  const doubles: Float64Array = tensor([1], { dtype: "f64" }).exp().dataSync();
  const integers: Int32Array = tensor([1])
    .greater(tensor([0]))
    .dataSync();
  const cast: Float64Array = tensor(Int32Array.of(1)).cast("f64").dataSync();
  const predicted: Float32Array = new MLP([2, 3, 1]).forward(tensor([[1, 2]])).dataSync();
  assert.equal(
    [floats, doubles, integers, cast],
    [Float32Array.of(2, 4), Float64Array.of(Math.E), Int32Array.of(1), Float64Array.of(1)],
  );
  assert.is(predicted.length, 1);
  // Where any type will do, a tensor of one is a tensor.
  const anyOf: Tensor[] = [tensor([1]), tensor([1], { dtype: "i32" })];
  assert.is(anyOf.length, 2);
});

test("the same seed gives new layers and random tensors the same bits, another seed others", () => {
  const draw = (seed: number) => {
    setSeed(seed);
    const model = new MLP([2, 4, 1]);
    return [...model.parameters(), randomTensor("normal", [3]), randomTensor("normal", [3])].map((drawn) => [
      ...drawn.dataSync(),
    ]);
  };
  assert.equal(draw(1), draw(1));
  assert.not.equal(draw(1), draw(2));
  const [third, fourth] = draw(1).slice(-2);
  assert.not.equal(third, fourth);
});

test("a number stands for a tensor of it, of any type", () => {
  assert.equal([...tensor([1, 2]).add(1).sub(3).dataSync()], [-1, 0]);
  assert.equal([...tensor([1, 2]).mul(3).div(2).pow(2).dataSync()], [2.25, 9]);
  assert.equal([...tensor([1, 2, 3]).maximum(2).minimum(2.5).dataSync()], [2, 2, 2.5]);
  assert.equal([...tensor([1, 2, 3], { dtype: "i32" }).greater(2).dataSync()], [0, 0, 1]);
  assert.equal([...tensor([1, 2], { dtype: "f64" }).equal(2).dataSync()], [0, 1]);
});

test("x / x is 1 for every number; huge reciprocals do no harm", () => {
  for (let n = 1; n <= 200; n++) assert.is(tensor([n]).div(n).itemSync(), 1, `${n} / ${n}`);
  assert.ok(Math.abs(tensor([1e-38]).div(1e-39).itemSync() - 10) < 1e-4);
});

test("what a tensor is not combined with is named, with what to do", () => {
  const x = tensor([1, 2]);
  const other = [1, 2] as unknown as Tensor;
  throwsMessage(() => x.add(other), "add: input 1 is an array, expected a tensor; make one with tensor()");
  throwsMessage(
    () => x.add(tensor([1, 2, 3])),
    "add: shapes [2] and [3] do not broadcast: aligned at the last axis, extents must be equal or 1",
  );
  throwsMessage(
    () => x.add(tensor([1, 2], { dtype: "f64" })),
    "add: inputs mix f32 and f64; convert one of them with cast()",
  );
  throwsMessage(
    () => tensor([1], { dtype: "i32" }).mul(2),
    'mul: i32 tensors hold indices and masks and take no arithmetic; convert it with cast("f32")',
  );
  throwsMessage(
    () => x.add(tensor([1, 2], { device: new CpuDevice() })),
    "add: inputs are on different devices: cpu and cpu; make them on one, with the option device or setDefaultDevice()",
  );
  throwsMessage(() => x.itemSync(), "item: expected one element, got shape [2]; read all of them with data()");
});

test("a gradient that cannot be found is explained", () => {
  const x = tensor([1, 2]);
  const nothing =
    "backward: the tensor depends on no tensor that requires a gradient; compute it outside of noGrad(), from what " +
    "requireGrad() returned";
  throwsMessage(() => x.sum().backward(), nothing);
  const w = x.requireGrad();
  assert.is(w.grad, undefined);
  throwsMessage(() => noGrad(() => w.sum()).backward(), nothing);
  throwsMessage(
    () => w.mul(2).backward(),
    "backward: a tensor of shape [2] has no single gradient; reduce it to one number, with sum() or mean(), or pass a " +
      "seed of its shape",
  );
  throwsMessage(() => w.mul(2).backward(ones([3])), "backward: the seed [3] must have the shape [2]");
  throwsMessage(
    () => tensor([1], { dtype: "i32" }).requireGrad(),
    'requireGrad: an i32 tensor has no gradient; make it f32, with cast("f32")',
  );
});

test("an operation of one's own runs, is recorded and can be checked", () => {
  const cube: Runnable = {
    name: "cube",
    outputs: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
    reference: ([x], [y]) => y.data.set(x.data.map((value) => value ** 3)),
    gradient: ({ inputs: [x], outputGradient, run }) => {
      const [square] = run(elementwise.square, [x], undefined);
      const [slope] = run(elementwise.scale, [square], { s: 3 });
      return run(elementwise.multiply, [slope, outputGradient], undefined);
    },
  };
  gradcheck((x) => apply(cube, [x], undefined)[0], [tensor([-1, 0.5, 2], { dtype: "f64" })]);
  const { gradient: _, ...without } = cube;
  assert.throws(
    () => gradcheck((x) => apply(without, [x], undefined)[0], [tensor([1], { dtype: "f64" })]),
    /the result does not depend differentiably on any checked input/,
  );
  throwsMessage(
    () => gradcheck((x) => x.exp(), [tensor([1])]),
    'gradcheck: input 0 is f32, too coarse to difference; expected f64, as of tensor([0.5], { dtype: "f64" }), or i32',
  );
});

test.run();
