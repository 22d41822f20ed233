import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  CpuDevice,
  gradcheck,
  heldScope,
  noGrad,
  reportLeaks,
  scope,
  type Tensor,
  tensor,
  withDefaultDevice,
} from "../../src/tensor/index.ts";

const test = suite("lifetime and autograd");

test("a scope frees everything made inside it, chains included, but what it keeps", () => {
  const device = new CpuDevice();
  const x = tensor([1, 2, 3], [3], { device });
  const before = device.live;
  let kept: Tensor;
  {
    using step = scope();
    kept = step.keep(x.mul(2).add(1).exp().log());
    assert.ok(device.live.buffers > before.buffers + 1);
  }
  assert.equal(device.live, { buffers: before.buffers + 1, bytes: before.bytes + 12 });
  kept.dispose();
  kept.dispose();
  assert.equal(device.live, before);
});

test("what an inner scope keeps belongs to the outer one", () => {
  const device = new CpuDevice();
  {
    using outer = scope();
    {
      using inner = scope();
      inner.keep(tensor([1], [1], { device }));
    }
    assert.is(device.live.buffers, 1);
    assert.ok(outer);
  }
  assert.is(device.live.buffers, 0);
});

test("views share storage, which lives as long as its last view", () => {
  const device = new CpuDevice();
  const x = tensor([1, 2, 3, 4], [4], { device });
  const view = x.reshape([2, -1]);
  assert.is(device.live.buffers, 1);
  x.dispose();
  assert.equal([...view.dataSync()], [1, 2, 3, 4]);
  view.dispose();
  assert.is(device.live.buffers, 0);
});

test("using a freed tensor, and ending scopes out of order, are errors that say what to do", () => {
  const x = tensor([1, 2], [2]);
  x.dispose();
  assert.throws(
    () => x.add(1),
    /^add: a tensor of shape \[2\] was used after it was freed; keep it with scope.keep\(\)/,
  );
  const outer = scope();
  const inner = scope();
  assert.throws(() => outer[Symbol.dispose](), /reverse order/);
  inner[Symbol.dispose]();
  outer[Symbol.dispose]();
});

test("a held scope owns what is made while it runs, and nothing that others make while it waits", async () => {
  const device = new CpuDevice({ poison: true });
  const elsewhere = new CpuDevice();
  const x = tensor([1, 2, 3], [3], { device });
  const before = device.live;
  const work = async (factor: number) => {
    using held = withDefaultDevice(device, () => heldScope());
    const y = held.run(() => x.mul(factor).add(1));
    const [first] = await y.data();
    const z = held.run(() => y.add(tensor([first, 0, 0], [3])));
    return [...(await z.data())];
  };
  const started = [work(2), work(3)];
  let own: Tensor;
  {
    using step = scope();
    own = step.keep(tensor([5], [1], { device: elsewhere }));
    own.add(1);
    assert.equal(await Promise.all(started), [
      [6, 5, 7],
      [8, 7, 10],
    ]);
  }
  assert.equal([...own.dataSync()], [5]);
  assert.equal(device.live, before);
  own.dispose();
  assert.is(elsewhere.live.buffers, 0);
});

test("a held scope frees what it owns when its work fails", async () => {
  const device = new CpuDevice();
  const work = async () => {
    using held = withDefaultDevice(device, () => heldScope());
    await held.run(() => tensor([1], [1]).exp()).data();
    held.run(() => {
      throw new RangeError("no more");
    });
  };
  assert.is(await work().catch(({ message }: Error) => message), "no more");
  assert.equal(device.live, { buffers: 0, bytes: 0 });
});

test("backward adds to the gradients of the leaves until they are zeroed", () => {
  const x = tensor([3], [1]).requireGrad();
  x.square().sum().backward();
  x.square().sum().backward();
  assert.equal([...(x.grad as Tensor).dataSync()], [12]);
  x.zeroGrad();
  x.mul(x).add(x).sum().backward();
  assert.equal([...(x.grad as Tensor).dataSync()], [7]);
});

test("gradients outlive the step's scope, and nothing else does", () => {
  const device = new CpuDevice({ poison: true });
  const x = tensor([1, 2, 3], [3], { device }).requireGrad();
  {
    using _ = scope();
    const y = x.mul(2).reshape([3, 1]);
    y.add(y)
      .add(x.reshape([3, 1]))
      .sum()
      .backward();
  }
  assert.equal([...(x.grad as Tensor).dataSync()], [5, 5, 5]);
  assert.is(device.live.buffers, 2);
});

test("nothing is recorded inside noGrad, nor behind detach", () => {
  const x = tensor([2], [1]).requireGrad();
  assert.not(noGrad(() => x.mul(3)).requiresGrad);
  const y = x.detach().mul(x);
  y.sum().backward();
  assert.equal([...(x.grad as Tensor).dataSync()], [2]);
});

test("backward explains what it cannot do", () => {
  const x = tensor([1, 2], [2]);
  assert.throws(() => x.sum().backward(), /depends on no tensor that requires a gradient/);
  assert.throws(() => x.requireGrad().mul(2).backward(), /shape \[2\] has no single gradient/);
});

test("gradcheck passes a right gradient and names the element of a wrong one", () => {
  const inputs = [{ dtype: "f64", shape: [2], data: Float64Array.of(0.5, 2) } as const];
  gradcheck((x) => x.exp().mul(x), inputs);
  assert.throws(
    () => gradcheck((x) => x.detach().mul(x), inputs),
    /d output\[0\] \/ d input 0\[0\] is 0.5, but central differences give (1\.0000|0\.9999)/,
  );
});

test("reportLeaks is off by default and can be switched off again", () => {
  reportLeaks(() => {});
  const x = tensor([1], [1]);
  x.dispose();
  reportLeaks(undefined);
});

test.run();
