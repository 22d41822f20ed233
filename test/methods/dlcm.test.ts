/** DLCM: it fits what it is shown, and reads the candidates in the order of the initial ranking. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DLCM, ListContextRanker } from "../../src/methods/dlcm.ts";
import { attentionLoss } from "../../src/methods/scoring/scoring-method.ts";
import { world } from "../small-world.ts";
import {
  assertFits,
  assertLearns,
  assertReadsInitialRanking,
  assertRequestsApart,
  hideScores,
  listwiseFloor,
  rescored,
  scoresOf,
} from "./scoring/scoring-checks.ts";
import { lists32, random, reordered, WIDTH } from "./small-context.ts";

const test = suite("DLCM");

const createModel = () =>
  new ListContextRanker(world.catalogue, { width: WIDTH, dropoutRate: 0, seed: 3 }, random("DLCM"));

test("it fits 32 lists: nothing is lost beyond the spread over several positives, and they come first", () =>
  assertFits(createModel(), attentionLoss, listwiseFloor(lists32), { epochs: 120 }));

test("it reads the initial ranking, and not the order in which candidates stand", () => {
  assertReadsInitialRanking(createModel());
});

test("from the lowest rank to the top: a candidate's state tells of it and of those below", () => {
  const model = createModel();
  hideScores(model);
  // A context that says nothing, so that only the states are left.
  const { candidateCount: count, candidates } = lists32;
  for (const [name, value] of [
    ["fromContext.weight", 0],
    ["fromContext.bias", 1],
  ] as const) {
    const weights = model.namedParameters().get(name);
    assert.ok(weights);
    weights.assign(new Float32Array(weights.size).fill(value));
  }
  // Candidate n has rank n.
  const ranked = { ...lists32, retrieverScores: lists32.retrieverScores.map((_, at) => -(at % count)) };
  const before = scoresOf(model, ranked);
  const changed = candidates.map((item, at) => (at % count === 5 ? (item + 1) % world.catalogue.itemCount : item));
  scoresOf(model, { ...ranked, candidates: changed }).forEach((score, at) => {
    const isBelow = at % count > 5;
    assert.is(score === before[at], isBelow, `rank ${at % count}`);
  });
});

test("equal initial scores leave no trace of the order in which candidates stand", () => {
  const model = createModel();
  hideScores(model);
  const order = random("order").permutation(lists32.candidateCount);
  const tied = rescored(lists32, () => 0.5);
  const before = scoresOf(model, tied);
  const moved = scoresOf(model, reordered(tied, order));
  moved.forEach((score, at) => {
    const row = at - (at % order.length);
    assert.ok(Math.abs(score - before[row + order[at % order.length]]) < 1e-5);
  });
});

test("a request's scores do not depend on the batch's other requests", () => {
  assertRequestsApart(createModel(), lists32);
});

test("it learns on the tiny world and ranks distinct candidates", () => assertLearns(DLCM));

test.run();
