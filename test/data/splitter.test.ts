/** Splits by time, and logs that carry their own lists. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cutLists, type ExposedLists, lengthOf, trainingInteractions } from "../../src/data/exposed-lists.ts";
import { isShown } from "../../src/data/exposures.ts";
import type { InteractionLog } from "../../src/data/interactions.ts";
import { SPLIT_PROTOCOLS } from "../../src/data/protocols.ts";
import { InteractionLogBuilder } from "../../src/data/readers/interaction-log-builder.ts";
import { throwsMessage } from "../throws-message.ts";
import { arbitraryRows, logOf, type Row } from "./logs.ts";

const GLOBAL = { split: "global-time", positiveThreshold: 1 } as const;

const timesOf = (log: InteractionLog, lists: ExposedLists) =>
  Array.from(lists.starts, (start, list) => [...log.timestamps.subarray(start, start + lengthOf(lists, list))]);

const startsOf = (lists: ExposedLists, user: number) =>
  [...lists.starts].filter((_, list) => lists.users[list] === user);

/** Interactions of a few users at many or few different times, of enough items for lists without repeats. */
const arbitraryTimedLog = fc
  .tuple(
    fc.integer({ min: 1, max: 40 }),
    fc.array(fc.tuple(fc.nat(4), fc.nat(1000)), { minLength: 1, maxLength: 120, size: "max" }),
  )
  .map(([times, rows]) =>
    logOf(rows.map(([user, time], n): Row => [`user${user}`, `item${n}`, 1 + (n % 5), time % times])),
  );

/** A log that carries lists of different lengths, with candidates that were not shown and rows of no list. */
const arbitraryLoggedLists = fc
  .array(
    fc.record({ user: fc.nat(3), time: fc.nat(30), shown: fc.nat(7), unshown: fc.nat(4), isListed: fc.boolean() }),
    { minLength: 1, maxLength: 30, size: "max" },
  )
  .map((requests) => {
    const builder = new InteractionLogBuilder();
    let item = 0;
    requests.forEach(({ user, time, shown, unshown, isListed }, request) => {
      const listId = isListed ? `request${request}` : "";
      for (let place = 0; place < shown; place++) {
        builder.add(`user${user}`, `item${item++}`, 1 + (item % 5), time + ((place + request) % 2), listId, place);
      }
      for (let n = 0; isListed && n < unshown; n++) {
        builder.add(`user${user}`, `item${item++}`, 0, time, listId, -1);
      }
    });
    return builder.build();
  });

const anyLog = fc.oneof(
  arbitraryTimedLog,
  arbitraryLoggedLists,
  arbitraryRows(4, 12, 120).map((rows) => logOf(rows)),
);

test("global-time: whatever is learned from happened before everything that is tested", () => {
  let compared = 0;
  fc.assert(
    fc.property(
      anyLog,
      fc.integer({ min: 1, max: 4 }),
      fc.double({ min: 0.1, max: 1, noNaN: true }),
      (log, listLength, trainingFraction) => {
        const options = { ...GLOBAL, listLength, trainingFraction };
        const { training, validation, test } = cutLists(log, options);
        const learned = [...trainingInteractions(log, options).timestamps, ...timesOf(log, training).flat()];
        const validated = timesOf(log, validation).flat();
        const tested = timesOf(log, test).flat();
        const last = (times: readonly number[]) => Math.max(Number.NEGATIVE_INFINITY, ...times);
        const first = (times: readonly number[]) => Math.min(Number.POSITIVE_INFINITY, ...times);
        assert.ok(last(learned) < first(tested) || learned.length === 0);
        assert.ok(last(learned) < first(validated) || learned.length === 0);
        assert.ok(last(validated) < first(tested) || validated.length === 0);
        if (learned.length > 0 && tested.length > 0) compared++;
      },
    ),
    { numRuns: 300 },
  );
  assert.ok(compared > 50, `${compared}`);
});

