/** Small cases whose answers are known exactly, and properties that hold for all inputs. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Draw, HIDDEN_LOG_PROBABILITY, type HostTensor } from "../../src/kernels/index.ts";
import {
  attention,
  concat,
  crossEntropy,
  dropout,
  groupCrossEntropy,
  gumbelTopK,
  layerNorm,
  matmul,
  randomTensor,
  type Tensor,
  tensor,
  where,
} from "../../src/tensor/index.ts";
import { throwsMessage } from "../throws-message.ts";

const test = suite("exact");

const f64 = (values: readonly number[], shape: readonly number[] = [values.length]) =>
  tensor(values, shape, { dtype: "f64" });
const mask = (values: readonly number[], shape: readonly number[] = [values.length]) =>
  tensor(Int32Array.from(values), shape);
const values = (x: Tensor) => [...x.dataSync()];
const from = ({ data, shape }: HostTensor) => tensor(data, shape);

function close(actual: Tensor | readonly number[], expected: Tensor | readonly number[], tolerance = 1e-12): void {
  const a = Array.isArray(actual) ? actual : values(actual as Tensor);
  const b = Array.isArray(expected) ? expected : values(expected as Tensor);
  assert.is(a.length, b.length);
  a.forEach((value, i) => {
    assert.ok(Math.abs(value - b[i]) <= tolerance * (1 + Math.abs(b[i])), `element ${i}: ${value}, expected ${b[i]}`);
  });
}

/** Runs `check` with a source of sample tensors. */
function property(check: (draw: Draw) => void): void {
  fc.assert(fc.property(fc.gen(), (generate) => check(new Draw((min, max) => generate(fc.integer, { min, max })))));
}

test("broadcasting follows NumPy's rule, and what does not fit is an error that shows the shapes", () => {
  assert.equal(values(f64([1, 2, 3], [3, 1]).add(f64([10, 20]))), [11, 21, 12, 22, 13, 23]);
  assert.throws(
    () => f64([1, 2, 3]).add(f64([1, 2])),
    /^add: shapes \[3\] and \[2\] do not broadcast: aligned at the last axis, extents must be equal or 1$/,
  );
});

test("matmul multiplies, transposes, broadcasts its batch, and adds its bias", () => {
  const a = f64([1, 2, 3, 4, 5, 6], [2, 3]);
  const b = f64([1, 0, 0, 1, 1, 1], [3, 2]);
  assert.equal(values(matmul(a, b)), [4, 5, 10, 11]);
  assert.equal(values(matmul(a, a, { transposeB: true })), [14, 32, 32, 77]);
  assert.equal(values(matmul(a, a, { transposeA: true })), [17, 22, 27, 22, 29, 36, 27, 36, 45]);
  assert.equal(values(matmul(a, b, { bias: f64([100, 200]) })), [104, 205, 110, 211]);
  assert.equal(
    matmul(f64(new Array(12).fill(1), [2, 1, 2, 3]), f64(new Array(18).fill(1), [3, 3, 2])).shape,
    [2, 3, 2, 2],
  );
});

test("matmul's errors name the shapes", () => {
  const zeros = (shape: number[]) => f64(new Array(shape[0] * shape[1]).fill(0), shape);
  throwsMessage(
    () => matmul(zeros([32, 64]), zeros([128, 16])),
    "matmul: inner dimensions differ: [32, 64] x [128, 16]",
  );
  throwsMessage(
    () => matmul(zeros([2, 3]), zeros([3, 2]), { bias: f64([1, 2, 3]) }),
    "matmul: bias [3] does not fit [2, 3] x [3, 2]; expected [2]",
  );
});

test("softmax rows sum to one over what the mask keeps, and empty rows are zeros", () => {
  property((draw) => {
    const shape = [draw.integer(1, 4), draw.integer(1, 5)];
    const keep = draw.mask(shape);
    const y = values(from(draw.floats(shape)).softmax(from(keep)));
    for (let row = 0; row < shape[0]; row++) {
      const kept = [...keep.data.slice(row * shape[1], (row + 1) * shape[1])];
      const sum = y.slice(row * shape[1], (row + 1) * shape[1]).reduce((total, p) => total + p, 0);
      assert.ok(Math.abs(sum - (kept.includes(1) ? 1 : 0)) < 1e-12);
    }
  });
});

