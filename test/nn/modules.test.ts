import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  AdamW,
  clipScale,
  DecoderBlock,
  Dropout,
  decodeSafetensors,
  EncoderBlock,
  encodeSafetensors,
  type KeyValues,
  learningRateAt,
  MLP,
  type Module,
  parameter,
  type ScheduleName,
  Sgd,
  type StateDict,
} from "../../src/nn/index.ts";
import { concat, Random, randomTensor, scope, setSeed, type Tensor, tensor } from "../../src/tensor/index.ts";
import { throwsMessage } from "../throws-message.ts";

const test = suite("modules");

const random = (seed = 1) => new Random({ seed, stream: "test", step: 0 });
const normal = (shape: number[], seed = 2) => randomTensor("normal", shape, { seed, stream: "x", step: 0 });
const options = { width: 8, heads: 2, feedForward: 12, dropoutRate: 0, dropoutKey: { seed: 1, stream: "dropout" } };

function close(a: Tensor, b: Tensor, tolerance = 1e-5): void {
  assert.equal(a.shape, b.shape);
  const expected = b.dataSync();
  a.dataSync().forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) < tolerance, `element ${i}: ${value}, expected ${expected[i]}`);
  });
}

test("parameters are named by the path that leads to them", () => {
  const names = [...new EncoderBlock(options, random()).namedParameters().keys()];
  assert.ok(names.includes("attention.query.weight"));
  assert.ok(names.includes("feedForward.layers.1.bias"));
  assert.is(new MLP([3, 4, 2], random()).parameterCount(), 3 * 4 + 4 + 4 * 2 + 2);
});

test("weights survive a safetensors file, and a wrong file is refused whole", async () => {
  const source = new MLP([3, 4, 2], random(1));
  const target = new MLP([3, 4, 2], random(9));
  const x = normal([5, 3]);
  const { tensors } = decodeSafetensors(encodeSafetensors(await source.stateDict()));
  target.loadStateDict(tensors);
  assert.equal([...target.forward(x).dataSync()], [...source.forward(x).dataSync()]);

  tensors.delete("layers.0.bias");
  tensors.set("extra", { dtype: "F32", shape: [1], data: Float32Array.of(1) });
  const before = [...target.forward(x).dataSync()];
  assert.throws(() => target.loadStateDict(tensors), /layers.0.bias is missing; extra is not a weight of this model/);
  assert.throws(() => new MLP([3, 5, 2], random()).loadStateDict(tensors), /is F32 \[3,4\], expected F32 \[3,5\]/);
  assert.equal([...target.forward(x).dataSync()], before);
});

test("dropout acts while training only, and differently at every pass", () => {
  const layer = new Dropout(0.5, { seed: 1, stream: "test" });
  const x = normal([64]);
  const [first, second] = [layer.forward(x), layer.forward(x)].map((y) => [...y.dataSync()]);
  assert.not.equal(first, second);
  layer.train(false);
  assert.is(layer.forward(x), x);
});

test("dropout layers without a key of their own differ, and follow the seed", () => {
  const x = normal([64]);
  const draw = () => {
    setSeed(3);
    return [new Dropout(0.5), new Dropout(0.5)].map((layer) => [...layer.forward(x).dataSync()]);
  };
  const [first, second] = draw();
  assert.not.equal(first, second);
  assert.equal(draw(), [first, second]);
});

test("a block reaches its submodules with train()", () => {
  const block = new EncoderBlock(options, random()).train(false);
  assert.not(block.dropout.training);
});

test("an encoder block without positions is permutation equivariant", () => {
  const block = new EncoderBlock(options, random());
  const x = normal([1, 3, 8]);
  const order = tensor(Int32Array.of(2, 0, 1), [1, 3]);
  close(block.forward(x.takeRows(order)), block.forward(x).takeRows(order));
});

test("decoding position by position with cached keys equals one causal pass", () => {
  const block = new DecoderBlock(options, random());
  const memory = block.projectMemory(normal([2, 5, 8], 3));
  const x = normal([4, 3, 8], 4);
  const causal = tensor(Int32Array.of(1, 0, 0, 1, 1, 0, 1, 1, 1), [3, 3]);
  const whole = block.forward(x, memory, undefined, causal).output;
  let past: KeyValues | undefined;
  const steps = [0, 1, 2].map((t) => {
    const { output, keyValues } = block.forward(x.slice(1, t, t + 1), memory, past, undefined);
    past = keyValues;
    return output;
  });
  close(concat(steps, 1), whole);
});

/** One parameter with a known gradient. */
function withGradient(value: number, gradient: number): Tensor {
  const x = parameter(Float32Array.of(value), [1]);
  x.mul(gradient).sum().backward();
  return x;
}

test("AdamW's first steps are those of the formula", () => {
  const x = withGradient(1, 0.5);
  const optimiser = new AdamW([x], { learningRate: 0.1, weightDecay: 0.01 });
  optimiser.step();
  // Bias correction makes the first direction g / |g| = 1.
  const expected = 1 - 0.1 * (1 + 0.01);
  assert.ok(Math.abs(x.itemSync() - expected) < 1e-6);
  optimiser.step({ learningRate: 0 });
  assert.ok(Math.abs(x.itemSync() - expected) < 1e-6);
});

test("SGD with momentum accumulates velocity", () => {
  const x = withGradient(1, 2);
  const optimiser = new Sgd([x], { learningRate: 0.1, momentum: 0.5 });
  optimiser.step();
  optimiser.step();
  assert.ok(Math.abs(x.itemSync() - (1 - 0.1 * 2 - 0.1 * 3)) < 1e-6);
});

