/** TSPRank: its order is the best of all, its loss has the gradient that it says, and its list is what scores chose. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { feedbackBatch } from "../../src/data/batch.ts";
import { bestOrder, TourRanker, TSP_RANK, tourLoss, tourTask } from "../../src/methods/tsp-rank.ts";
import { noGrad, tensor } from "../../src/tensor/index.ts";
import { log, world } from "../small-world.ts";
import { checkGradients } from "./check-gradients.ts";
import { assertRanked, createSchool, learned, lists32, random } from "./small-context.ts";

const test = suite("TSPRank");

const blocks = { width: 8, heads: 2, layers: 1, dropoutRate: 0, seed: 3, stream: "tsp-rank" };
const createModel = () => new TourRanker(world.catalogue, blocks, random("tsp-rank"));
const length = log.listLength;

function orders(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) => orders(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

test("the best order is worth what the best of all orders is", () => {
  const edges = fc
    .integer({ min: 1, max: 5 })
    .chain((count) =>
      fc.array(fc.integer({ min: -9, max: 9 }), { minLength: (1 + count) * count, maxLength: (1 + count) * count }),
    );
  fc.assert(
    fc.property(edges, (values) => {
      const count = Math.floor(Math.sqrt(values.length));
      const worth = (order: readonly number[]) =>
        order.reduce((sum, item, t) => sum + values[(t === 0 ? 0 : 1 + order[t - 1]) * count + item], 0);
      const all = orders(Array.from({ length: count }, (_, item) => item));
      const found = bestOrder(values, count);
      assert.equal(found.toSorted(), all[0]);
      assert.is(worth(found), Math.max(...all.map(worth)));
    }),
    { numRuns: 100, seed: 5 },
  );
});

test("an order is learned step by step: the next of what is left, the most liked first", () => {
  const model = createModel();
  const feedback = lists32.feedback.slice();
  feedback.fill(0, 0, length).fill(1, 1, 3);
  const batch = feedbackBatch({ ...lists32, feedback }, [0]);
  const shown = [...lists32.exposed.subarray(0, length)];
  const order = [shown[1], shown[2], shown[0], ...shown.slice(3)];
  const [loss, rows, scores] = noGrad(() => {
    const rows = model.encode(batch);
    return [tourLoss(model, batch, "negative").itemSync(), rows, model.scorer.score(rows).dataSync()];
  });
  const edges = noGrad(() => model.edges(rows, tensor(Int32Array.from(order), [1, length])).dataSync());
  const total = Array.from(scores, Number).reduce((sum, score) => sum + Math.exp(score), 0);
  let expected = -(Math.log(Math.exp(scores[shown[1]]) / total) + Math.log(Math.exp(scores[shown[2]]) / total)) / 2;
  for (let t = 0; t < length; t++) {
    const left = [...edges.subarray(t * length + t, (t + 1) * length)].map(Math.exp);
    expected -= Math.log(left[0] / left.reduce((sum, weight) => sum + weight, 0)) / Math.log2(t + 2);
  }
  assert.ok(Math.abs(loss - expected) < 1e-4, `${loss} is not ${expected}`);
});

test("every parameter's gradient agrees with central differences", () =>
  checkGradients(tourTask(createModel(), log, "ignore")));

test("it learns on the tiny world, and its list is the candidates of the highest scores in some order", async () => {
  const { rank } = await learned(TSP_RANK, await createSchool(log));
  const ranked = await rank(log);
  assertRanked(log, ranked);
  const { candidateCount: candidates } = log;
  for (let row = 0; row < log.size; row++) {
    const scores = ranked.scores.subarray(row * candidates, (row + 1) * candidates);
    const list = ranked.lists.subarray(row * length, (row + 1) * length);
    const least = Math.min(...Array.from(list, (n) => scores[n]));
    assert.ok(scores.every((score, n) => list.includes(n) || score <= least));
  }
});

test.run();
