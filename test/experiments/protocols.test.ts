/** Orders of candidates that tell what was exposed, and the protocols that are compared. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ListDataset } from "../../src/data/dataset.ts";
import { exposedFirst } from "../../src/experiments/candidate-order.ts";
import { chooseDataset } from "../../src/experiments/datasets.ts";
import { protocols } from "../../src/experiments/named/protocols.ts";
import { table1 } from "../../src/experiments/named/table1.ts";
import { workKey } from "../../src/experiments/trial.ts";
import { Random } from "../../src/kernels/philox.ts";
import { log } from "../small-world.ts";

const test = suite("protocols");

function rowOf<Column extends Int32Array | Float32Array>(column: Column, row: number, width: number) {
  return [...column.subarray(row * width, (row + 1) * width)];
}

/** Exposed items that are candidates, in the order in which they were shown. */
function shownItems({ candidates, exposed, candidateCount, listLength }: ListDataset, row: number) {
  return rowOf(exposed, row, listLength)
    .filter((place) => place >= 0)
    .map((place) => candidates[row * candidateCount + place]);
}

test("exposed candidates come first, in the order in which they were shown, and nothing else changes", () => {
  fc.assert(
    fc.property(fc.nat(1e6), (seed) => {
      const random = new Random({ seed, stream: "lost", step: 0 });
      // Some exposed items are no candidates, as where nothing is injected.
      const exposed = log.exposed.map((place) => (random.integer(10) < 3 ? -1 : place));
      const before = { ...log, exposed };
      const after = exposedFirst(before);
      const { candidateCount, listLength } = log;
      for (let row = 0; row < log.size; row++) {
        const shown = shownItems(before, row);
        assert.equal(shownItems(after, row), shown);
        assert.equal(rowOf(after.candidates, row, candidateCount).slice(0, shown.length), shown);
        const lost = (dataset: ListDataset) => rowOf(dataset.exposed, row, listLength).map((place) => place < 0);
        assert.equal(lost(after), lost(before));
        const scored = (dataset: ListDataset) =>
          rowOf(dataset.candidates, row, candidateCount)
            .map((item, n) => [item, dataset.retrieverScores[row * candidateCount + n]])
            .sort(([a], [b]) => a - b);
        assert.equal(scored(after), scored(before));
      }
    }),
    { numRuns: 20 },
  );
});

test("every protocol is a work of its own, and the usual one is that of table 1", async () => {
  const folder = mkdtempSync(join(tmpdir(), "goalrank-protocols-"));
  try {
    mkdirSync(join(folder, "ml-1m"));
    writeFileSync(join(folder, "ml-1m", "ratings.dat"), "1::1::5::1\n");
    const dataset = await chooseDataset({ name: "ml-1m", folder });
    const trials = protocols.trials({ seeds: [1], dataset });
    const keys = new Set(trials.map(({ work }) => workKey(work)));
    assert.is(keys.size, trials.length);
    assert.is(new Set(trials.map(({ method, variant }) => `${method} ${variant}`)).size, trials.length);
    const inTable = new Set(table1.trials({ seeds: [1], dataset }).map(({ work }) => workKey(work)));
    const again = trials.filter(({ work }) => inTable.has(workKey(work)));
    assert.equal(
      again.map(({ method, variant }) => [variant, method]),
      ["retriever", "DNN", "PRS (SetRank)", "PRM", "GoalRank"].map((method) => ["injected, shuffled", method]),
    );
    // Shared models that differ are told apart in their table.
    const shared = new Map(trials.map(({ needs }) => [needs && workKey(needs.work), needs?.variant]));
    assert.is(new Set(shared.values()).size, shared.size);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a world has no protocols", async () => {
  const dataset = await chooseDataset({ name: "tiny" });
  assert.equal(protocols.trials({ seeds: [1], dataset }), []);
});

test("a log's models depend on how candidates are chosen, as in a run", async () => {
  const folder = mkdtempSync(join(tmpdir(), "goalrank-retrieved-"));
  try {
    mkdirSync(join(folder, "ml-1m"));
    writeFileSync(join(folder, "ml-1m", "ratings.dat"), "1::1::5::1\n");
    const kindOf = async (protocol?: "retrieved") => {
      const { shared } = await chooseDataset({ name: "ml-1m", folder, ...(protocol && { protocol }) });
      return [shared.reward.kind, shared.residual, shared.loss];
    };
    assert.equal(await kindOf(), ["contextual", false, "own"]);
    assert.equal(await kindOf("retrieved"), ["item-softmax-discounted", true, "list-wise"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
