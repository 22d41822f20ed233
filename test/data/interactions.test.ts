import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { selectInteractions } from "../../src/data/interactions.ts";
import { InteractionLogBuilder } from "../../src/data/readers/interaction-log-builder.ts";
import { Random } from "../../src/kernels/philox.ts";
import { arbitraryRows, logOf, type Row, rowsOf } from "./logs.ts";

test("a log holds each user's rows by time, ties in the order they were added", () => {
  fc.assert(
    fc.property(arbitraryRows(5, 8, 60), (rows) => {
      const log = logOf(rows);
      const users = [...new Set(rows.map(([user]) => user))];
      assert.equal(log.userIds, users);
      assert.equal(log.itemIds, [...new Set(rows.map(([, item]) => item))]);
      // Array.prototype.sort is stable.
      const expected = users.flatMap((user) => rows.filter((row) => row[0] === user).sort((a, b) => a[3] - b[3]));
      assert.equal(rowsOf(log), expected);
      for (let user = 0; user < users.length; user++) {
        const own = log.users.subarray(log.userOffsets[user], log.userOffsets[user + 1]);
        assert.equal(own.length, rows.filter((row) => row[0] === users[user]).length);
        assert.ok(own.every((number) => number === user));
      }
    }),
  );
});

test("a log that outgrows its first memory many times is sorted as a naive sort has it", () => {
  const random = new Random({ seed: 1, stream: "rows", step: 0 });
  const draw = (count: number) => random.integer(count);
  for (const disorder of [0, 3, 20_000]) {
    const rows = Array.from(
      { length: 20_000 },
      (_, n): Row => [`user${draw(40)}`, `item${draw(900)}`, draw(5), n + draw(disorder + 1)],
    );
    const users = [...new Set(rows.map(([user]) => user))];
    const place = new Map(users.map((user, number) => [user, number]));
    const expected = [...rows].sort((a, b) => (place.get(a[0]) ?? 0) - (place.get(b[0]) ?? 0) || a[3] - b[3]);
    // Compared as text: a difference of two long arrays would take hours to display.
    assert.ok(JSON.stringify(rowsOf(logOf(rows))) === JSON.stringify(expected), `disorder ${disorder}`);
  }
});

test("building twice gives the same log, with what was added in between", () => {
  const builder = new InteractionLogBuilder();
  builder.add("u", "i", 1, 7);
  const first = builder.build();
  assert.equal(builder.build(), first);
  builder.add("u", "j", 2, 5);
  assert.equal(rowsOf(first), [["u", "i", 1, 7]]);
  assert.equal(rowsOf(builder.build()), [
    ["u", "j", 2, 5],
    ["u", "i", 1, 7],
  ]);
});

test("selectInteractions keeps the numbers of users and items, also of those left without rows", () => {
  fc.assert(
    fc.property(arbitraryRows(5, 8, 60), fc.infiniteStream(fc.boolean()), (rows, choices) => {
      const log = logOf(rows);
      const chosen = Int32Array.from(log.users.keys()).filter(() => choices.next().value);
      const selected = selectInteractions(log, chosen);
      const all = rowsOf(log);
      assert.equal(
        rowsOf(selected),
        Array.from(chosen, (row) => all[row]),
      );
      assert.is(selected.userOffsets.length, log.userOffsets.length);
      assert.is(selected.userOffsets[selected.userIds.length], chosen.length);
    }),
  );
});

test("numbers that are not finite are refused", () => {
  const builder = new InteractionLogBuilder();
  assert.throws(() => builder.add("u", "i", Number.NaN, 1), /must be finite, got NaN and 1/);
  assert.throws(() => builder.add("u", "i", 1, Number.POSITIVE_INFINITY), /must be finite, got 1 and Infinity/);
  assert.is(builder.size, 0);
});

test.run();
