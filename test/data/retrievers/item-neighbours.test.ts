import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type InteractionLog, positiveAt } from "../../../src/data/interactions.ts";
import { findItemNeighbours, ItemNeighbourRetriever } from "../../../src/data/retrievers/item-neighbours.ts";
import { itemScorer, type RetrieverQuery } from "../../../src/data/retrievers/retriever.ts";
import { throwsMessage } from "../../throws-message.ts";
import { arbitraryRows, logOf, type Row } from "../logs.ts";

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

test("a score is the sum of an item's similarities to its neighbours that the user likes, and a touch of popularity", () => {
  fc.assert(
    fc.property(arbitraryRows(6, 9, 60), fc.integer({ min: 1, max: 5 }), (rows, neighbours) => {
      const log = logOf(rows);
      const matrix = likes(log);
      const found = findItemNeighbours(log, { neighbours });
      const scoreItems = itemScorer(ItemNeighbourRetriever.learn(log, { neighbours }));
      const scores = new Float32Array(log.itemIds.length);
      const likers = log.itemIds.map((_, item) => matrix.filter((own) => own[item]).length);
      const popularity = likers.map((count) => (1e-6 / Math.max(1, ...likers)) * count);
      for (let user = 0; user < log.userIds.length; user++) {
        scoreItems(user, scores);
        scores.forEach((score, item) => {
          let expected = popularity[item];
          for (let place = item * neighbours; place < (item + 1) * neighbours; place++) {
            if (matrix[user][found.items[place]]) expected += found.similarities[place];
          }
          assert.ok(Math.abs(score - expected) <= 1e-6 * expected, `${score} is not ${expected}`);
        });
      }
    }),
  );
});

test("who likes nothing, known or not, is given the popular; ties of those who like something go by popularity too", () => {
  const rows = ["a", "b", "b", "c", "c", "c"].map((item, n): Row => [`u${n}`, item, 5, n]);
  const tied: Row[] = [1, 2].flatMap((n): Row[] => [
    [`t${n}`, "x", 5, 0],
    [`t${n}`, "y", 5, 1],
  ]);
  const log = logOf([...rows, ...tied, ["neutral", "a", 1, 9]]);
  const retriever = ItemNeighbourRetriever.learn(log);
  const order = (query: RetrieverQuery) => {
    const score = retriever.scoresFor(query);
    const items = [...log.itemIds.keys()].sort((left, right) => score(right) - score(left) || left - right);
    return items.map((item) => log.itemIds[item]).join("");
  };
  assert.is(order({ user: undefined, history: [] }), "cbxya");
  assert.is(order({ user: log.userIds.indexOf("neutral"), history: [] }), "cbxya");
  assert.is(order({ user: undefined, history: [{ item: log.itemIds.indexOf("x"), liked: true }] }), "ycbxa");
  const restored = ItemNeighbourRetriever.restore(retriever.tensors());
  assert.is(
    restored.scoresFor({ user: undefined, history: [] })(0),
    retriever.scoresFor({ user: undefined, history: [] })(0),
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
