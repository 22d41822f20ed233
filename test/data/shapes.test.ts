/** Rows of different size: their columns, batches and labels. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, feedbackBatch } from "../../src/data/batch.ts";
import { joinRows, type ListDataset, selectRows } from "../../src/data/dataset.ts";
import { candidateLabels, listRewards, showableLists } from "../../src/data/labels.ts";
import { shapedBatches, shapeOf, splitByShape } from "../../src/data/shapes.ts";
import { log } from "../small-world.ts";

const test = suite("shapes");

/** Requests of 3 candidates and lists of 2, of 2 and 2, of 3 and 1. */
const mixed: ListDataset = {
  size: 3,
  candidateCount: 3,
  listLength: 2,
  historyLength: 0,
  users: Int32Array.of(7, 8, 9),
  candidates: Int32Array.of(10, 11, 12, 20, 21, -1, 30, 31, 32),
  retrieverScores: Float32Array.of(1, 2, 3, 4, 5, 0, 6, 7, 8),
  exposed: Int32Array.of(2, 0, 1, -1, 2, -1),
  feedback: Float32Array.of(0, 1, 1, 0, 1, 0),
  history: new Int32Array(0),
  historyFeedback: new Float32Array(0),
  candidateCounts: Int32Array.of(3, 2, 3),
  listLengths: Int32Array.of(2, 2, 1),
};

test("a row's own size is that of its column, or the dataset's", () => {
  assert.equal(shapeOf(mixed, 1), { candidateCount: 2, listLength: 2 });
  const { candidateCounts: _, ...sameCandidates } = mixed;
  assert.equal(shapeOf(sameCandidates, 2), { candidateCount: 3, listLength: 1 });
  assert.equal(shapeOf(log, 5), { candidateCount: log.candidateCount, listLength: log.listLength });
});

test("rows are split by shape in the order in which shapes appear, and stay together where all are alike", () => {
  assert.equal(splitByShape(mixed, Int32Array.of(2, 0, 2, 1)), [
    Int32Array.of(2, 2),
    Int32Array.of(0),
    Int32Array.of(1),
  ]);
  const rows = Int32Array.of(3, 1, 2);
  assert.is(splitByShape(log, rows)[0], rows);
  assert.is(splitByShape(mixed, Int32Array.of(2, 2)).length, 1);
  assert.equal(
    [...shapedBatches(log, 40)].map((batch) => [batch[0], batch.length]),
    [
      [0, 40],
      [40, log.size - 40],
    ],
  );
  const every = [...shapedBatches(joinRows([mixed, mixed]), 1)].map(([row]) => row);
  assert.equal(every, [0, 3, 1, 4, 2, 5]);
});

test("a batch holds what its rows have and nothing of what fills them up", () => {
  const batch = feedbackBatch(mixed, [1]);
  assert.equal([batch.candidateCount, batch.listLength], [2, 2]);
  assert.equal([...batch.items.dataSync()], [20, 21]);
  assert.equal([...batch.host.scores], [4, 5]);
  assert.equal([...batch.exposed], [1, -1]);
  const short = feedbackBatch(mixed, [2]);
  assert.equal([short.items.shape[1], [...short.exposed], [...short.feedback]], [3, [2], [1]]);
  assert.throws(
    () => candidateBatch(mixed, [0, 1]),
    /row 0 has 3 candidates and a list of 2, row 1 2 and 2; split the rows with splitByShape/,
  );
});

test("rows are selected and joined with their sizes", () => {
  const chosen = selectRows(mixed, [2, 1]);
  assert.equal(
    [[...(chosen.candidateCounts ?? [])], [...(chosen.listLengths ?? [])]],
    [
      [3, 2],
      [1, 2],
    ],
  );
  const whole = selectRows({ ...mixed, candidateCounts: undefined, listLengths: undefined } as never, [0]);
  const joined = joinRows([whole, chosen]);
  assert.equal([...(joined.candidateCounts ?? [])], [3, 3, 2]);
  assert.equal([...(joined.listLengths ?? [])], [2, 1, 2]);
  assert.equal(selectRows(joined, [1, 2]), chosen);
  const labelled = { ...mixed, labels: new Float32Array(9) };
  assert.throws(() => joinRows([labelled, mixed]), /only some of the datasets have labels/);
});

test("labels and lists leave out what fills rows up", () => {
  assert.equal([...candidateLabels(mixed)], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  assert.equal([...showableLists(mixed)], [2, 0, 1, 0, 2, -1]);
  assert.equal([...listRewards(mixed, showableLists(mixed))], [1, 1, 1]);
});

test("where the source tells the feedback on every candidate, that is the label", () => {
  const labels = Float32Array.of(1, 0.5, 0, 0, 1, 0, 0, 1, 1);
  const labelled = { ...mixed, labels };
  assert.equal(candidateLabels(labelled), labels);
  assert.equal([...candidateLabels(feedbackBatch(labelled, [1]))], [0, 1]);
  assert.equal([...listRewards(labelled, Int32Array.of(0, 1, 1, 0, 1, -1))], [1.5, 1, 1]);
});

test.run();