test("global-time: the cuts are the times below which 80% and 64% of all interactions lie", () => {
  const log = logOf(Array.from({ length: 100 }, (_, n): Row => [`user${n % 7}`, `item${n}`, 5, n]));
  const { training, validation, test } = cutLists(log, { ...GLOBAL, listLength: 1 });
  const times = [training, validation, test].map((lists) => timesOf(log, lists).flat());
  const range = (first: number, end: number) => Array.from({ length: end - first }, (_, n) => first + n);
  const sorted = (values: readonly number[]) => [...values].sort((left, right) => left - right);
  assert.equal(sorted(times[0]), range(0, 64));
  // The first of each of the seven users.
  assert.equal(sorted(times[1]), range(64, 71));
  assert.equal(sorted(times[2]), range(80, 87));
  const learned = (part: object) => sorted([...trainingInteractions(log, { ...GLOBAL, ...part }).timestamps]);
  assert.equal(learned({ listLength: 1 }), range(0, 64));
  assert.equal(learned({ listLength: 1, retrieverFraction: 0.5 }), range(0, 50));
  assert.equal(learned({ listLength: 1, retrieverFraction: 0.7 }), range(0, 64));
});

test("global-time: what happens at the time of the cut belongs to the test", () => {
  // Eight of ten interactions end in the middle of the ones at time 5.
  const times = [0, 1, 2, 3, 4, 5, 5, 5, 5, 9];
  const log = logOf(times.map((time, n): Row => [`user${n}`, `item${n}`, 5, time]));
  const { training, validation, test, counts } = cutLists(log, { ...GLOBAL, listLength: 1 });
  assert.equal(timesOf(log, test).flat(), [5, 5, 5, 5, 9]);
  assert.equal([...timesOf(log, training).flat(), ...timesOf(log, validation).flat()], [0, 1, 2, 3, 4]);
  assert.is("unused" in counts, false);
});

test("a user has at most one validation list and one test list, in this order after those for training", () => {
  fc.assert(
    fc.property(
      anyLog,
      fc.constantFrom(...SPLIT_PROTOCOLS),
      fc.integer({ min: 1, max: 4 }),
      (log, split, listLength) => {
        const { training, validation, test, counts } = cutLists(log, { ...GLOBAL, split, listLength });
        assert.equal([training.size, validation.size, test.size], [counts.training, counts.validation, counts.test]);
        const kept = counts.training + counts.validation + counts.test;
        assert.is(kept + (counts.unused ?? 0), counts.withPositive - counts.withRepeat);
        assert.ok(counts.withPositive <= counts.lists);
        for (let user = 0; user < log.userIds.length; user++) {
          const order = [training, validation, test].flatMap((lists) => startsOf(lists, user));
          assert.equal(
            order,
            [...order].sort((left, right) => left - right),
          );
          for (const held of [validation, test]) assert.ok(startsOf(held, user).length <= 1);
        }
      },
    ),
  );
});

test("a list stands where its first shown row does, whenever its other candidates were written down", () => {
  const builder = new InteractionLogBuilder();
  builder.add("ann", "late", 2, 5, "first", 0);
  builder.add("ann", "unshown", 0, 4, "first", -1);
  builder.add("ann", "early", 4, 4, "second", 0);
  const log = builder.build();
  const { validation, test } = cutLists(log, { ...GLOBAL, listLength: 1 });
  const items = (lists: ExposedLists) => [...lists.starts].map((start) => log.itemIds[log.items[start]]);
  assert.equal([items(validation), items(test)], [["early"], ["late"]]);
  assert.ok(validation.starts[0] < test.starts[0]);
});

test("global-time: lists on both sides of a cut, and those after a user's held-out list, are in no split", () => {
  // Of times 0 to 20 validation begins at 12 (16 lie before the test, 12 before it), the test at 16. Lists of two from
  // time 1 on: 11 and 12 lie on both sides of the first cut, 15 and 16 of the second; 19 and 20 come after the test.
  const log = logOf(Array.from({ length: 21 }, (_, n): Row => ["ann", `item${n}`, 5, n]));
  const { counts, training, validation, test } = cutLists(log, { ...GLOBAL, listLength: 2 });
  assert.equal([counts.training, counts.unused, counts.lists], [5, 3, 10]);
  assert.equal(timesOf(log, training).at(-1), [9, 10]);
  assert.equal(timesOf(log, validation), [[13, 14]]);
  assert.equal(timesOf(log, test), [[17, 18]]);
});

