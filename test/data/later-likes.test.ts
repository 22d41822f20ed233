/** Retrieved candidates that a user comes to like are no negatives. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildListDataset } from "../../src/data/candidates.ts";
import { cutLists, trainingInteractions } from "../../src/data/exposed-lists.ts";
import { candidateLabels, knownCandidates } from "../../src/data/labels.ts";
import { withoutLaterLikes } from "../../src/data/later-likes.ts";
import { logOf, type Row } from "./logs.ts";

test("what is liked after the list, and may be learned from, is left out; what comes later still is not looked at", () => {
  // Ann meets items 0 to 9, one at a time, and likes the even ones; Ben is there for items 10 and 11.
  const ann = Array.from({ length: 10 }, (_, n): Row => ["ann", `item${n}`, n % 2 === 0 ? 5 : 1, n]);
  const ben = [10, 11].map((n): Row => ["ben", `item${n}`, 5, n]);
  const log = logOf([...ann, ...ben]);
  const options = { listLength: 2, trainingFraction: 0.8 };
  const { training } = cutLists(log, options);
  assert.equal([...training.starts], [0, 2, 4]);
  // The retriever likes low numbers.
  const scoreItems = (_: number, out: Float32Array) => out.set(out.map((_, item) => -item));
  const requests = buildListDataset(log, training, scoreItems, {
    seed: 1,
    protocol: "retrieved",
    candidateCount: 6,
    historyLength: 2,
    repeats: false,
  });
  const learned = trainingInteractions(log, options);
  assert.equal([...learned.items], [0, 1, 2, 3, 4, 5]); // 6 and 7 are for validation, 8 and 9 for the test
  const labelled = withoutLaterLikes(requests, training, log, learned);
  const labelOf = (row: number) =>
    Array.from({ length: 6 }, (_, n): [string, number] => [
      log.itemIds[labelled.candidates[row * 6 + n]],
      labelled.labels?.[row * 6 + n] ?? Number.NaN,
    ]).toSorted();
  const expected = (labels: readonly number[], first: number) =>
    labels.map((label, n): [string, number] => [`item${first + n}`, label]).toSorted();
  assert.equal(labelOf(0), expected([1, 0, -1, 0, -1, 0], 0));
  assert.equal(labelOf(1), expected([1, 0, -1, 0, 0, 0], 2));
  assert.equal(labelOf(2), expected([1, 0, 0, 0, 0, 0], 4));
  assert.ok(candidateLabels(labelled).every((label) => label >= 0));
  const known = Array.from(labelled.labels ?? [], (label) => Number(label >= 0));
  assert.equal([...(knownCandidates(labelled)?.dataSync() ?? [])], known);
});

test.run();
