/**
 * The engine beneath GoalRank in five steps: a gradient, an operation of your own, a layer of your own, a training loop
 * of your own, and what a trained layer says.
 *
 *   npx tsx examples/engine.ts
 */
import type { GradientOperation } from "goalrank/kernels";
import { AdamW, Linear, Module } from "goalrank/nn";
import {
  apply,
  binaryCrossEntropyWithLogits,
  gradcheck,
  noGrad,
  type Runnable,
  randomTensor,
  scope,
  setSeed,
  type Tensor,
  tensor,
} from "goalrank/tensor";

// Everything random below follows from this number: run it twice and every digit is the same.
setSeed(1);

console.log("1. A gradient\n");

// A tensor is an array of numbers. What is computed from one that requires a gradient remembers how.
const weights = tensor([[0.5], [-1], [2]]).requireGrad();
const sum = tensor([[1, 2, 3]])
  .matmul(weights)
  .sigmoid()
  .sum();

// backward() goes the way back and leaves d sum / d weights where it began.
sum.backward();
console.log("weights:", weights);
console.log("their gradient:", weights.grad);

console.log("\n2. An operation\n");

// x * sigmoid(x), called swish. Composed of operations that exist it would have its gradient for free:
const composed = (x: Tensor) => x.mul(x.sigmoid());

// As an operation of its own it is one loop in place of two, and says itself how it is differentiated.
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const swishGradient: GradientOperation = {
  name: "swish.gradient",
  outputs: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  reference([x, above], [gradient]) {
    x.data.forEach((value, i) => {
      const s = sigmoid(value);
      gradient.data[i] = above.data[i] * (s + value * s * (1 - s));
    });
  },
};

const swishOperation: Runnable = {
  name: "swish",
  outputs: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  reference([x], [y]) {
    x.data.forEach((value, i) => {
      y.data[i] = value * sigmoid(value);
    });
  },
  gradient: ({ inputs: [x], outputGradient, run }) => run(swishGradient, [x, outputGradient], undefined),
};

const swish = (x: Tensor): Tensor => apply(swishOperation, [x], undefined)[0];

// Whoever writes a gradient by hand has it checked: against central differences, in double precision.
const places = tensor([-3, -0.5, 0.1, 2], { dtype: "f64" });
gradcheck(swish, [places]);
console.log("gradcheck: the gradient of swish is right");
console.log("swish:   ", swish(places));
console.log("composed:", composed(places));

console.log("\n3. A layer\n");

// A module is fields and a way through them. Fields that hold modules or parameters are found by their names.
class Classifier extends Module {
  readonly hidden = new Linear(2, 16);
  readonly output = new Linear(16, 1);

  /** Points [B, 2] -> the logit of each being inside of the circle [B, 1]. */
  forward(points: Tensor): Tensor {
    return this.output.forward(swish(this.hidden.forward(points)));
  }
}

const model = new Classifier();
for (const [name, { shape, size }] of model.namedParameters()) {
  console.log(`${name}: [${shape}], ${size} numbers`);
}

console.log("\n4. A training loop\n");

// The circle of radius 1, and 256 points around its centre.
const points = randomTensor("normal", [256, 2]);
const isInside = (at: Tensor) => at.square().sum(1, true).less(1).cast("f32");
const targets = isInside(points);

const optimiser = new AdamW(model.parameters(), { learningRate: 0.02 });
for (let step = 0; step <= 400; step++) {
  using _ = scope(); // frees every tensor that is made below, once the step is done
  const loss = binaryCrossEntropyWithLogits(model.forward(points), targets).mean();
  model.zeroGrad();
  loss.backward();
  optimiser.step();
  if (step % 100 === 0) console.log(`step ${step}: loss ${loss.itemSync().toFixed(4)}`);
}

console.log("\n5. What was learned\n");

// Points that training has not seen.
const others = randomTensor("normal", [1000, 2]);
const isRight = noGrad(() => model.forward(others).greater(0).cast("f32").equal(isInside(others)));
const share = await isRight.cast("f32").mean().item();
console.log(`right about ${(100 * share).toFixed(1)} % of 1000 new points`);
