/** Special values through the elementwise operations and the softmax family on the CPU. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CpuDevice } from "../../src/kernels/index.ts";
import { groupCrossEntropy, type Tensor, tensor, withDefaultDevice } from "../../src/tensor/index.ts";
import { difference, FINITE_VALUES, NON_FINITE_VALUES, outcomeOn, reference, specialCases } from "./special-values.ts";

const test = suite("special values");

const simd = new CpuDevice({ threads: 1 });

const { POSITIVE_INFINITY: high, NEGATIVE_INFINITY: low, NaN: none } = Number;

test("the kernels agree with the references on zeros, infinities and what is no number", async () => {
  for (const special of specialCases([...FINITE_VALUES, ...NON_FINITE_VALUES])) {
    const [actual, expected] = [await outcomeOn(simd, special), await outcomeOn(reference, special)];
    assert.is(difference(actual, expected, special), undefined, special.name);
  }
});

/** Runs on the kernels, and on the references. */
function onBoth(check: () => void): void {
  for (const device of [simd, reference]) withDefaultDevice(device, check);
}

const numbers = (x: Tensor) => [...x.dataSync()];

test("the log-sum-exp of infinities is as in SciPy, and a row that a mask empties gives 0", () => {
  onBoth(() => {
    const x = tensor([
      [low, low],
      [high, 1],
      [high, high],
      [high, low],
      [none, low],
      [none, none],
      [low, 2],
    ]);
    assert.equal(numbers(x.logSumExp()), [low, high, high, high, none, none, 2]);
    const [hidden, ...shown] = [0, 1, 1, 1, 1, 1, 1].map((keep) => [keep, 1 - keep]);
    const mask = tensor(Int32Array.from([0, 0, ...shown.flat()]), [7, 2]);
    assert.equal(hidden, [0, 1]);
    assert.equal(numbers(x.logSumExp(mask)), [0, high, high, high, none, none, low]);
  });
});

test("a log-probability is minus infinity where another's logit is infinite, and nothing is likely among minus infinities", () => {
  onBoth(() => {
    const x = tensor([
      [low, 0],
      [high, 1],
      [low, low],
    ]);
    assert.equal(numbers(x.logSoftmax()), [low, 0, none, low, none, none]);
    assert.equal(numbers(x.softmax()), [0, 1, none, 0, none, none]);
    // What a mask hides is still improbable, and not no number.
    const mask = tensor(Int32Array.from([1, 1, 1, 1, 1, 0]), [3, 2]);
    assert.equal(numbers(x.softmax(mask)).slice(4), [none, 0]);
  });
});

test("the gradient of x to the power 0 is 0, at 0 too", () => {
  onBoth(() => {
    const x = tensor([-2, 0, 2]).requireGrad();
    x.pow(0).sum().backward();
    assert.equal(numbers(x.grad as Tensor), [0, 0, 0]);
  });
});

test("a number divided by itself is 1, and so is the mean of ones", () => {
  onBoth(() => {
    for (let n = 1; n <= 200; n++) {
      assert.is(tensor([n]).div(n).itemSync(), 1);
      assert.is(tensor(new Float32Array(n).fill(1)).mean().itemSync(), 1, `the mean of ${n} ones`);
    }
  });
});

test("a reward that is not finite makes its group's loss NaN, and leaves the others alone", () => {
  onBoth(() => {
    for (const wrong of [none, high, low]) {
      const rewards = tensor([
        [wrong, 1, 2],
        [0, 1, 2],
      ]);
      const logProbabilities = tensor([
        [-1, -2, -3],
        [-1, -2, -3],
      ]).requireGrad();
      for (const normalisation of ["group", "none"] as const) {
        const { loss, referencePolicy } = groupCrossEntropy(rewards, logProbabilities, { normalisation });
        const [first, second] = numbers(loss);
        assert.ok(Number.isNaN(first));
        assert.ok(Number.isFinite(second));
        assert.equal(numbers(referencePolicy).slice(0, 3), [none, none, none]);
      }
      const { loss } = groupCrossEntropy(rewards, logProbabilities);
      loss.sum().backward();
      assert.ok(Number.isNaN(numbers(logProbabilities.grad as Tensor)[0]));
      const mask = tensor(Int32Array.from([0, 1, 1, 1, 1, 1]), [2, 3]);
      const { loss: masked } = groupCrossEntropy(rewards, logProbabilities, { mask });
      assert.ok(numbers(masked).every(Number.isFinite), "a hidden reward says nothing");
    }
  });
});

test.run();
