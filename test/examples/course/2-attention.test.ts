/** Solutions of lecture 2. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { attention, matmul, Random, randomTensor, tensor } from "../../../src/tensor/index.ts";

test("a: undivided scores of width 64 give nearly everything to one key, and the softmax hardly a gradient", async () => {
  const width = 64;
  const key = (stream: string) => ({ seed: 1, stream, step: 0 });
  const [q, k] = ["q", "k"].map((name) => randomTensor("normal", [200, width], key(name)));
  const scores = matmul(q, k.slice(0, 0, 8).transpose());
  const largestShare = async (scale: number) => scores.mul(scale).softmax().max(1).mean().item();
  const slope = async (scale: number) => {
    const shares = scores.mul(scale).softmax();
    return shares.mul(shares.neg().add(1)).mean().item();
  };
  const [plain, divided] = [await largestShare(1), await largestShare(1 / Math.sqrt(width))];
  assert.ok(plain > 0.8 && divided < 0.4, `${plain}, ${divided}`);
  assert.ok((await slope(1)) < 0.5 * (await slope(1 / Math.sqrt(width))));
});

test("b: the gradient of a softmax row is p (g - sum of p g)", async () => {
  const random = new Random({ seed: 1, stream: "softmax", step: 0 });
  const [x, above] = [0, 1].map(() => tensor(Float32Array.from({ length: 6 }, () => random.normal())));
  const logits = x.requireGrad();
  logits.softmax().mul(above).sum().backward();
  const [shares, g, found] = await Promise.all([x.softmax().data(), above.data(), logits.grad?.data()]);
  const mean = shares.reduce((sum, share, i) => sum + share * g[i], 0);
  for (const [i, share] of shares.entries()) {
    assert.ok(Math.abs(share * (g[i] - mean) - (found?.[i] ?? Number.NaN)) < 1e-6);
  }
});

test("d: a query that may see no key gets zeros, and no gradient", async () => {
  const [q, k, v] = [1, 3, 3].map((rows) =>
    tensor(
      Float32Array.from({ length: rows * 4 }, (_, i) => i / 3 - 1),
      [rows, 4],
    ).requireGrad(),
  );
  const result = attention(q, k, v, 1, tensor(new Int32Array(3), [1, 3]));
  assert.equal([...(await result.data())], [0, 0, 0, 0]);
  result.sum().backward();
  for (const part of [q, k, v]) assert.ok([...((await part.grad?.data()) ?? [])].every((slope) => slope === 0));
});

test.run();
