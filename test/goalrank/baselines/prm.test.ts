/** PRM as a method; its loss and what it reads are tested with the tasks of training. */
import { suite } from "uvu";
import { PersonalisedReranker, PRM } from "../../../src/goalrank/baselines/prm.ts";
import { PointwiseRanker } from "../../../src/index.ts";
import { world } from "../small-world.ts";
import { assertEquivariant, assertLearns, assertReadsInitialRanking, hideScores } from "./scoring-checks.ts";
import { lists32, random, WIDTH } from "./small-context.ts";

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

test("it learns on the tiny world and ranks distinct candidates", () => assertLearns(PRM));

test.run();
