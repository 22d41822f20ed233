/** Logs that carry the lists in which items were shown, and the candidates that were not. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cutLists, listsAfter, trainingInteractions } from "../../src/data/exposed-lists.ts";
import { isShown } from "../../src/data/exposures.ts";
import { type InteractionLog, selectInteractions } from "../../src/data/interactions.ts";
import { kCore } from "../../src/data/k-core.ts";
import { InteractionLogBuilder } from "../../src/data/readers/interaction-log-builder.ts";

type ListedRow = readonly [
  user: string,
  item: string,
  feedback: number,
  timestamp: number,
  list: string,
  position: number,
];

const arbitraryRow: fc.Arbitrary<ListedRow> = fc.tuple(
  fc.constantFrom("ann", "bob", "cem"),
  fc.constantFrom("a", "b", "c", "d", "e"),
  fc.integer({ min: 0, max: 1 }),
  fc.nat(5),
  fc.constantFrom("", "x", "y", "z"),
  fc.integer({ min: -2, max: 4 }),
);
const arbitraryRows = fc.array(arbitraryRow, { maxLength: 40, size: "max" });

function logOf(rows: readonly ListedRow[]): InteractionLog {
  const builder = new InteractionLogBuilder();
  for (const row of rows) builder.add(...row);
  return builder.build();
}

/** What a log holds of a row, with the source's names. */
function rowsOf({ users, items, userIds, itemIds, ...log }: InteractionLog) {
  return Array.from(users, (user, row) => ({
    user: userIds[user],
    item: itemIds[items[row]],
    feedback: log.feedback[row],
    timestamp: log.timestamps[row],
    list: log.listNumbers?.[row],
    position: log.positions?.[row],
  }));
}

/** The same by the definition: sorting arrays of objects. */
function naiveRows(rows: readonly ListedRow[]): ReturnType<typeof rowsOf> {
  const lists = new Map<string, ListedRow[]>();
  rows.forEach((row, index) => {
    const key = row[4] === "" ? `row ${index}` : `${row[0]} ${row[4]}`;
    lists.set(key, [...(lists.get(key) ?? []), row]);
  });
  const numbered = [...lists.values()].filter((list) => list[0][4] !== "");
  const order = (position: number) => (position < 0 ? 99 : position);
  const time = (list: ListedRow[]) => {
    const shown = list.filter((row) => row[4] === "" || row[5] >= 0);
    return Math.min(...(shown.length > 0 ? shown : list).map((row) => row[3]));
  };
  return [...new Set(rows.map((row) => row[0]))].flatMap((user) =>
    [...lists.values()]
      .filter((list) => list[0][0] === user)
      .sort((a, b) => time(a) - time(b))
      .flatMap((list) => {
        const isList = list[0][4] !== "";
        const sorted = isList ? [...list].sort((a, b) => order(a[5]) - order(b[5])) : list;
        return sorted.map(([, item, feedback, timestamp, , position], place) => ({
          user,
          item,
          feedback,
          timestamp,
          list: numbered.indexOf(list),
          position: isList && position < 0 ? -1 : place,
        }));
      }),
  );
}

test("the lists after what a retriever learned are those after that many shown rows, candidates aside", () => {
  // Ten requests that each show two of five candidates.
  const log = logOf(
    Array.from({ length: 10 }, (_, request) =>
      Array.from({ length: 5 }, (_, n): ListedRow => {
        const isShown = n < 2;
        return ["ann", `item${5 * request + n}`, Number(n === 0), request, `list${request}`, isShown ? n : -1];
      }),
    ).flat(),
  );
  const options = { listLength: 2, positiveThreshold: 1, trainingFraction: 0.8 };
  const { training } = cutLists(log, options);
  assert.equal([...training.starts], [0, 5, 10, 15, 20, 25, 30, 35]);
  const learned = trainingInteractions(log, { ...options, retrieverFraction: 0.5 });
  const known = learned.items.length;
  assert.ok(known > 0 && known < 16);
  const expected = [0, 5, 10, 15, 20, 25, 30, 35].filter((start) => (2 * start) / 5 >= known);
  assert.equal([...listsAfter(training, log, learned).starts], expected);
});

test("the rows of a list stay together at the earliest time of what was shown, by position, those not shown last", () => {
  fc.assert(
    fc.property(arbitraryRows, (rows) => {
      if (rows.every(([, , , , list]) => list === "")) return;
      assert.equal(rowsOf(logOf(rows)), naiveRows(rows));
    }),
    { numRuns: 500 },
  );
});

test("places count from 0 whatever the source's positions start at and leave out", () => {
  const log = logOf([
    ["u", "third", 0, 1, "x", 9],
    ["u", "first", 0, 2, "x", 1],
    ["u", "candidate", 0, 1, "x", -1],
    ["u", "second", 0, 1, "x", 4],
    ["u", "alone", 0, 1, "", -1],
  ]);
  const expected = [
    ["first", 0, 0],
    ["second", 0, 1],
    ["third", 0, 2],
    ["candidate", 0, -1],
    ["alone", -1, 0],
  ];
  assert.equal(
    rowsOf(log).map(({ item, list, position }) => [item, list, position]),
    expected,
  );
});

test("rows added before the first list have none, and a log without lists has no columns for them", () => {
  const late = logOf([
    ["u", "i", 0, 1, "", 0],
    ["u", "j", 0, 2, "x", 0],
  ]);
  assert.equal([...(late.listNumbers ?? [])], [-1, 0]);
  const none = logOf([["u", "i", 0, 1, "", 0]]);
  assert.not("listNumbers" in none);
  assert.not("positions" in none);
  assert.throws(() => logOf([["u", "i", 0, 1, "x", 1.5]]), /position must be a 32-bit integer, got 1\.5/);
});

test("selectInteractions keeps lists and positions", () => {
  fc.assert(
    fc.property(arbitraryRows, fc.infiniteStream(fc.boolean()), (rows, choices) => {
      const log = logOf(rows);
      const chosen = Int32Array.from(log.users.keys()).filter(() => choices.next().value);
      const all = rowsOf(log);
      assert.equal(
        rowsOf(selectInteractions(log, chosen)),
        Array.from(chosen, (row) => all[row]),
      );
    }),
  );
});

test("for the k-core only what was shown counts; other candidates stay with their user and item", () => {
  fc.assert(
    fc.property(arbitraryRows, fc.integer({ min: 1, max: 4 }), (rows, k) => {
      const log = logOf(rows);
      const shown = kCore(
        selectInteractions(
          log,
          log.users.map((_, row) => row).filter((row) => isShown(log, row)),
        ),
        k,
      );
      const expected = rowsOf(log).filter(
        ({ user, item }) => shown.userIds.includes(user) && shown.itemIds.includes(item),
      );
      assert.equal(rowsOf(kCore(log, k)), expected);
    }),
    { numRuns: 300 },
  );
});

test.run();