test("last-list counts nothing that it cannot have, and an unknown protocol is an error", () => {
  const log = logOf([["ann", "a", 5, 0]]);
  assert.is("unused" in cutLists(log).counts, false);
  assert.is("nothingShown" in cutLists(log).counts, false);
  throwsMessage(
    () => cutLists(log, { split: "first-list" as "last-list" }),
    'lists.split: expected one of last-list, global-time, got "first-list"; did you mean "last-list"?',
  );
});

test("logged lists are the log's own: the first L shown items of each, or all where these are fewer", () => {
  let longer = 0;
  let shorter = 0;
  fc.assert(
    fc.property(arbitraryLoggedLists, fc.integer({ min: 1, max: 4 }), (log, listLength) => {
      const { listNumbers, positions } = log;
      if (listNumbers === undefined || positions === undefined) return;
      const { training, validation, test, counts } = cutLists(log, { listLength, positiveThreshold: 0 });
      const numbers = [...new Set(listNumbers)].filter((number) => number >= 0);
      const shownOf = (number: number) =>
        [...listNumbers.keys()].filter((row) => listNumbers[row] === number && positions[row] >= 0);
      const expected = new Map(numbers.map(shownOf).map((shown) => [shown[0], shown.length]));
      expected.delete(undefined as never);
      longer += [...expected.values()].filter((length) => length > listLength).length;
      shorter += [...expected.values()].filter((length) => length < listLength).length;
      const spans = [training, validation, test].flatMap((lists) =>
        Array.from(lists.starts, (start, list) => ({ start, length: lengthOf(lists, list) })),
      );
      assert.is(spans.length + (counts.unused ?? 0), expected.size);
      assert.is(counts.lists, expected.size);
      assert.is(counts.nothingShown ?? 0, numbers.length - expected.size);
      assert.is(training.listLength, Math.min(listLength, Math.max(...expected.values(), 0)) || listLength);
      for (const { start, length } of spans) {
        assert.is(length, Math.min(listLength, expected.get(start) ?? 0));
        assert.equal(
          [...positions.subarray(start, start + length)],
          Array.from({ length }, (_, place) => place),
        );
      }
    }),
  );
  assert.ok(longer > 50 && shorter > 50, `${longer} ${shorter}`);
});

test("logged lists: training lists lie in the first 80% of what was shown, and the last list is the test", () => {
  const builder = new InteractionLogBuilder();
  for (let list = 0; list < 5; list++) {
    for (let n = 0; n < 30; n++) builder.add("ann", `unshown${list}-${n}`, 0, list, `list${list}`, -1);
    for (let place = 0; place < 2; place++) {
      builder.add("ann", `item${list}-${place}`, 5, list, `list${list}`, place);
    }
  }
  builder.add("ann", "other", 5, 9);
  const log = builder.build();
  const options = { listLength: 2, trainingFraction: 0.6 };
  const { training, validation, test } = cutLists(log, options);
  // 6 of 11 shown: three lists.
  assert.equal(
    [training, validation, test].map((lists) => timesOf(log, lists).map((times) => times[0])),
    [[0, 1, 2], [3], [4]],
  );
  const learned = trainingInteractions(log, options);
  assert.equal([...learned.timestamps], [0, 0, 1, 1, 2, 2]);
});

test("nobody learns from candidates that were not shown", () => {
  fc.assert(
    fc.property(arbitraryLoggedLists, fc.constantFrom("last-list", "global-time"), (log, split) => {
      const learned = trainingInteractions(log, { split, listLength: 2 });
      for (let row = 0; row < learned.items.length; row++) assert.ok(isShown(learned, row));
    }),
  );
});

test("a logged list whose shown rows do not follow each other is an error", () => {
  const log = logOf([
    ["ann", "a", 5, 0],
    ["ann", "b", 5, 0],
    ["ann", "c", 5, 0],
  ]);
  const broken = { ...log, listNumbers: Int32Array.of(4, 4, 4), positions: Int32Array.of(0, -1, 1) };
  throwsMessage(
    () => cutLists(broken, { listLength: 2 }),
    'lists: the shown rows of list 4 of user "ann" do not follow each other; sort the rows of a list by position, ' +
      "those not shown before or after all others",
  );
});

test.run();
