/** Recall@k, worked out by hand. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ExposedLists } from "../../../src/data/exposed-lists.ts";
import type { ScoreItems } from "../../../src/data/retrieval.ts";
import { recallAt } from "../../../src/data/retrievers/recall.ts";
import { throwsMessage } from "../../throws-message.ts";
import { logOf, type Row } from "../logs.ts";

/** One user who meets items a to f in this order, and another who brings in g and h. */
const alphabet = logOf([
  ..."abcdef".split("").map((item, time): Row => ["ann", item, item === "e" ? 2 : 4, time]),
  ..."ghag".split("").map((item, time): Row => ["bob", item, 4, time]),
]);

const lists = (users: number[], starts: number[], listLength: number): ExposedLists => ({
  size: users.length,
  listLength,
  positiveThreshold: 3,
  users: Int32Array.from(users),
  starts: Int32Array.from(starts),
});

const fixedScores =
  (...scores: number[]): ScoreItems =>
  (_, out) =>
    out.set(scores);

test("recall worked out by hand: what was met before is passed over, dislikes do not count, ties go by number", () => {
  // Ann's last list is d, e, f after a, b, c; e is no positive. Left are d 5, e 9, f 1, g 6 and h 5: e g d h f.
  const scores = fixedScores(99, 98, 97, 5, 9, 1, 6, 5);
  const recall = (k: number) => recallAt(scores, alphabet, lists([0], [3], 3), k);
  assert.equal([1, 2, 3, 4, 5].map(recall), [0, 0, 0.5, 0.5, 1]);
  // All equal: d e f g h.
  const tied = fixedScores(7, 7, 7, 7, 7, 7, 7, 7);
  const tiedRecall = (k: number) => recallAt(tied, alphabet, lists([0], [3], 3), k);
  assert.equal([1, 2, 3].map(tiedRecall), [0.5, 0.5, 1]);
});

test("recall is a share of positives over all lists; an item met before its list is not retrieved", () => {
  // Bob's lists are g, h and a, g: the second g was met. Ann's list c, d holds two positives.
  const scores: ScoreItems = (user, out) => out.set(user === 0 ? [9, 9, 8, 1, 2, 3, 4, 5] : [1, 0, 0, 0, 0, 0, 2, 3]);
  assert.is(recallAt(scores, alphabet, lists([1, 1], [6, 8], 2), 2), 3 / 4);
  assert.is(recallAt(scores, alphabet, lists([1, 1, 0], [6, 8, 2], 2), 2), 4 / 6);
  assert.is(recallAt(scores, alphabet, lists([1, 1, 0], [6, 8, 2], 2)), 5 / 6);
  assert.ok(Number.isNaN(recallAt(scores, alphabet, lists([0], [4], 1))));
});

test("a k, lists and scores out of range are errors that say what was expected", () => {
  const scores = fixedScores(1, 2, 3, 4, 5, 6, 7, 8);
  throwsMessage(() => recallAt(scores, alphabet, lists([0], [3], 3), 0), "recall: k must be a positive integer, got 0");
  throwsMessage(
    () => recallAt(scores, alphabet, lists([0], [4], 3)),
    "recall: list 0 (rows 4 to 6 of user 0) is not of this log; pass the log that the lists were cut from",
  );
  assert.throws(() => recallAt(scores, alphabet, lists([7], [0], 1)), /of user 7\) is not of this log/);
  throwsMessage(
    () => recallAt(fixedScores(1, 2), alphabet, lists([0], [3], 3)),
    'recall: the retriever scored item "c" for user "ann" NaN; expected a finite number',
  );
});

test.run();