test("logSoftmax gives hidden elements a finite, hopeless log-probability", () => {
  close(f64([1, 2, 3]).logSoftmax(mask([1, 0, 1])), [
    -Math.log(1 + Math.exp(2)),
    HIDDEN_LOG_PROBABILITY,
    -Math.log(1 + Math.exp(-2)),
  ]);
  assert.equal(values(f64([1, 2]).logSoftmax(mask([0, 0]))), [0, 0]);
});

test("logSumExp shifts with its input and does not overflow", () => {
  property((draw) => {
    const x = from(draw.floats([3, 4]));
    const shift = draw.integer(-1000, 1000);
    close(x.add(shift).logSumExp(), x.logSumExp().add(shift), 1e-10);
  });
  close(f64([1e4, 1e4]).logSumExp(), [1e4 + Math.LN2]);
});

test("attention equals its composed form", () => {
  property((draw) => {
    const heads = draw.integer(1, 3);
    const [batch, queries, keys, width] = [draw.integer(1, 2), draw.integer(1, 4), draw.integer(1, 4), heads * 2];
    const q = from(draw.floats([batch, queries, width]));
    const k = from(draw.floats([batch, keys, width]));
    const v = from(draw.floats([batch, keys, width]));
    const keep = from(draw.mask([batch, queries, keys]));
    const split = (x: Tensor) => x.reshape([batch, x.shape[1], heads, 2]).transpose(1, 2);
    const scores = matmul(split(q), split(k), { transposeB: true }).div(Math.sqrt(2));
    const weights = scores.softmax(keep.reshape([batch, 1, queries, keys]));
    const composed = matmul(weights, split(v)).transpose(1, 2).reshape([batch, queries, width]);
    close(attention(q, k, v, heads, keep), composed);
  });
});

test("attention explains shapes that do not fit", () => {
  const x = f64(new Array(12).fill(0), [3, 4]);
  throwsMessage(
    () => attention(x, x, x, 3),
    "attention: 3 heads do not divide the width 4 of q [3, 4], k [3, 4], v [3, 4]",
  );
  throwsMessage(
    () => attention(x, f64([1, 2], [1, 2]), x, 1),
    "attention: expected q [..., Q, D], k and v [..., K, D], got q [3, 4], k [1, 2], v [3, 4]",
  );
});

test("layerNorm gives rows of mean 0 and variance 1 before gain and bias", () => {
  const y = values(layerNorm(f64([1, 2, 3, 4]), f64([1, 1, 1, 1]), f64([0, 0, 0, 0]), 0));
  close([y.reduce((sum, value) => sum + value, 0)], [0]);
  close([y.reduce((sum, value) => sum + value * value, 0) / 4], [1]);
});

test("crossEntropy with a one-hot target is the negative log-probability", () => {
  const logits = f64([0.3, -1, 2], [1, 3]);
  close(crossEntropy(logits, f64([0, 1, 0], [1, 3])), [-values(logits.logSoftmax())[1]]);
});

test("the reference policy is Eq. 4 of the paper, worked by hand", () => {
  // Rewards 1, 2, 3: mean 2, population standard deviation sqrt(2 / 3).
  const z = [-1, 0, 1].map((value) => value / Math.sqrt(2 / 3));
  const total = z.reduce((sum, value) => sum + Math.exp(value), 0);
  const expected = z.map((value) => Math.exp(value) / total);
  const logProbabilities = [-1, -2, -4];
  const { loss, referencePolicy } = groupCrossEntropy(f64([1, 2, 3], [1, 3]), f64(logProbabilities, [1, 3]));
  close(referencePolicy, expected);
  close(loss, [-expected.reduce((sum, p, i) => sum + p * logProbabilities[i], 0)]);
});

test("the reference policy does not change when a group's rewards are shifted or scaled", () => {
  property((draw) => {
    const rewards = from(draw.distinctFloats([2, 5]));
    const logProbabilities = from(draw.floats([2, 5]));
    const policy = (r: Tensor) => groupCrossEntropy(r, logProbabilities).referencePolicy;
    close(policy(rewards.mul(draw.integer(1, 50)).add(draw.integer(-50, 50))), policy(rewards), 1e-9);
  });
});

