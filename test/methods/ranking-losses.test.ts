/** Losses of whole orders: their gradients, what they are by enumeration, and what they must not depend on. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/kernels/index.ts";
import {
  approxNdcg,
  groupOrder,
  listMle,
  neuralNdcg,
  type RankingLoss,
  relaxedOrder,
} from "../../src/methods/ranking-losses.ts";
import { full, gradcheck, scope, type Tensor, tensor } from "../../src/tensor/index.ts";

const test = suite("ranking losses");

const LOSSES: Readonly<Record<string, RankingLoss>> = { listMle, approxNdcg, neuralNdcg, groupOrder };

const row = (values: readonly number[]) => tensor(Float64Array.from(values), [1, values.length]);
const numberOf = (loss: Tensor) => loss.dataSync()[0];
const normals = (count: number, seed: number) => {
  const random = new Random({ seed, stream: "scores", step: 0 });
  return Float64Array.from({ length: count }, () => random.normal());
};

const drawn = fc.record({
  orders: fc.integer({ min: 1, max: 3 }),
  things: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat(1000),
});

for (const [name, loss] of Object.entries(LOSSES)) {
  test(`the gradient of ${name} is that of its loss`, () => {
    fc.assert(
      fc.property(drawn, ({ orders, things, seed }) => {
        using _ = scope();
        const random = new Random({ seed, stream: "worths", step: 0 });
        const shape = [orders, things];
        const worths = tensor(
          Float64Array.from({ length: orders * things }, () => random.integer(3) / 2),
          shape,
        );
        const mask = tensor(
          Int32Array.from({ length: orders * things }, () => Number(random.uniform() < 0.8)),
          shape,
        );
        const data = normals(orders * things, seed);
        gradcheck((scores) => loss(scores, worths, mask).sum(), [{ dtype: "f64", shape, data }]);
      }),
      { numRuns: 20, seed: 3 },
    );
  });

  test(`${name} does not look at what is masked, and loses less in the right order`, () => {
    using _ = scope();
    const masked = loss(row([0.3, 7, -1, 2]), row([0, 1, 0.5, 1]), tensor(Int32Array.of(1, 0, 1, 1), [1, 4]));
    const whole = loss(row([0.3, -1, 2]), row([0, 0.5, 1]));
    assert.ok(Math.abs(numberOf(masked) - numberOf(whole)) < 1e-9);
    assert.ok(numberOf(loss(row([-1, 0.3, 2]), row([0, 0.5, 1]))) < numberOf(whole));
    assert.is(Math.abs(numberOf(loss(row([1, 2]), row([0, 0])))), 0);
  });
}

test("ListMLE is the share of all orders that the Plackett-Luce model gives to the right one", () => {
  const scores = [0.4, -1.1, 0.9, 0];
  const orders = permutations([0, 1, 2, 3]);
  const chanceOf = (order: readonly number[]) =>
    order.reduce((chance, n, t) => {
      const left = order.slice(t).reduce((sum, m) => sum + Math.exp(scores[m]), 0);
      return (chance * Math.exp(scores[n])) / left;
    }, 1);
  assert.ok(Math.abs(orders.reduce((sum, order) => sum + chanceOf(order), 0) - 1) < 1e-12);
  for (const order of orders) {
    const worths = order.map((_, n) => -order.indexOf(n));
    assert.ok(Math.abs(numberOf(listMle(row(scores), row(worths))) + Math.log(chanceOf(order))) < 1e-9);
  }
});

function permutations(values: readonly number[]): number[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((value) =>
    permutations(values.filter((other) => other !== value)).map((rest) => [value, ...rest]),
  );
}

test("with sharp scores both smooth losses are 1 - NDCG", () => {
  const gains = [1, 0, 3, 0.5];
  for (const order of permutations([0, 1, 2, 3])) {
    const discounted = (ranked: readonly number[]) => ranked.reduce((sum, g, t) => sum + g / Math.log2(t + 2), 0);
    const expected = 1 - discounted(order.map((n) => gains[n])) / discounted(gains.toSorted((a, b) => b - a));
    const scores = row(gains.map((_, n) => -100 * order.indexOf(n)));
    for (const loss of [approxNdcg, neuralNdcg]) {
      assert.ok(Math.abs(numberOf(loss(scores, row(gains))) - expected) < 1e-9, `${order}`);
    }
  }
});

test("NeuralSort's rows are shares, and the row of a rank is largest where that rank's score is", () => {
  const scores = row([0.3, -2, 1.4, 0.1]);
  const order = [...relaxedOrder(scores, full([1, 4], 1, scores)).dataSync()];
  [2, 0, 3, 1].forEach((expected, rank) => {
    const shares = order.slice(rank * 4, rank * 4 + 4);
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-12);
    assert.is(shares.indexOf(Math.max(...shares)), expected);
  });
  // By hand, of two things: row 1 is softmax(s - |s_1 - s_2|), row 2 is softmax(-s - |s_1 - s_2|).
  const pair = [...relaxedOrder(row([1, 0]), full([1, 2], 1, scores)).dataSync()];
  const share = 1 / (1 + Math.exp(-1));
  [share, 1 - share, 1 - share, share].forEach((value, at) => {
    assert.ok(Math.abs(pair[at] - value) < 1e-12);
  });
});

test("the group order asks only that what is liked stands above the rest", () => {
  const scores = [0.5, -0.3, 0.1];
  const order = [...relaxedOrder(row(scores), full([1, 3], 1, row(scores))).dataSync()];
  const liked = [1, 0, 1];
  const share = (rank: number, label: number) =>
    liked.reduce((sum, own, n) => sum + (own === label ? order[rank * 3 + n] : 0), 0);
  const expected = -(Math.log(share(0, 1)) + Math.log(share(1, 1)) + Math.log(share(2, 0))) / 3;
  assert.ok(Math.abs(numberOf(groupOrder(row(scores), row(liked))) - expected) < 1e-9);
  assert.ok(numberOf(groupOrder(row([90, 0, 80]), row(liked))) < 1e-9);
  assert.ok(numberOf(groupOrder(row([80, 0, 90]), row(liked))) < 1e-9);
});

test.run();
