/** Special values on WebGPU, which promises nothing about what is not finite: the finite ones, and what is checked by bits. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { groupCrossEntropy, ones, tensor } from "../../../src/tensor/index.ts";
import { difference, FINITE_VALUES, type Outcome, outcomeOn, reference, specialCases } from "../special-values.ts";
import { on, testOnDevice } from "./adapter.ts";

const test = suite("special values on WebGPU");

/** Places where the reference has no finite number are left out: a compiler may assume that there are none. */
function finitePart(outcome: Outcome, expected: Outcome): Outcome {
  const keep = (own: readonly number[], other: readonly number[]) =>
    own.map((value, at) => (Number.isFinite(other[at]) ? value : 0));
  return {
    values: keep(outcome.values, expected.values),
    gradients: outcome.gradients.map((own, k) => keep(own, expected.gradients[k])),
  };
}

testOnDevice(test, "finite values of every size and sign are as in the references", async (device) => {
  for (const special of specialCases(FINITE_VALUES)) {
    const expected = await outcomeOn(reference, special);
    const actual = finitePart(await outcomeOn(device, special), expected);
    assert.is(difference(actual, finitePart(expected, expected), special), undefined, special.name);
  }
});

testOnDevice(test, "powers of negative numbers have their sign, and descent on a square goes down", (device) =>
  on(device, async () => {
    const x = tensor([-2, -0.5, 3]).requireGrad();
    const y = x.pow(3);
    y.sum().backward();
    assert.equal([...(await y.data())], [-8, -0.125, 27]);
    assert.equal([...((await x.grad?.data()) ?? [])], [12, 0.75, 27]);
    assert.equal([...(await tensor([-2, 2, 0]).pow(5).data())].map(Math.round), [-32, 32, 0]);
  }),
);

testOnDevice(test, "the mean of ones is 1, and that of a long row is what its elements are", (device) =>
  on(device, async () => {
    for (const n of [41, 47, 94]) assert.is(await ones([n]).mean().item(), 1);
    const n = 3_000_000;
    const mean = await tensor(new Float32Array(2 * n).fill(0.1), [2, n])
      .mean(1)
      .data();
    assert.ok(Math.abs(mean[1] / 0.1 - 1) < 1e-5, `${mean[1]}`);
    const x = tensor(new Float32Array(n).fill(0.1), [n, 1]);
    const product = await ones([1, n]).matmul(x).item();
    assert.ok(Math.abs(product / (0.1 * n) - 1) < 1e-5, `${product / n}`);
  }),
);

testOnDevice(test, "a reward that is no number makes its group's loss no number", (device) =>
  on(device, async () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const rewards = tensor([
        [wrong, 1, 2],
        [0, 1, 2],
      ]);
      const { loss, referencePolicy } = groupCrossEntropy(
        rewards,
        tensor([
          [-1, -2, -3],
          [-1, -2, -3],
        ]),
      );
      const [first, second] = await loss.data();
      assert.ok(Number.isNaN(first));
      assert.ok(Number.isFinite(second));
      assert.ok(Number.isNaN((await referencePolicy.data())[1]));
    }
  }),
);

testOnDevice(test, "infinite logits have the log-sum-exp of the references", (device) =>
  on(device, async () => {
    const { POSITIVE_INFINITY: high, NEGATIVE_INFINITY: low } = Number;
    const x = tensor([
      [low, low],
      [high, 1],
      [high, high],
      [low, 2],
    ]);
    assert.equal([...(await x.logSumExp().data())], [low, high, high, 2]);
    assert.equal([...(await x.logSumExp(tensor(Int32Array.from([0, 0]), [2])).data())], [0, 0, 0, 0]);
  }),
);

test.run();
