/** RankMixer: how tokens mix, that it fits what it is shown, and that each candidate is scored by itself. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Catalogue } from "../../src/data/dataset.ts";
import { mixTokens, RANK_MIXER, RankMixer } from "../../src/methods/rank-mixer.ts";
import { pointwiseLoss } from "../../src/methods/scoring/scoring-method.ts";
import { tensor } from "../../src/tensor/index.ts";
import { world } from "../small-world.ts";
import { throwsMessage } from "../throws-message.ts";
import { assertEquivariant, assertFits, assertLearns, scoresOf } from "./scoring/scoring-checks.ts";
import { lists32, random, WIDTH, withHistory } from "./small-context.ts";

const test = suite("RankMixer");

function createModel(catalogue: Catalogue = world.catalogue, historyLength = 0, width = WIDTH): RankMixer {
  const options = { width, layers: 2, historyLength, dropoutRate: 0, seed: 3 };
  return new RankMixer(catalogue, options, random("RankMixer"));
}

test("token h of the mixture is head h of all tokens", () => {
  // Two tokens of one row, each of two heads of width 2.
  const mixed = mixTokens(tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 4]));
  assert.equal([...mixed.dataSync()], [1, 2, 5, 6, 3, 4, 7, 8]);
});

test("rows do not mix, and mixing twice gives the tokens back", () => {
  const values = Float32Array.from({ length: 3 * 5 * 6 }, (_, i) => i);
  const x = tensor(values, [3, 5, 6]);
  assert.equal(mixTokens(mixTokens(x)).dataSync(), values);
  const second = mixTokens(x.slice(1, 1, 2)).dataSync();
  assert.equal(mixTokens(x).slice(1, 1, 2).dataSync(), second);
});

test("it fits 32 lists: nothing is lost, and the positives come first", () =>
  assertFits(createModel(), pointwiseLoss, 0, { epochs: 120 }));

test("it is equivariant to the order of candidates, and scores each by itself", () => {
  const model = createModel();
  assertEquivariant(model, lists32);
  const { candidateCount: count, candidates } = lists32;
  const before = scoresOf(model, lists32);
  const changed = candidates.map((item, at) => (at % count === 0 ? (item + 1) % world.catalogue.itemCount : item));
  scoresOf(model, { ...lists32, candidates: changed }).forEach((score, at) => {
    if (at % count > 0) assert.ok(Math.abs(score - before[at]) < 1e-6);
  });
});

test("where nothing is known of users it has two tokens, and four with a history", () => {
  const { userFeatures: _, ...anonymous } = world.catalogue;
  const shapeOf = (model: RankMixer) => model.namedParameters().get("blocks.0.inner.weight")?.shape;
  const two = createModel(anonymous);
  assert.equal(shapeOf(two), [2, WIDTH, 4 * WIDTH]);
  assert.ok(scoresOf(two, lists32).every(Number.isFinite));
  const four = createModel(anonymous, 5);
  assert.equal(shapeOf(four), [4, WIDTH, 4 * WIDTH]);
  assert.ok(scoresOf(four, withHistory(lists32, 5)).every(Number.isFinite));
});

test("a width that cannot be cut into heads is refused", () => {
  throwsMessage(
    () => createModel(world.catalogue, 0, 10),
    "RankMixer: the width must be a multiple of its 4 tokens, got 10",
  );
});

test("it learns on the tiny world and ranks distinct candidates", () => assertLearns(RANK_MIXER));

test.run();
