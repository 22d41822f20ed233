/** The initial ranking: by score, whatever the order in which candidates stand. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { initialRanks } from "../../../src/goalrank/initial-ranks.ts";
import { initialOrder } from "../../../src/methods/scoring/initial-ranking.ts";
import { tensor } from "../../../src/tensor/index.ts";

const test = suite("initial ranking");

/** What the rankings look at of one request. */
const requestOf = (scores: readonly number[], items: readonly number[]) => ({
  size: 1,
  users: tensor(Int32Array.of(0), [1]),
  items: tensor(Int32Array.from(items), [1, items.length]),
  retrieverScores: tensor(scores, [1, scores.length, 1]),
  history: undefined,
  historyWeights: undefined,
  host: { items: Int32Array.from(items), scores: Float32Array.from(scores) },
});

test("equal scores share a rank", () => {
  const ranks = initialRanks(requestOf([0.5, 2, 0.5, -1], [4, 1, 3, 9]));
  assert.equal([...ranks.dataSync()], [1, 0, 1, 3]);
});

test("without ties the lower item number comes first, and the two ways are inverse to each other", () => {
  const candidates = fc.uniqueArray(
    fc.record({ item: fc.integer({ min: 0, max: 99 }), score: fc.integer({ min: 0, max: 3 }) }),
    { minLength: 1, maxLength: 12, selector: ({ item }) => item },
  );
  fc.assert(
    fc.property(candidates, (drawn) => {
      const batch = requestOf(
        drawn.map(({ score }) => score),
        drawn.map(({ item }) => item),
      );
      const { ranks, places } = initialOrder(batch);
      const expected = drawn
        .map((candidate, place) => ({ ...candidate, place }))
        .sort((a, b) => b.score - a.score || a.item - b.item)
        .map(({ place }) => place);
      assert.equal([...places.dataSync()], expected);
      assert.equal(
        Array.from(ranks.dataSync(), (rank) => expected[rank]),
        drawn.map((_, place) => place),
      );
    }),
    { seed: 5 },
  );
});

test.run();
