import { test } from "uvu";
import * as assert from "uvu/assert";
import { PopularityRetriever } from "../../../src/data/retrievers/popularity.ts";
import { itemScorer } from "../../../src/data/retrievers/retriever.ts";
import { throwsMessage } from "../../throws-message.ts";
import { logOf } from "../logs.ts";

const log = logOf([
  ["ann", "a", 5, 0],
  ["bob", "a", 4, 10],
  ["bob", "b", 2, 20],
  ["ann", "b", 3, 30],
  ["ann", "c", 1, 40],
]);

function scoresOf(options: Parameters<typeof PopularityRetriever.learn>[1], user = 0): number[] {
  const out = new Float32Array(3).fill(Number.NaN);
  itemScorer(PopularityRetriever.learn(log, options))(user, out);
  return [...out];
}

test("an item's score is the number of its positives, for every user", () => {
  assert.equal(scoresOf({}), [2, 1, 0]);
  assert.equal(scoresOf({}, 1), [2, 1, 0]);
  assert.equal(scoresOf({ positiveThreshold: 1 }), [2, 2, 1]);
});

test("with a half-life, a positive counts less the older it is at the end of the log", () => {
  assert.equal(scoresOf({ halfLife: 10 }), [1 / 16 + 1 / 8, 1 / 2, 0]);
});

test("a half-life, a user and a number of items out of range are errors", () => {
  throwsMessage(() => PopularityRetriever.learn(log, { halfLife: 0 }), "popularity: halfLife must be over 0, got 0");
  throwsMessage(() => scoresOf({}, 2), "retriever: user 2 is unknown; expected an integer from 0 to 1");
  throwsMessage(
    () => itemScorer(PopularityRetriever.learn(log))(0, new Float32Array(2)),
    "retriever: room for 2 scores was given; expected 3, one per item",
  );
});

test.run();
