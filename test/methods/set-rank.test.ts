/** SetRank and its induced variant: they fit what they are shown, and see candidates as a set. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attentionLoss } from "../../src/methods/scoring/scoring-method.ts";
import { SET_RANK, SET_RANK_INDUCED, SetRank } from "../../src/methods/set-rank.ts";
import { world } from "../small-world.ts";
import {
  assertFits,
  assertLearns,
  assertReadsInitialRanking,
  assertRequestsApart,
  listwiseFloor,
  rescored,
  scoresOf,
} from "./scoring/scoring-checks.ts";
import { lists32, random, WIDTH } from "./small-context.ts";

const test = suite("SetRank");

const { candidateCount } = lists32;

for (const [name, induced] of [
  ["SetRank", {}],
  ["induced SetRank", { inducedRows: 5 }],
] as const) {
  const createModel = () => {
    const options = { width: WIDTH, heads: 2, layers: 2, candidateCount, dropoutRate: 0, seed: 3 };
    return new SetRank(world.catalogue, { ...options, ...induced }, random("SetRank"));
  };

  test(`${name} fits 32 lists: nothing is lost beyond the spread over several positives, and they come first`, () =>
    assertFits(createModel(), attentionLoss, listwiseFloor(lists32), { epochs: 200, learningRate: 3e-3 }));

  test(`${name} is equivariant to the order of candidates, whose initial ranking it reads`, () => {
    assertReadsInitialRanking(createModel());
  });

  test(`${name} makes up no order among candidates of equal initial score`, () => {
    const model = createModel();
    const same = { ...rescored(lists32, () => 0.5), candidates: lists32.candidates.slice().fill(7) };
    const scores = scoresOf(model, same);
    assert.ok(scores.every((score, at) => Math.abs(score - scores[at - (at % candidateCount)]) < 1e-5));
  });

  test(`a request's scores by ${name} do not depend on the batch's other requests`, () => {
    assertRequestsApart(createModel(), lists32);
  });
}

test("candidates of induced SetRank read each other through the learned rows", () => {
  const options = { width: WIDTH, heads: 2, layers: 1, candidateCount, dropoutRate: 0, seed: 3 };
  const model = new SetRank(world.catalogue, { ...options, inducedRows: 5 }, random("SetRank"));
  const rows = model.namedParameters().get("blocks.0.learnedRows");
  assert.ok(rows);
  assert.equal(rows.shape, [5, WIDTH]);
  const before = scoresOf(model, lists32);
  rows.assign(Float32Array.from(rows.dataSync(), (_, at) => Math.sin(at)));
  assert.not.equal(scoresOf(model, lists32), before);
});

for (const method of [SET_RANK, SET_RANK_INDUCED]) {
  test(`${method.name} learns on the tiny world and ranks distinct candidates`, () => assertLearns(method));
}

test.run();