test("a step of many parameters moves each as a step of its own would, to the bit", () => {
  const lengths = [5, 0, 300, 1, 17];
  const makers = [
    (parameters: Tensor[]) => new AdamW(parameters, { learningRate: 0.1, weightDecay: 0.01 }),
    (parameters: Tensor[]) => new Sgd(parameters, { learningRate: 0.1, momentum: 0.9 }),
  ];
  for (const make of makers) {
    const together = lengths.map((length, index) => normal([length], index).requireGrad());
    const alone = together.map((parameter) => parameter.add(0).requireGrad());
    const optimiser = make(together);
    const optimisers = alone.map((parameter) => make([parameter]));
    for (let step = 0; step < 4; step++) {
      lengths.forEach((length, index) => {
        // Without a gradient a parameter rests, and so does its state; AdamW counts the step all the same.
        const gradient = (index + step) % 3 > 0 ? normal([length], 100 * step + index) : undefined;
        together[index].grad = gradient;
        alone[index].grad = gradient;
      });
      optimiser.step();
      for (const own of optimisers) own.step();
    }
    together.forEach((parameter, index) => {
      assert.equal([...parameter.dataSync()], [...alone[index].dataSync()], `parameter ${index}`);
    });
  }
});

test("a parameter that is listed twice is updated once", () => {
  const x = withGradient(1, 2);
  new Sgd([x, x], { learningRate: 0.1 }).step();
  assert.ok(Math.abs(x.itemSync() - 0.8) < 1e-6);
});

test("parameters of two element types are refused", () => {
  const parameters = [tensor([1], [1]), tensor([1], [1], { dtype: "f64" })].map((x) => x.requireGrad());
  throwsMessage(
    () => new Sgd(parameters, { learningRate: 1 }),
    "optimiser: parameters are f32 on cpu and f64 on cpu; expected one element type and one device",
  );
});

test("an optimiser frees its state", () => {
  const x = withGradient(1, 2);
  const before = x.device.live;
  const optimiser = new AdamW([x], { learningRate: 0.1 });
  optimiser.step();
  assert.is(x.device.live.buffers, before.buffers + 1);
  optimiser.dispose();
  assert.equal(x.device.live, before);
});

test("clipping scales all gradients to a common norm, and leaves small ones alone", () => {
  const parameters = [withGradient(1, 3), withGradient(1, 4)];
  const { norm, scale } = clipScale(parameters, 1);
  assert.ok(Math.abs(norm.itemSync() - 5) < 1e-5);
  assert.ok(Math.abs(scale.itemSync() - 0.2) < 1e-6);
  assert.is(clipScale(parameters, 10).scale.itemSync(), 1);
  new Sgd(parameters, { learningRate: 1 }).step({ gradientScale: scale });
  assert.ok(Math.abs(parameters[0].itemSync() - 0.4) < 1e-6);
});

test("the learning rate warms up linearly and falls along a cosine, a line, or not at all", () => {
  const rates = (schedule: ScheduleName) =>
    [0, 3, 9, 14, 99].map((step) =>
      learningRateAt(step, { schedule, peak: 2, warmupSteps: 4, totalSteps: 15, floor: 0.1 }).toFixed(6),
    );
  assert.equal(rates("cosine"), ["0.500000", "2.000000", "1.100000", "0.200000", "0.200000"]);
  assert.equal(rates("linear"), ["0.500000", "2.000000", "1.100000", "0.200000", "0.200000"]);
  assert.equal(rates("constant"), ["0.500000", "2.000000", "2.000000", "2.000000", "2.000000"]);
  const early = (schedule: ScheduleName) => learningRateAt(6, { schedule, peak: 2, warmupSteps: 4, totalSteps: 15 });
  assert.ok(Math.abs(early("linear") - 1.6) < 1e-9);
  assert.ok(early("cosine") > early("linear"), "a cosine falls slowly at first");
});

test("an optimiser that goes on from its saved state makes the same updates", async () => {
  const make = () => new MLP([3, 5, 1], random());
  const update = (model: MLP, optimiser: AdamW | Sgd, step: number) => {
    using _ = scope();
    const x = randomTensor("normal", [4, 3], { seed: 5, stream: "inputs", step });
    model.forward(x).square().mean().backward();
    optimiser.step();
    optimiser.zeroGrad();
  };
  for (const kind of ["adam", "momentum"]) {
    const optimiserOf = (model: MLP) =>
      kind === "adam"
        ? new AdamW(model.parameters(), { learningRate: 0.1 })
        : new Sgd(model.parameters(), { learningRate: 0.1, momentum: 0.9 });
    const [whole, first, second] = [make(), make(), make()];
    const [one, two, three] = [whole, first, second].map(optimiserOf);
    for (let step = 0; step < 6; step++) update(whole, one, step);
    for (let step = 0; step < 3; step++) update(first, two, step);
    second.loadStateDict(await first.stateDict());
    three.loadStateDict(await two.stateDict());
    for (let step = 3; step < 6; step++) update(second, three, step);
    assert.equal(await second.stateDict(), await whole.stateDict());
  }
  const optimiser = new AdamW(make().parameters(), { learningRate: 0.1 });
  const foreign: StateDict = new Map([["steps", { dtype: "I32", shape: [1], data: Int32Array.of(2) }]]);
  foreign.set("state", { dtype: "F32", shape: [2, 6], data: new Float32Array(12) });
  throwsMessage(
    () => optimiser.loadStateDict(foreign),
    "optimiser: the saved state is F32 [2,6], expected F32 [2,26]; it is of other parameters",
  );
});

test("modules made inside a scope outlive it", () => {
  const make = () => {
    using _ = scope();
    return new MLP([2, 2], random());
  };
  const model: Module = make();
  assert.is(model.parameters()[0].dataSync().length, 4);
});

test.run();
