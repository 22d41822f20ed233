/** Rows that a log holds more than once. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cutLog } from "../../src/data/cut-log.ts";
import { InteractionLogBuilder } from "../../src/data/readers/interaction-log-builder.ts";
import { countRepeatedRows, dedupe } from "../../src/data/repeats.ts";
import { logOf, type Row, rowsOf } from "./logs.ts";

const ROWS: Row[] = [
  ["ann", "a", 1, 5],
  ["ann", "b", 2, 5],
  ["ann", "a", 3, 5],
  ["ann", "a", 4, 6],
  ["bob", "a", 5, 5],
  ["bob", "a", 5, 5],
  ["bob", "a", 5, 5],
];

test("the first or the last of the rows with one user, item and time stays", () => {
  const log = logOf(ROWS);
  assert.is(countRepeatedRows(log), 3);
  assert.is(dedupe(log, "keep"), log);
  const [a, b, lastA, later, bob] = ROWS;
  assert.equal(rowsOf(dedupe(log, "first")), [a, b, later, bob]);
  assert.equal(rowsOf(dedupe(log, "last")), [b, lastA, later, bob]);
  const once = dedupe(log, "first");
  assert.is(dedupe(once, "first"), once);
  assert.is(countRepeatedRows(once), 0);
});

test("in a log that carries lists, rows repeat each other within a list", () => {
  const builder = new InteractionLogBuilder();
  for (const list of ["l1", "l1", "l2"]) {
    for (const [place, item] of ["a", "b", "c"].entries()) builder.add("ann", item, place, 7, list, place + 1);
    builder.add("ann", "d", 0, 7, list, -1);
  }
  const log = builder.build();
  // Of those that were shown.
  assert.is(countRepeatedRows(log), 3);
  const once = dedupe(log, "first");
  assert.equal(
    [...once.items].map((item, row) => `${once.itemIds[item]}${once.positions?.[row]}`),
    ["a0", "b1", "c2", "d-1", "a0", "b1", "c2", "d-1"],
  );
});

test("a log in which every row is written twice: the error names the repeats and the setting that drops them", () => {
  const rows = Array.from({ length: 240 }, (_, n): Row => [`u${n % 10}`, `i${n % 60}`, 5, Math.floor(n / 10)]);
  const log = logOf([...rows, ...rows]);
  assert.throws(
    () => cutLog(log, { core: 1 }, "twice.csv"),
    /^twice\.csv: no training list is left of 480 .*; 240 rows repeat an earlier one's .* \(--data\.dedupe first\)$/,
  );
  const { counts, training } = cutLog(log, { core: 1, dedupe: "first" });
  assert.is(counts.dropped, 240);
  assert.is(counts.kept.interactions, 240);
  assert.equal(counts.kept, cutLog(logOf(rows), { core: 1 }).counts.kept);
  assert.ok(training.size > 0);
});

test.run();
