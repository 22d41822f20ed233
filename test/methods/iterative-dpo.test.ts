/** Iterative DPO: its rounds, and that each begins with what the one before it left. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { mean } from "../../src/evaluation/statistics.ts";
import { predictedRewards } from "../../src/goalrank/judge.ts";
import { ITERATIVE_DPO } from "../../src/methods/iterative-dpo.ts";
import { sharedModel } from "../../src/methods/method.ts";
import { DEFAULT_TRAINING } from "../../src/training/options.ts";
import { train } from "../../src/training/trainer.ts";
import { log } from "../small-world.ts";
import { assertRanked, createSchool, judgeOf } from "./small-context.ts";

const test = suite("iterative DPO");

test("three rounds take a third of the requests each, and end with lists that the judge likes better", async () => {
  const school = await createSchool(log);
  const { context } = school.models;
  const rounds: [string, number][] = [];
  const instance = ITERATIVE_DPO.create(context);
  const worth = async () => {
    const ranked = await instance.rank(log);
    assertRanked(log, ranked);
    return mean(await predictedRewards(judgeOf(school), log, ranked.lists));
  };
  await instance.models["iterative-dpo"].loadStateDict(await sharedModel(context, "imitation").stateDict());
  const before = await worth();
  await instance.learn?.({
    ...school.lesson,
    policy: { ...school.lesson.policy, policyRequests: 32 },
    train(task) {
      rounds.push([task.stage, task.size]);
      return train(task, { ...DEFAULT_TRAINING, epochs: 6, batchSize: 8, learningRate: 5e-3, seed: 3 });
    },
  });
  assert.equal(rounds, [
    ["iterative-dpo round 1", 11],
    ["iterative-dpo round 2", 11],
    ["iterative-dpo round 3", 10],
  ]);
  const after = await worth();
  assert.ok(after > before, `${before} ${after}`);
});

test.run();
