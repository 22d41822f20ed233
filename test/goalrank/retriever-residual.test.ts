/** Methods whose scores begin as the retriever's. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../src/data/batch.ts";
import { allRows } from "../../src/data/labels.ts";
import { RetrieverResidual } from "../../src/goalrank/retriever-residual.ts";
import { findMethod } from "../../src/methods/index.ts";
import { createSharedModels } from "../../src/methods/shared-models.ts";
import { full, scope } from "../../src/tensor/index.ts";
import { log, world } from "../small-world.ts";

const { listLength, candidateCount, historyLength } = log;
const sizes = { width: 8, heads: 2, layers: 1, dropoutRate: 0, seed: 3 };
const judge = {
  kind: "item-softmax-discounted",
  contextLayers: 0,
  head: "positions",
  reading: "whole-list",
  members: 1,
  pessimism: 0,
} as const;

test("before they learn, all that score candidates or write lists rank as the retriever does", async () => {
  const shape = { ...sizes, listLength, candidateCount, historyLength, residual: true };
  const { context } = createSharedModels({ ...shape, catalogue: world.catalogue }, judge, [
    "pointwise",
    "imitation",
    "judge",
  ]);
  const expected = await findMethod("retriever").create(context).rank(log);
  for (const name of ["dnn", "dlcm", "set-rank", "prm", "mir", "rank-mixer", "imitation", "goalrank"]) {
    const ranked = await findMethod(name).create(context).rank(log);
    assert.equal(ranked.lists, expected.lists, name);
  }
});

test("z = a s + g f, with s in standard deviations of the request, and 0 where all scores are equal", () => {
  using _ = scope();
  const batch = candidateBatch(log, allRows(log));
  const residual = new RetrieverResidual();
  const base = residual.base(batch);
  const [mean, square] = [base.mean(1).dataSync(), base.square().mean(1).dataSync()];
  mean.forEach((value, row) => {
    assert.ok(Math.abs(value) < 1e-4 && Math.abs(square[row] - 1) < 1e-3, `${row}: ${value}, ${square[row]}`);
  });
  const flat = { ...batch, retrieverScores: full(batch.retrieverScores.shape, 7) };
  assert.ok(
    residual
      .base(flat)
      .dataSync()
      .every((score) => score === 0),
  );
  const parameters = residual.namedParameters();
  parameters.get("trust")?.assign(Float32Array.of(2));
  parameters.get("gate")?.assign(Float32Array.of(3));
  const learned = full(base.shape, 1);
  const sum = residual.add(residual.base(batch), learned).dataSync();
  const expected = base.dataSync().map((score) => 2 * score + 3);
  assert.ok(expected.every((value, at) => Math.abs(sum[at] - value) < 1e-5));
});

test.run();
