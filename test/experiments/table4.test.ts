/** The simulated A/B test: nothing is found where nothing is, and a better policy is found. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chooseDataset } from "../../src/experiments/datasets.ts";
import { runsOn } from "../../src/experiments/experiment.ts";
import {
  type ArmResult,
  HYBRID_SHARE,
  type Policies,
  type Policy,
  simulateAbTest,
} from "../../src/experiments/named/simulated-ab-test.ts";
import { table4 } from "../../src/experiments/named/table4.ts";
import { byScores, rankRequests } from "../../src/methods/answering.ts";
import { tensor } from "../../src/tensor/index.ts";
import { createWorld } from "../../src/world/embedded-world.ts";
import { findScenario } from "../../src/world/scenarios.ts";
import { OUTCOMES } from "../../src/world/sessions.ts";

import { randomRanking } from "../random-ranking.ts";

const test = suite("table 4");

const world = createWorld({ ...findScenario("tiny").options, userCount: 200, seed: 3 });

const byChance: Policy = (requests) => randomRanking(requests, 5);

/** The candidates that a user likes best by themselves. */
const byTaste: Policy = (requests) =>
  rankRequests(
    byScores({
      forward: ({ users, items }) => {
        const [own, candidates] = [users.dataSync(), items.dataSync()];
        const count = items.shape[1];
        const tastes = Array.from(candidates, (item, at) => world.affinity(own[Math.floor(at / count)], item));
        return tensor(tastes, items.shape);
      },
    }),
    requests,
  );

function run(policies: Policies, seed: number, sessionsPerUser = 12): Promise<readonly ArmResult[]> {
  return simulateAbTest(world, policies, { sessionsPerUser, seed });
}

function significant({ outcomes }: ArmResult): string[] {
  return OUTCOMES.filter((outcome) => outcomes[outcome].significant);
}

test("a better policy is found, a share of it brings that share, and the control is not unlike itself", async () => {
  const results = await run({ control: byChance, treatment: byTaste }, 1, 40);
  const [same, hybrid, pure] = results;
  assert.equal(
    results.map(({ arm }) => arm),
    ["A/A", "hybrid", "pure"],
  );
  assert.equal(significant(same), []);
  // Comments are too rare for a test of 200 users to be sure of them.
  const frequent = OUTCOMES.filter((outcome) => outcome !== "comments");
  assert.equal(
    significant(pure).filter((outcome) => outcome !== "comments"),
    frequent,
  );
  for (const outcome of frequent) {
    const [whole, part] = [pure.outcomes[outcome], hybrid.outcomes[outcome]];
    assert.ok(whole.relative > 0.1, `${outcome}: ${whole.relative}`);
    // The mixture's expected change is its share of the whole change.
    const uncertainty = part.halfWidth + HYBRID_SHARE * whole.halfWidth;
    assert.ok(Math.abs(part.difference - HYBRID_SHARE * whole.difference) < uncertainty, outcome);
  }
});

test("two equal policies are told apart as seldom as the intervals say", async () => {
  const found: string[] = [];
  for (let seed = 1; seed <= 12; seed++) {
    const results = await run({ control: byChance, treatment: byChance }, seed);
    found.push(...results.flatMap(significant));
  }
  // One of twenty tests finds something by chance, in the mean; the outcomes of a test go together.
  assert.ok(found.length <= 3, found.join());
});

test("the same seed gives the same result, and each user counts once", async () => {
  const policies = { control: byChance, treatment: byTaste };
  assert.equal(await run(policies, 4), await run(policies, 4));
  const users = (await run(policies, 4)).reduce((total, { users }) => total + users, 0);
  assert.ok(users > 100 && users < 200, `${users} in three of four arms`);
});

test("a trial is one test with its shared models, and a log has none", async () => {
  const dataset = await chooseDataset({ name: "tiny" });
  const trials = table4.trials({ seeds: [1, 2], dataset });
  assert.equal(
    trials.map(({ seed, needs }) => [seed, needs?.seed]),
    [
      [1, 1],
      [2, 2],
    ],
  );
  assert.ok(runsOn(table4, dataset));
  const log = { ...dataset, settings: { ...dataset.settings, source: "log" } } as typeof dataset;
  assert.not.ok(runsOn(table4, log));
});

test.run();
