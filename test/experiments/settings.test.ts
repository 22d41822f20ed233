/** What experiments change: the judge that is wrong on purpose, groups of another size, and the datasets. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, type RequestBatch } from "../../src/data/batch.ts";
import { chooseDataset } from "../../src/experiments/datasets.ts";
import { scaleSet } from "../../src/experiments/named/table2.ts";
import { NoisyJudge, rewardSpread } from "../../src/experiments/noisy-judge.ts";
import { GROUP_SOURCES } from "../../src/goalrank/groups/group-set.ts";
import { DEFAULT_GROUPS } from "../../src/goalrank/groups/group-settings.ts";
import type { ListJudge } from "../../src/goalrank/judge.ts";
import { full, noGrad, scope, type Tensor, tensor } from "../../src/tensor/index.ts";
import { log } from "../small-world.ts";

/** Says 2 for every list. */
const honest: ListJudge = { rewards: (_, lists) => full(lists.shape.slice(0, 2), 2) };
const noise = { mean: 3, deviation: 0.5, seed: 1 };
const batch = candidateBatch(log, [0, 1, 2, 3]);
const lists = tensor(
  Int32Array.from({ length: 4 * 3 * 4 }, (_, at) => (5 * (Math.floor(at / 4) % 3) + at) % 12),
  [4, 3, 4],
);

function rewardsBy(judge: ListJudge, asked: RequestBatch = batch, own: Tensor = lists): number[] {
  using _ = scope();
  return noGrad(() => [...judge.rewards(asked, own).dataSync()]);
}

test("noise is mixed into rewards by lambda, and is the same for the same user and list", () => {
  const pure = rewardsBy(new NoisyJudge(honest, { ...noise, bias: 1 }));
  const half = rewardsBy(new NoisyJudge(honest, { ...noise, bias: 0.5 }));
  assert.equal(rewardsBy(new NoisyJudge(honest, { ...noise, bias: 0 })), rewardsBy(honest));
  assert.equal(rewardsBy(new NoisyJudge(honest, { ...noise, bias: 1 })), pure);
  half.forEach((reward, i) => {
    assert.ok(Math.abs(reward - (1 + 0.5 * pure[i])) < 1e-6);
  });
  // The second request's lists, asked for alone.
  const alone = rewardsBy(
    new NoisyJudge(honest, { ...noise, bias: 1 }),
    candidateBatch(log, [1]),
    tensor(Int32Array.from(lists.dataSync()).slice(12, 24), [1, 3, 4]),
  );
  assert.equal(alone, pure.slice(3, 6));
  assert.is(new Set(pure).size, pure.length);
  assert.throws(() => new NoisyJudge(honest, { ...noise, bias: 1.1 }), /between 0 and 1, got 1.1/);
});

test("noise has the mean and the deviation that it is given", () => {
  const judge = new NoisyJudge(honest, { ...noise, bias: 1 });
  const size = log.size * 20;
  const many = Int32Array.from({ length: size * 4 }, (_, at) => (Math.floor(at / 4) + 3 * (at % 4)) % 12);
  const rows = Int32Array.from({ length: log.size }, (_, row) => row);
  const rewards = rewardsBy(judge, candidateBatch(log, rows), tensor(many, [log.size, 20, 4]));
  const distinct = [...new Set(rewards)];
  const mean = distinct.reduce((sum, reward) => sum + reward, 0) / distinct.length;
  const deviation = Math.sqrt(distinct.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / (distinct.length - 1));
  // 12 lists of each of many users: four standard errors.
  assert.ok(distinct.length > 300, `${distinct.length}`);
  assert.ok(Math.abs(mean - 3) < (4 * 0.5) / Math.sqrt(distinct.length), `${mean}`);
  assert.ok(Math.abs(deviation - 0.5) < (4 * 0.5) / Math.sqrt(2 * distinct.length), `${deviation}`);
});

test("the spread of a judge's rewards is that over logged lists", async () => {
  const byUser: ListJudge = {
    rewards: ({ users }, own) =>
      users
        .cast("f32")
        .reshape([-1, 1])
        .add(full(own.shape.slice(0, 2), 0)),
  };
  const spread = await rewardSpread(byUser, log);
  const users = [...log.users];
  const mean = users.reduce((sum, user) => sum + user, 0) / users.length;
  assert.ok(Math.abs(spread.mean - mean) < 1e-6);
  const variance = users.reduce((sum, user) => sum + (user - mean) ** 2, 0) / (users.length - 1);
  assert.ok(Math.abs(spread.deviation - Math.sqrt(variance)) < 1e-6);
});

test("a set that is scaled has as many lists as asked for, in about the same parts", () => {
  const counts = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: GROUP_SOURCES.length });
  fc.assert(
    fc.property(counts, fc.integer({ min: 2, max: 200 }), (own, size) => {
      const total = own.reduce((sum, count) => sum + count, 0);
      fc.pre(total > 0);
      const set = own.map((count) => ({ source: "policy", count }) as const);
      const scaled = scaleSet(set, size).map(({ count }) => count);
      assert.is(
        scaled.reduce((sum, count) => sum + count, 0),
        size,
      );
      scaled.forEach((count, i) => {
        assert.ok(Math.abs(count - (own[i] * size) / total) < 1);
      });
    }),
  );
  assert.equal(scaleSet(DEFAULT_GROUPS.set, 16), DEFAULT_GROUPS.set);
});

test("a dataset's label names what is not as usual, and wishes that do not fit are errors", async () => {
  assert.is((await chooseDataset({ name: "tiny" })).label, "tiny");
  assert.is((await chooseDataset({ name: "tiny", maxLists: 99 })).label, "tiny, 99 lists");
  const error = async (wishes: Parameters<typeof chooseDataset>[0]) => {
    try {
      await chooseDataset(wishes);
    } catch (problem) {
      assert.instance(problem, RangeError);
      return (problem as RangeError).message;
    }
    return "no error";
  };
  assert.match(await error({ name: "embeded" }), /no dataset "embeded"; did you mean "embedded"\?/);
  assert.match(await error({ name: "tiny", split: "global-time" }), /tiny is no log/);
  assert.match(await error({ name: "ml-1m" }), /name the folder .* with --data or GOALRANK_DATA/);
  assert.match(await error({ name: "ml-1m", folder: "/nowhere" }), /there is no .nowhere.ml-1m.ratings.dat/);
});

test.run();
