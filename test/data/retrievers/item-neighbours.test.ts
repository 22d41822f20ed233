import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type InteractionLog, positiveAt } from "../../../src/data/interactions.ts";
import { findItemNeighbours, ItemNeighbourRetriever } from "../../../src/data/retrievers/item-neighbours.ts";
import { itemScorer } from "../../../src/data/retrievers/retriever.ts";
import { throwsMessage } from "../../throws-message.ts";
import { arbitraryRows, logOf } from "../logs.ts";

/** Who likes what, as a matrix [U][I] of booleans. */
function likes(log: InteractionLog): boolean[][] {
  const isPositive = positiveAt(log, 3);
  const matrix = log.userIds.map(() => log.itemIds.map(() => false));
  log.items.forEach((item, row) => {
    if (isPositive(row)) matrix[log.users[row]][item] = true;
  });
  return matrix;
}

test("neighbours are the items of the highest shrunk cosine, ties by item number", () => {
  fc.assert(
    fc.property(
      arbitraryRows(6, 9, 60),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(0, 1, 10),
      (rows, neighbours, shrinkage) => {
        const log = logOf(rows);
        const matrix = likes(log);
        const found = findItemNeighbours(log, { neighbours, shrinkage });
        const count = (item: number, other: number) => matrix.filter((own) => own[item] && own[other]).length;
        for (let item = 0; item < log.itemIds.length; item++) {
          const similarity = (other: number) =>
            Math.fround(count(item, other) / (Math.sqrt(count(item, item) * count(other, other)) + shrinkage));
          const expected = [...log.itemIds.keys()]
            .filter((other) => other !== item && count(item, other) > 0)
            .sort((left, right) => similarity(right) - similarity(left) || left - right)
            .slice(0, neighbours);
          const own = found.items.subarray(item * neighbours, (item + 1) * neighbours);
          assert.equal(
            [...own],
            Array.from({ length: neighbours }, (_, place) => expected[place] ?? -1),
          );
          expected.forEach((other, place) => {
            assert.is(found.similarities[item * neighbours + place], similarity(other));
          });
        }
      },
    ),
  );
});

test("a score is the sum of an item's similarities to those of its neighbours that the user likes", () => {
  fc.assert(
    fc.property(arbitraryRows(6, 9, 60), fc.integer({ min: 1, max: 5 }), (rows, neighbours) => {
      const log = logOf(rows);
      const matrix = likes(log);
      const found = findItemNeighbours(log, { neighbours });
      const scoreItems = itemScorer(ItemNeighbourRetriever.learn(log, { neighbours }));
      const scores = new Float32Array(log.itemIds.length);
      for (let user = 0; user < log.userIds.length; user++) {
        scoreItems(user, scores);
        scores.forEach((score, item) => {
          let expected = 0;
          for (let place = item * neighbours; place < (item + 1) * neighbours; place++) {
            if (matrix[user][found.items[place]]) expected += found.similarities[place];
          }
          assert.is(score, Math.fround(expected));
        });
      }
    }),
  );
});

test("options, users and a number of items out of range are errors", () => {
  const log = logOf([["ann", "a", 5, 0]]);
  throwsMessage(
    () => findItemNeighbours(log, { neighbours: 0 }),
    "item neighbours: neighbours must be a positive integer, got 0",
  );
  throwsMessage(
    () => findItemNeighbours(log, { shrinkage: -1 }),
    "item neighbours: shrinkage must be at least 0, got -1",
  );
  throwsMessage(
    () => itemScorer(ItemNeighbourRetriever.learn(log))(1, new Float32Array(1)),
    "retriever: user 1 is unknown; expected an integer from 0 to 0",
  );
});

test.run();
