import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cutLists, type ExposedLists, sampleLists, trainingInteractions } from "../../src/data/exposed-lists.ts";
import type { InteractionLog } from "../../src/data/interactions.ts";
import { arbitraryRows, logOf, type Row } from "./logs.ts";

/** A log in which nobody meets an item twice: users of the given numbers of interactions. */
function logOfLengths(lengths: readonly number[]): InteractionLog {
  return logOf(
    lengths.flatMap((length, user) =>
      Array.from({ length }, (_, n): Row => [`user${user}`, `item${n}`, 1 + ((n * 7 + user) % 5), n]),
    ),
  );
}

const arbitraryLengths = fc.array(fc.nat(40), { minLength: 1, maxLength: 6 });
const arbitraryLength = fc.integer({ min: 1, max: 7 });
const arbitraryFraction = fc.double({ min: 0.01, max: 1, noNaN: true });

const startsOf = (lists: ExposedLists, user: number) =>
  [...lists.starts].filter((_, list) => lists.users[list] === user);

test("each user's sequence is cut from its end: training in front, then the list before the last, and the last", () => {
  fc.assert(
    fc.property(arbitraryLengths, arbitraryLength, arbitraryFraction, (lengths, listLength, trainingFraction) => {
      const log = logOfLengths(lengths);
      const options = { listLength, trainingFraction, positiveThreshold: 1 };
      const { training, validation, test, counts } = cutLists(log, options);
      for (let user = 0; user < log.userIds.length; user++) {
        const end = log.userOffsets[user + 1];
        const expected: number[] = [];
        for (let start = end - listLength; start >= log.userOffsets[user]; start -= listLength) {
          expected.unshift(start);
        }
        assert.equal(startsOf(test, user), expected.slice(-1));
        const ownTraining = startsOf(training, user);
        assert.equal(ownTraining, expected.slice(0, ownTraining.length));
        const ownValidation = startsOf(validation, user);
        if (expected.length > 2) assert.equal(ownValidation, expected.slice(-2, -1));
        else assert.equal([...ownTraining, ...ownValidation], expected.slice(0, -1));
      }
      assert.is(counts.lists, training.size + validation.size + test.size + (counts.unused ?? 0));
      assert.is(counts.withPositive, counts.lists);
    }),
  );
});

test("training lists are those that end within the first part of the sequence", () => {
  fc.assert(
    fc.property(arbitraryLengths, arbitraryLength, fc.integer({ min: 1, max: 99 }), (lengths, listLength, percent) => {
      const log = logOfLengths(lengths);
      const { training, counts } = cutLists(log, { listLength, trainingFraction: percent / 100, positiveThreshold: 1 });
      const expected = lengths.flatMap((length) => {
        const ends: number[] = [];
        for (let end = length; end >= listLength; end -= listLength) ends.unshift(end);
        const held = ends.length > 2 ? 2 : 1;
        // Whole numbers, so that nothing rounds.
        return ends.slice(0, -held).filter((end) => end * 100 <= percent * length);
      });
      const ends = Array.from(
        training.starts,
        (start, list) => start + listLength - log.userOffsets[training.users[list]],
      );
      assert.equal(ends, expected);
      assert.is(counts.training, expected.length);
    }),
  );
});

test("lists without a positive and lists with an item twice are left out and counted", () => {
  fc.assert(
    fc.property(arbitraryRows(4, 12, 120), fc.integer({ min: 1, max: 6 }), (rows, positiveThreshold) => {
      const log = logOf(rows);
      const listLength = 3;
      const { training, validation, test, counts } = cutLists(log, { listLength, positiveThreshold });
      for (const lists of [training, validation, test]) {
        for (const start of lists.starts) {
          assert.ok(log.feedback.subarray(start, start + listLength).some((value) => value >= positiveThreshold));
          assert.is(new Set(log.items.subarray(start, start + listLength)).size, listLength);
        }
      }
      assert.equal([training.size, validation.size, test.size], [counts.training, counts.validation, counts.test]);
      const used = counts.training + counts.validation + counts.test;
      assert.is(used + (counts.unused ?? 0), counts.withPositive - counts.withRepeat);
      const usersWithList = log.userIds.filter((_, user) => {
        return log.userOffsets[user + 1] - log.userOffsets[user] >= listLength;
      });
      assert.is(counts.test + counts.testUsersWithoutPositive + counts.testUsersWithRepeat, usersWithList.length);
    }),
  );
});

test("the threshold is a positive itself, also where f32 rounds it down", () => {
  const rows: Row[] = [
    ["u", "a", 0.7, 0],
    ["u", "b", 0.69, 1],
  ];
  const { counts } = cutLists(logOf(rows), { listLength: 1, positiveThreshold: 0.7 });
  assert.equal([counts.lists, counts.withPositive, counts.testUsersWithoutPositive], [2, 1, 1]);
});

test("a fraction is exact: 0.29 of 100 interactions are 29, although 0.29 * 100 is less in f64", () => {
  const { training } = cutLists(logOfLengths([100]), { listLength: 1, trainingFraction: 0.29, positiveThreshold: 1 });
  assert.is(training.size, 29);
});

test("trainingInteractions ends where the first validation or test list starts", () => {
  fc.assert(
    fc.property(arbitraryLengths, arbitraryLength, arbitraryFraction, (lengths, listLength, trainingFraction) => {
      const log = logOfLengths(lengths);
      const options = { listLength, trainingFraction, positiveThreshold: 1 };
      const { training, validation, test } = cutLists(log, options);
      const part = trainingInteractions(log, options);
      assert.equal(part.itemIds, log.itemIds);
      for (let user = 0; user < log.userIds.length; user++) {
        const sequenceStart = log.userOffsets[user];
        const kept = part.userOffsets[user + 1] - part.userOffsets[user];
        const heldOut = [validation, test].flatMap((lists) => startsOf(lists, user));
        for (const start of heldOut) assert.ok(sequenceStart + kept <= start);
        for (const start of startsOf(training, user)) assert.ok(start + listLength <= sequenceStart + kept);
        const length = log.userOffsets[user + 1] - sequenceStart;
        assert.ok(kept <= trainingFraction * length + 1e-6);
      }
    }),
  );
});

test("sampleLists draws without replacement, keeps the order, and follows the seed", () => {
  const { training } = cutLists(logOfLengths([300, 200, 400]), { positiveThreshold: 1 });
  const sample = sampleLists(training, 50, 1);
  assert.is(sample.size, 50);
  assert.equal(sample.starts, Int32Array.from(new Set(sample.starts)).sort());
  sample.starts.forEach((start, list) => {
    assert.is(sample.users[list], training.users[training.starts.indexOf(start)]);
  });
  assert.equal(sampleLists(training, 50, 1), sample);
  assert.not.equal(sampleLists(training, 50, 2).starts, sample.starts);
  assert.is(sampleLists(training, training.size, 1), training);
});

test("options out of range are errors", () => {
  const log = logOfLengths([6]);
  assert.throws(() => cutLists(log, { listLength: 0 }), /lists\.listLength: expected an integer of at least 1, got 0/);
  assert.throws(
    () => cutLists(log, { trainingFraction: 0 }),
    /lists\.trainingFraction: expected a number over 0 and at most 1, got 0/,
  );
  assert.throws(() => cutLists(log, { trainingFraction: 1.1 }), /at most 1, got 1.1/);
  assert.throws(() => sampleLists(cutLists(log).test, 0, 1), /maxLists must be a positive integer, got 0/);
});

test.run();
