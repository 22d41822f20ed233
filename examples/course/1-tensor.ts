/**
 * Lecture 1: a tensor and its gradient, from nothing. First an engine of forty lines that differentiates whatever is
 * computed with numbers; then the same in the library, where a number has become an array.
 *
 *   npx tsx examples/course/1-tensor.ts
 */
import { Sgd } from "goalrank/nn";
import { gradcheck, matmul, scope, type Tensor, tensor } from "goalrank/tensor";

// 1. A number that remembers. Whoever computes y from x can say how much y changes when x does: the local derivative.
//    Every number keeps those of its inputs. That is all that an engine has to know.
interface Input {
  readonly value: Value;
  readonly slope: number;
}

export class Value {
  gradient = 0;
  readonly data: number;
  readonly inputs: readonly Input[];

  constructor(data: number, inputs: readonly Input[] = []) {
    this.data = data;
    this.inputs = inputs;
  }

  plus(other: Value): Value {
    return new Value(this.data + other.data, [
      { value: this, slope: 1 },
      { value: other, slope: 1 },
    ]);
  }

  times(other: Value): Value {
    return new Value(this.data * other.data, [
      { value: this, slope: other.data },
      { value: other, slope: this.data },
    ]);
  }

  exp(): Value {
    const result = Math.exp(this.data);
    return new Value(result, [{ value: this, slope: result }]);
  }

  log(): Value {
    return new Value(Math.log(this.data), [{ value: this, slope: 1 / this.data }]);
  }

  /** The chain rule, from the last number to the first: what reaches a number goes on to its inputs, times the slope. */
  backward(): void {
    const order: Value[] = [];
    const visit = (value: Value): void => {
      if (order.includes(value)) return;
      for (const input of value.inputs) visit(input.value);
      order.push(value);
    };
    visit(this);
    this.gradient = 1;
    for (const { inputs, gradient } of order.reverse()) {
      for (const { value, slope } of inputs) value.gradient += gradient * slope;
    }
  }
}

// 2. Try it on the function that this whole course is about: log-sum-exp of three scores. Its gradient is their softmax.
const scores = [1, 2, 0.5].map((score) => new Value(score));
const logarithm = scores
  .map((score) => score.exp())
  .reduce((sum, exponential) => sum.plus(exponential))
  .log();
logarithm.backward();
const digits = (numbers: ArrayLike<number>) => Array.from(numbers, (number) => number.toFixed(4)).join("  ");
console.log(`log-sum-exp of 1, 2, 0.5:  ${logarithm.data.toFixed(4)}`);
console.log(`its gradient, by Value:    ${digits(scores.map(({ gradient }) => gradient))}`);

// 3. The same with a tensor: one object for all three scores. It has a shape, a type, and lies in one piece of memory.
const x = tensor([1, 2, 0.5]).requireGrad();
x.logSumExp().backward();
console.log(`its gradient, by Tensor:   ${digits((await x.grad?.data()) ?? [])}`);

// 4. Shapes. Rows of features times a column of weights: [2, 3] x [3, 1] = [2, 1]. A tensor that lacks an axis, or has
//    only one entry along it, is repeated along it ("broadcast"): [2, 1] + [1] = [2, 1]. Backward, what was repeated
//    collects the sum of what its copies receive; so the bias below gets 2, one from each row.
const features = tensor([
  [1, 2, 3],
  [0, 1, 0],
]);
const weights = tensor([[0.1], [-0.2], [0.3]]).requireGrad();
const bias = tensor([0.5]).requireGrad();
matmul(features, weights).add(bias).sum().backward();
console.log(`d sum / d weights, [3, 1]: ${digits((await weights.grad?.data()) ?? [])}`);
console.log(`d sum / d bias, [1]:       ${digits((await bias.grad?.data()) ?? [])}`);

// 5. Trust, but check. A gradient says what a small step does; so take one, in double precision, and look. This holds for
//    what you build yourself too: gradcheck throws where a gradient and the step disagree.
const softplus = (at: Tensor) => at.exp().add(1).log();
gradcheck(softplus, [tensor([-2, 0, 3], { dtype: "f64" })]);
console.log("gradcheck: softplus is differentiated rightly");

// 6. Learning is walking downhill. A minimum of (w - 3)^2, by the gradient alone. Two habits to take with you: gradients
//    add up until somebody zeroes them, and `scope` frees what a step made, once it is over.
const w = tensor([0]).requireGrad();
const downhill = new Sgd([w], { learningRate: 0.1 });
for (let step = 0; step < 50; step++) {
  using _ = scope();
  w.zeroGrad();
  w.sub(3).square().sum().backward();
  downhill.step(); // w -= 0.1 * gradient
}
console.log(`where (w - 3)^2 is least:  ${(await w.item()).toFixed(4)}`);

// Exercises (solutions: test/examples/course/1-tensor.test.ts)
//   a. Give Value a method `tanh`, and check its gradient against a small step.
//   b. In 6, leave out `w.zeroGrad()`. Where does w go, and why does it swing?
//   c. What is the gradient of softmax(x) summed over all its entries? Say it before you compute it.
//   d. Let `backward` do without an order: whatever arrives at a number is added to its gradient, which is then handed on
//      to its inputs at once. Find an expression of two operations whose gradient comes out wrong, and say by how much.
