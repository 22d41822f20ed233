/** Learning by differentiable sorting, as every method that scores candidates. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GROUP_SORT } from "../../src/methods/group-sort.ts";
import { groupOrder } from "../../src/methods/ranking-losses.ts";
import { MemoryScorer } from "../../src/methods/scoring/memory-scorer.ts";
import { meanOver } from "../../src/methods/scoring/score-losses.ts";
import { scoringTask } from "../../src/methods/scoring/scoring-method.ts";
import { train } from "../../src/training/trainer.ts";
import { log, world } from "../small-world.ts";
import { assertEquivariant, assertLearns, assertRequestsApart } from "./scoring/scoring-checks.ts";
import { lists32, lossOf, OVERFITTING, random } from "./small-context.ts";

const test = suite("group sort");

const createModel = () =>
  new MemoryScorer(
    world.catalogue,
    { width: 16, heads: 2, layers: 1, dropoutRate: 0, seed: 3, stream: "group-sort" },
    random("group-sort"),
  );

test("it learns to sort what is liked to the top of 32 lists", async () => {
  const model = createModel();
  const task = scoringTask("fit", model, meanOver(groupOrder), lists32, "negative");
  const before = await lossOf(task);
  await train(task, { ...OVERFITTING, epochs: 60 });
  const after = await lossOf(task);
  assert.ok(after < 0.3 * before, `${before} fell to ${after}`);
});

test("scores go with the candidates, and those of a request do not depend on others", () => {
  assertEquivariant(createModel(), lists32);
  assertRequestsApart(createModel(), log);
});

test("it learns, whatever unexposed candidates count", () => assertLearns(GROUP_SORT));

test.run();
