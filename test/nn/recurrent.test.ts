/** GRU and LSTM against plain loops in double precision: what they compute, and the gradients of all their weights. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GRU, LSTM, type Module, type RecurrentOutput } from "../../src/nn/index.ts";
import {
  CpuDevice,
  noGrad,
  Random,
  scope,
  setDefaultDevice,
  type Tensor,
  tensor,
  withDefaultDevice,
} from "../../src/tensor/index.ts";
import { DoubleDevice } from "../double-device.ts";

const test = suite("recurrent layers");

setDefaultDevice(new DoubleDevice());

const [BATCH, LENGTH, INPUTS, WIDTH] = [2, 5, 3, 4];

const random = (stream: string) => new Random({ seed: 6, stream, step: 0 });
const draws = (size: number, stream: string) => {
  const draw = random(stream);
  return Float64Array.from({ length: size }, () => draw.normal());
};

type Matrix = readonly (readonly number[])[];
type Weights = Readonly<Record<string, Float64Array>>;

/** One sequence's state: h, and for an LSTM c. */
type PlainState = readonly (readonly number[])[];
type PlainStep = (weights: Weights, x: readonly number[], state: PlainState) => PlainState;

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

/** x W + b of the layer `name`, cut into its gates: [gates][H]. */
function gatesOf(weights: Weights, name: string, x: readonly number[]): Matrix {
  const { [`${name}.weight`]: weight, [`${name}.bias`]: bias } = weights;
  const sums = Array.from(bias, (start, column) =>
    x.reduce((sum, value, row) => sum + value * weight[row * bias.length + column], start),
  );
  return Array.from({ length: sums.length / WIDTH }, (_, gate) => sums.slice(gate * WIDTH, (gate + 1) * WIDTH));
}

const gruStep: PlainStep = (weights, x, [h]) => {
  const [xr, xz, xn] = gatesOf(weights, "fromInput", x);
  const [hr, hz, hn] = gatesOf(weights, "fromState", h);
  return [
    h.map((before, j) => {
      const reset = sigmoid(xr[j] + hr[j]);
      const keep = sigmoid(xz[j] + hz[j]);
      return (1 - keep) * Math.tanh(xn[j] + reset * hn[j]) + keep * before;
    }),
  ];
};

const lstmStep: PlainStep = (weights, x, [h, c]) => {
  const [fromX, fromH] = [gatesOf(weights, "fromInput", x), gatesOf(weights, "fromState", h)];
  const gate = (index: number, j: number) => fromX[index][j] + fromH[index][j];
  const cell = c.map((before, j) => sigmoid(gate(1, j)) * before + sigmoid(gate(0, j)) * Math.tanh(gate(2, j)));
  return [cell.map((value, j) => sigmoid(gate(3, j)) * Math.tanh(value)), cell];
};

/** How a layer reads: in which direction, and which positions of [B, T]. */
interface Reading {
  readonly reverse: boolean;
  readonly present: readonly number[] | undefined;
}

const READINGS: readonly Reading[] = [
  { reverse: false, present: undefined },
  { reverse: true, present: undefined },
  { reverse: false, present: [0, 0, 1, 1, 1, 1, 0, 1, 0, 1] },
  { reverse: true, present: [0, 0, 0, 0, 0, 1, 1, 0, 1, 1] },
];

/** Outputs [B, T, H] and last states [B, H] of plain loops. */
function plainForward(step: PlainStep, weights: Weights, x: Float64Array, states: number, reading: Reading) {
  const outputs = new Float64Array(BATCH * LENGTH * WIDTH);
  const last = new Float64Array(BATCH * WIDTH);
  for (let row = 0; row < BATCH; row++) {
    let state: PlainState = Array.from({ length: states }, () => new Array<number>(WIDTH).fill(0));
    for (let i = 0; i < LENGTH; i++) {
      const at = row * LENGTH + (reading.reverse ? LENGTH - 1 - i : i);
      const input = [...x.subarray(at * INPUTS, (at + 1) * INPUTS)];
      if (reading.present === undefined || reading.present[at] === 1) state = step(weights, input, state);
      outputs.set(state[0], at * WIDTH);
    }
    last.set(state[0], row * WIDTH);
  }
  return { outputs, last };
}

const copied = (values: Tensor) => Float64Array.from(values.view());

const weightsOf = (layer: Module): Weights =>
  Object.fromEntries([...layer.namedParameters()].map(([name, weights]) => [name, copied(weights)]));

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string, tolerance = 1e-12): void {
  assert.is(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    assert.ok(error <= tolerance * (1 + Math.abs(expected[i])), `${what}[${i}]: ${actual[i]}, not ${expected[i]}`);
  }
}

