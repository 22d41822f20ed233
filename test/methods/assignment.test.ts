/** The best assignment is what enumeration finds, and lists are filled by it. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../src/data/batch.ts";
import { allRows } from "../../src/data/labels.ts";
import { ASSIGNMENT, bestAssignment } from "../../src/methods/assignment.ts";
import { MatchingGenerator } from "../../src/methods/nar4rec.ts";
import { noGrad } from "../../src/tensor/index.ts";
import { log } from "../small-world.ts";
import { assertRanked, createSchool, learned } from "./small-context.ts";

const test = suite("assignment");

/** The most that distinct columns give, one for each row, by trying all. */
function mostByEnumeration(
  values: readonly number[],
  rows: number,
  columns: number,
  taken: readonly number[] = [],
): number {
  if (taken.length === rows) return 0;
  const left = Array.from({ length: columns }, (_, column) => column).filter((column) => !taken.includes(column));
  return Math.max(
    ...left.map((column) => {
      const rest = mostByEnumeration(values, rows, columns, [...taken, column]);
      return values[taken.length * columns + column] + rest;
    }),
  );
}

test("the best assignment is worth what the best of all assignments is", () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 4 })
        .chain((rows) =>
          fc
            .integer({ min: rows, max: 6 })
            .chain((columns) =>
              fc.record({
                rows: fc.constant(rows),
                columns: fc.constant(columns),
                values: fc.array(fc.integer({ min: -9, max: 9 }), {
                  minLength: rows * columns,
                  maxLength: rows * columns,
                }),
              }),
            ),
        ),
      ({ rows, columns, values }) => {
        const chosen = bestAssignment(values, rows, columns);
        assert.is(new Set(chosen).size, rows);
        const worth = chosen.reduce((sum, column, row) => sum + values[row * columns + column], 0);
        assert.is(worth, mostByEnumeration(values, rows, columns));
      },
    ),
    { numRuns: 200, seed: 5 },
  );
});

test("what the second position needs more is left to it", () => {
  // From the top down the first position would take candidate 0, and the list be worth 5 - 20.
  assert.equal([...bestAssignment([5, 4, -9, 5, -20, -30], 2, 3)], [1, 0]);
});

test("it learns, ranks distinct candidates, and no list is likelier by positions than its own", async () => {
  const { rank, models } = await learned(ASSIGNMENT, await createSchool(log));
  const ranked = await rank(log);
  assertRanked(log, ranked);
  const model = models.assignment;
  assert.ok(model instanceof MatchingGenerator);
  const logs = noGrad(() =>
    model
      .encode(candidateBatch(log, allRows(log)))
      .logits.logSoftmax()
      .dataSync(),
  );
  const { listLength: length, candidateCount: candidates } = log;
  for (let row = 0; row < log.size; row++) {
    const own = [...ranked.lists.subarray(row * length, (row + 1) * length)];
    const worth = (list: readonly number[]) =>
      list.reduce((sum, n, t) => sum + logs[(row * length + t) * candidates + n], 0);
    for (let t = 1; t < length; t++) {
      const swapped = [...own];
      [swapped[t - 1], swapped[t]] = [own[t], own[t - 1]];
      assert.ok(worth(swapped) < worth(own) + 1e-5);
    }
  }
});

test.run();
