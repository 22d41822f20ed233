import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { kCore } from "../../src/data/k-core.ts";
import { arbitraryRows, logOf, type Row, rowsOf } from "./logs.ts";

function isCore(rows: readonly Row[], k: number): boolean {
  const count = (column: 0 | 1, name: string) => rows.filter((row) => row[column] === name).length;
  return rows.every((row) => count(0, row[0]) >= k && count(1, row[1]) >= k);
}

/** The union of all subsets of `rows` that satisfy the definition: the largest one, by enumeration. */
function largestCore(rows: readonly Row[], k: number): Row[] {
  let union = 0;
  for (let subset = 1; subset < 2 ** rows.length; subset++) {
    const isNew = (subset | union) !== union;
    if (
      isNew &&
      isCore(
        rows.filter((_, n) => (subset >> n) & 1),
        k,
      )
    )
      union |= subset;
  }
  return rows.filter((_, n) => (union >> n) & 1);
}

test("the k-core is the largest part that satisfies the definition", () => {
  fc.assert(
    fc.property(arbitraryRows(3, 3, 9), fc.integer({ min: 1, max: 3 }), (rows, k) => {
      const log = logOf(rows);
      assert.equal(rowsOf(kCore(log, k)), largestCore(rowsOf(log), k));
    }),
    { numRuns: 200 },
  );
});

test("the k-core of a larger log satisfies the definition, and is its own k-core", () => {
  fc.assert(
    fc.property(arbitraryRows(15, 12, 150), fc.integer({ min: 1, max: 12 }), (rows, k) => {
      const core = kCore(logOf(rows), k);
      assert.ok(isCore(rowsOf(core), k));
      assert.equal(kCore(core, k), core);
    }),
  );
});

test("one removal brings on the next, and numbers close up", () => {
  const chain: Row[] = [
    ["a", "x", 1, 0],
    ["b", "x", 1, 0],
    ["b", "y", 1, 1],
    ["c", "y", 1, 0],
    ["c", "z", 1, 1],
    ["d", "z", 1, 0],
    ["d", "w", 1, 1],
    ["c", "w", 1, 2],
  ];
  // a has one interaction; without it x has one, then b, then y; c and d on z and w remain.
  const core = kCore(logOf(chain), 2);
  assert.equal(core.userIds, ["c", "d"]);
  assert.equal(core.itemIds, ["z", "w"]);
  assert.equal([...core.users], [0, 0, 1, 1]);
  assert.equal([...core.items], [0, 1, 0, 1]);
  assert.equal([...core.userOffsets], [0, 2, 4]);
  assert.equal(rowsOf(kCore(logOf(chain), 3)), []);
});

test("k must be a positive integer", () => {
  for (const k of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => kCore(logOf([]), k), /k must be a positive integer, got/);
  }
});

test.run();
