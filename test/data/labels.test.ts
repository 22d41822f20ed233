/** Labels of lists that were shown and of lists that nobody saw. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { feedbackBatch } from "../../src/data/batch.ts";
import type { ListDataset } from "../../src/data/dataset.ts";
import { candidateLabels, labelsOfLists, listRewards, mixedLists, showableLists } from "../../src/data/labels.ts";
import { Random } from "../../src/kernels/index.ts";
import { log } from "../small-world.ts";

const test = suite("feedback");

const everyRow = Int32Array.from({ length: log.size }, (_, row) => row);
const key = { seed: 1, stream: "test", step: 0 };

/** Columns of lists and feedback alone, as labels need them. */
function smallDataset(
  columns: Pick<ListDataset, "size" | "candidateCount" | "listLength" | "exposed" | "feedback">,
): ListDataset {
  return {
    ...columns,
    historyLength: 0,
    users: new Int32Array(columns.size),
    candidates: new Int32Array(columns.size * columns.candidateCount),
    retrieverScores: new Float32Array(columns.size * columns.candidateCount),
    history: new Int32Array(0),
    historyFeedback: new Float32Array(0),
  };
}

const twoLists = smallDataset({
  size: 2,
  candidateCount: 5,
  listLength: 3,
  exposed: Int32Array.of(4, 0, 2, 1, -1, 3),
  feedback: Float32Array.of(1, 0, 1, 0, 1, 1),
});

test("rows are taken in the order in which they are asked for", () => {
  const batch = feedbackBatch(twoLists, [1, 0]);
  assert.equal([...batch.exposed], [1, -1, 3, 4, 0, 2]);
  assert.equal([...batch.feedback], [0, 1, 1, 1, 0, 1]);
  assert.equal([...candidateLabels(batch)], [0, 0, 0, 1, 0, 0, 0, 1, 0, 1]);
});

test("a candidate's label is the feedback that it got, 0 for what was not shown or is no candidate", () => {
  assert.equal([...candidateLabels(twoLists)], [0, 0, 1, 0, 1, 0, 0, 0, 1, 0]);
  const lists = Int32Array.of(4, 3, 2, 0, 1, 2, 3, 2, 1, 0, 4, 3);
  assert.equal([...labelsOfLists(twoLists, lists)], [1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1]);
  assert.equal([...listRewards(twoLists, Int32Array.of(3, 2, 0, 1, 3, 2))], [1, 1]);
});

test("a list that can be shown keeps its candidates in place, and unshown ones stand for the others", () => {
  assert.equal([...showableLists(feedbackBatch(twoLists, [1, 0]))], [1, 0, 3, 4, 0, 2]);
  assert.equal([...listRewards(twoLists, showableLists(twoLists))], [2, 1]);
  const missing = { ...twoLists, exposed: Int32Array.of(-1, 0, -1, -1, -1, -1) };
  assert.equal([...showableLists(missing)], [1, 0, 2, 0, 1, 2]);
  assert.equal(showableLists(log), log.exposed);
});

test("mixed lists count what was not shown as 0, and hold shown and other candidates", () => {
  const lists = mixedLists(log, key);
  const labels = labelsOfLists(log, lists);
  let shownCount = 0;
  everyRow.forEach((row) => {
    const shown = [...log.exposed.slice(row * log.listLength, (row + 1) * log.listLength)];
    const list = [...lists.slice(row * log.listLength, (row + 1) * log.listLength)];
    assert.is(new Set(list).size, log.listLength);
    list.forEach((position, t) => {
      const at = shown.indexOf(position);
      if (at >= 0) shownCount++;
      const expected = at < 0 ? 0 : log.feedback[row * log.listLength + at];
      assert.is(labels[row * log.listLength + t], expected);
    });
  });
  const share = shownCount / lists.length;
  assert.ok(share > 0.35 && share < 0.65, `${share}`);
});

test("mixed lists follow their key, and put shown candidates at every position", () => {
  const lists = mixedLists(log, key);
  assert.equal(mixedLists(log, key), lists);
  assert.not.equal(mixedLists(log, { ...key, step: 1 }), lists);
  for (let t = 0; t < log.listLength; t++) {
    const shown = everyRow.filter((row) => {
      const own = log.exposed.subarray(row * log.listLength, (row + 1) * log.listLength);
      return own.includes(lists[row * log.listLength + t]);
    });
    assert.ok(shown.length > 0 && shown.length < log.size, `${shown.length} at position ${t}`);
  }
});

test("mixed lists hold distinct candidates whatever the sizes, also where shown items are no candidates", () => {
  const sizes = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 8 }), fc.nat(100))
    .map(([listLength, extra, seed]) => ({ listLength, candidateCount: listLength + extra, seed }));
  fc.assert(
    fc.property(sizes, ({ listLength, candidateCount, seed }) => {
      const random = new Random({ seed, stream: "sizes", step: 0 });
      const exposed = random.permutation(candidateCount).slice(0, listLength);
      const dataset = smallDataset({
        size: 1,
        candidateCount,
        listLength,
        exposed: exposed.map((position) => (random.uniform() < 0.3 ? -1 : position)),
        feedback: new Float32Array(listLength),
      });
      const list = mixedLists(dataset, { ...key, seed });
      assert.is(new Set(list).size, listLength);
      for (const position of list) assert.ok(position >= 0 && position < candidateCount);
    }),
  );
});

test.run();