/** A number that every output counts in differently: sum of outputs * a + last * b. */
const outputWeights = draws(BATCH * LENGTH * WIDTH, "output weights");
const lastWeights = draws(BATCH * WIDTH, "last weights");
const dot = (a: ArrayLike<number>, b: Float64Array) => b.reduce((sum, value, i) => sum + value * a[i], 0);

const kinds = [
  { name: "GRU", create: () => new GRU(INPUTS, WIDTH, random("GRU")), step: gruStep, states: 1 },
  { name: "LSTM", create: () => new LSTM(INPUTS, WIDTH, random("LSTM")), step: lstmStep, states: 2 },
] as const;

for (const { name, create, step, states } of kinds) {
  const x = draws(BATCH * LENGTH * INPUTS, "x");
  const input = () => tensor(x, [BATCH, LENGTH, INPUTS], { dtype: "f32" });
  const run = (layer: GRU | LSTM, inputs: Tensor, { reverse, present }: Reading): RecurrentOutput =>
    layer.forward(inputs, { reverse, ...(present && { present: tensor(Int32Array.from(present), [BATCH, LENGTH]) }) });

  /** A layer whose biases are not all 0. */
  const drawn = () => {
    const layer = create();
    for (const [parameter, weights] of layer.namedParameters()) weights.assign(draws(weights.size, parameter));
    return layer;
  };

  for (const reading of READINGS) {
    const how = `${reading.reverse ? "backwards" : "forwards"}${reading.present ? " over gaps" : ""}`;

    test(`${name} read ${how} is a plain loop`, () => {
      using _ = scope();
      const layer = drawn();
      const { outputs, last } = run(layer, input(), reading);
      const expected = plainForward(step, weightsOf(layer), x, states, reading);
      assert.equal(outputs.shape, [BATCH, LENGTH, WIDTH]);
      assert.equal(last.shape, [BATCH, WIDTH]);
      near(outputs.view(), expected.outputs, "outputs");
      near(last.view(), expected.last, "last");
    });

    test(`${name} read ${how}: every gradient is a central difference of the plain loop`, () => {
      using _ = scope();
      const layer = drawn();
      const inputs = input().requireGrad();
      const { outputs, last } = run(layer, inputs, reading);
      const ofOutputs = outputs.mul(tensor(outputWeights, outputs.shape, outputs)).sum();
      ofOutputs.add(last.mul(tensor(lastWeights, last.shape, last)).sum()).backward();
      const weights = weightsOf(layer);
      const value = () => {
        const plain = plainForward(step, weights, values, states, reading);
        return dot(plain.outputs, outputWeights) + dot(plain.last, lastWeights);
      };
      const values = x.slice();
      const differences = (leaf: Float64Array) =>
        leaf.map((at, i) => {
          leaf[i] = at + 1e-6;
          const above = value();
          leaf[i] = at - 1e-6;
          const below = value();
          leaf[i] = at;
          return (above - below) / 2e-6;
        });
      near(inputs.grad?.view() ?? [], differences(values), "inputs", 1e-7);
      for (const [parameter, leaf] of layer.namedParameters()) {
        near(leaf.grad?.view() ?? [], differences(weights[parameter]), parameter, 1e-7);
      }
    });
  }

  test(`${name}, step by step, gives what it gives at once`, () => {
    using _ = scope();
    const layer = drawn();
    const sequence = input();
    const { outputs, last } = noGrad(() => layer.forward(sequence));
    const hiddens = stepThrough(layer, sequence);
    hiddens.forEach((hidden, t) => {
      near(hidden.view(), outputs.slice(1, t, t + 1).view(), `step ${t}`);
    });
    near(hiddens[LENGTH - 1].view(), last.view(), "last");
  });

  test(`${name} reads a sequence of one position`, () => {
    using _ = scope();
    const one = noGrad(() => create().forward(input().slice(1, 0, 1)));
    assert.equal(one.outputs.shape, [BATCH, 1, WIDTH]);
    assert.equal([...one.outputs.view()], [...one.last.view()]);
  });

  test(`${name} frees all that it makes`, () => {
    withDefaultDevice(new CpuDevice(), () => {
      const layer = create();
      const { device } = layer.parameters()[0];
      const before = device.live;
      {
        using _ = scope();
        layer.forward(input()).outputs.sum().backward();
        assert.ok(device.live.buffers > before.buffers);
      }
      layer.zeroGrad();
      assert.equal(device.live, before);
    });
  });
}

/** What a layer shows after each position of x [B, T, D], read by single steps. */
function stepThrough(layer: GRU | LSTM, x: Tensor): Tensor[] {
  let state = layer.begin(x);
  return Array.from({ length: LENGTH }, (_, t) => {
    state = layer.step(x.slice(1, t, t + 1).reshape([BATCH, INPUTS]), state);
    return state[0];
  });
}

test.run();
