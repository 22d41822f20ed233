/** The rows of every batch of a training. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { TrainingBatches } from "../../src/training/batches.ts";

const options = { epochs: 4, batchSize: 128, seed: 1 };

const sizesOf = (size: number, changes: { leastSteps?: number; accumulation?: number }) => {
  const batches = new TrainingBatches("stage", size, { ...options, ...changes });
  return Array.from({ length: batches.count }, (_, batch) => batches.rows(batch).length);
};

test("a small log is trained for its least steps by smaller batches, in as many epochs", () => {
  assert.equal(sizesOf(700, {}).length, 24);
  const sizes = sizesOf(700, { leastSteps: 200 });
  assert.is(sizes.length, 200);
  assert.is(Math.max(...sizes), 14);
  assert.is(
    sizes.reduce((sum, size) => sum + size),
    4 * 700,
  );
  // Two batches make one update.
  assert.is(sizesOf(700, { leastSteps: 100, accumulation: 2 }).length, 200);
});

test("a tiny one by batches of 8 and more epochs, and a large one as it is", () => {
  const sizes = sizesOf(40, { leastSteps: 200 });
  assert.is(sizes.length, 200);
  assert.ok(sizes.every((size) => size === 8));
  assert.equal(sizesOf(12_800, { leastSteps: 200 }), Array<number>(400).fill(128));
});

test.run();
