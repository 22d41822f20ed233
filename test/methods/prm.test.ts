/** PRM as a method; its loss and what it reads are tested with the tasks of training. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PointwiseRanker } from "../../src/methods/pointwise-ranker.ts";
import { PersonalisedReranker, PRM, PRM_AS_THEY_COME } from "../../src/methods/prm.ts";
import { world } from "../small-world.ts";
import {
  assertEquivariant,
  assertLearns,
  assertReadsInitialRanking,
  hideScores,
} from "./scoring/scoring-checks.ts";
import { createSchool, itemsOf, learned, lists32, random, reordered, WIDTH } from "./small-context.ts";

const test = suite("PRM");

function createModel(pointwise = new PointwiseRanker(world.catalogue, WIDTH, random("pointwise"))) {
  const { candidateCount } = lists32;
  const options = { width: WIDTH, heads: 2, layers: 1, candidateCount, dropoutRate: 0, seed: 3 };
  return new PersonalisedReranker(world.catalogue, pointwise, options, random("PRM"));
}

test("where candidates stand changes nothing", () => assertEquivariant(createModel(), lists32));

test("it reads the initial ranking", () => {
  const pointwise = new PointwiseRanker(world.catalogue, WIDTH, random("pointwise"));
  hideScores(pointwise);
  assertReadsInitialRanking(createModel(pointwise));
});

test("with the order in which candidates come for the initial ranking, it answers by where they stand", async () => {
  const school = await createSchool(lists32);
  const order = [...lists32.candidates.subarray(0, lists32.candidateCount).keys()].reverse();
  const backwards = reordered(lists32, order);
  for (const [method, sees] of [
    [PRM, false],
    [PRM_AS_THEY_COME, true],
  ] as const) {
    const { rank } = await learned(method, school);
    const lists = itemsOf(lists32, await rank(lists32));
    const moved = itemsOf(backwards, await rank(backwards));
    if (sees) assert.not.equal(moved, lists);
    else assert.equal(moved, lists);
  }
});

test("it learns on the tiny world and ranks distinct candidates", () => assertLearns(PRM));

test.run();