test("a group without spread, or with nothing left by its mask, is skipped", () => {
  const rewards = f64([2, 2, 1, 3, 1, 3], [3, 2]);
  const logProbabilities = f64([-1, -1, -1, -1, -1, -1], [3, 2]).requireGrad();
  const keep = mask([1, 1, 1, 1, 1, 0], [3, 2]);
  const { loss, referencePolicy } = groupCrossEntropy(rewards, logProbabilities, { mask: keep });
  assert.equal(values(referencePolicy).slice(0, 2), [0, 0]);
  assert.equal(values(referencePolicy).slice(4), [0, 0]);
  loss.sum().backward();
  close(logProbabilities.grad as Tensor, referencePolicy.neg());
});

test("dropout keeps the expectation and drops the stated share", () => {
  const y = values(dropout(f64(new Array(20_000).fill(1)), 0.3, { seed: 5, stream: "test", step: 0 }));
  const dropped = y.filter((value) => value === 0).length / y.length;
  assert.ok(Math.abs(dropped - 0.3) < 0.01, `${dropped}`);
  assert.ok(Math.abs(y.reduce((sum, value) => sum + value, 0) / y.length - 1) < 0.02);
});

test("gumbelTopK draws lists with their Plackett-Luce probabilities", () => {
  const logits = [0.5, 0, -0.5, 1];
  const draws = 20_000;
  const lists = values(gumbelTopK(f64(logits), { lists: draws, length: 2, key: { seed: 1, stream: "test", step: 0 } }));
  const weights = logits.map(Math.exp);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (let first = 0; first < 4; first++) {
    for (let second = 0; second < 4; second++) {
      if (first === second) continue;
      const exact = (weights[first] / total) * (weights[second] / (total - weights[first]));
      let count = 0;
      for (let i = 0; i < draws; i++) if (lists[2 * i] === first && lists[2 * i + 1] === second) count++;
      const deviation = Math.sqrt((exact * (1 - exact)) / draws);
      assert.ok(
        Math.abs(count / draws - exact) < 5 * deviation,
        `${first}, ${second}: ${count / draws}, exact ${exact}`,
      );
    }
  }
});

test("gumbelTopK respects its mask, and says when too little is left", () => {
  const key = { seed: 1, stream: "test", step: 0 };
  const lists = values(gumbelTopK(f64([9, 0, 0]), { lists: 50, length: 2, key, mask: mask([0, 1, 1]) }));
  assert.ok(!lists.includes(0));
  throwsMessage(
    () => gumbelTopK(f64([9, 0, 0]), { lists: 1, length: 2, key, mask: mask([0, 0, 1]) }),
    "gumbelTopK: the mask of row 0 keeps 1 elements, expected 2",
  );
});

test("random tensors are a function of their key", () => {
  const draw = (seed: number) => values(randomTensor("normal", [8], { seed, stream: "test", step: 3 }));
  assert.equal(draw(1), draw(1));
  assert.not.equal(draw(1), draw(2));
});

test("layout operations move elements where they say", () => {
  const x = f64([1, 2, 3, 4, 5, 6], [2, 3]);
  assert.equal(values(x.transpose()), [1, 4, 2, 5, 3, 6]);
  assert.equal(values(x.slice(-1, 1)), [2, 3, 5, 6]);
  assert.equal(values(concat([x, x.slice(1, 0, 1)], 1)), [1, 2, 3, 1, 4, 5, 6, 4]);
  assert.equal(values(x.takeAlongLast(mask([2, 0], [2, 1]))), [3, 4]);
  assert.equal(values(x.takeRows(mask([1, 0, 1]))), [4, 5, 6, 1, 2, 3, 4, 5, 6]);
  assert.equal(values(where(x.greater(f64([2, 2, 5])), x, x.neg())), [-1, -2, -3, 4, 5, 6]);
  throwsMessage(() => x.takeRows(mask([2])), "takeRows: index 2 at position 0 is outside 0 to 1");
});

test("element types do not mix by accident", () => {
  const single = tensor([1, 2], [2]);
  throwsMessage(() => single.add(f64([1, 2])), "add: inputs mix f32 and f64; convert one of them with cast()");
  throwsMessage(
    () => single.add(mask([1, 2])),
    "add: input 1 has element type i32, expected f32 or f64; convert it with cast()",
  );
  assert.equal(values(single.cast("f64").add(f64([1, 2]))), [2, 4]);
});

test.run();
