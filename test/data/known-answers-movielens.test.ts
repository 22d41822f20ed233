/** MovieLens-1M, where GOALRANK_DATA names a folder that holds `ml-1m/ratings.dat`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cutFile } from "./logs.ts";

const file = join(process.env.GOALRANK_DATA ?? "", "ml-1m", "ratings.dat");
const testOnData = existsSync(file) ? test : test.skip;

testOnData("MovieLens-1M has the paper's counts after the 20-core filter and the cut", async () => {
  const { counts } = await cutFile({ format: "movielens", file });
  assert.equal(counts.read, { users: 6040, items: 3706, interactions: 1_000_209, positives: 836_478 });
  assert.equal(counts.kept, { users: 6022, items: 3043, interactions: 995_154, positives: 832_994 });
  assert.equal(counts.lists, {
    lists: 163_348,
    withPositive: 161_646,
    withRepeat: 0,
    training: 125_428,
    validation: 5_948,
    test: 5_946,
    unused: 24_324,
    testUsersWithoutPositive: 76,
    testUsersWithRepeat: 0,
  });
});

testOnData("MovieLens-1M has its known counts under one cut in time for all users", async () => {
  const { counts } = await cutFile({ format: "movielens", file }, { split: "global-time" });
  assert.equal(counts.lists, {
    lists: 163_348,
    withPositive: 161_646,
    withRepeat: 0,
    training: 102_878,
    validation: 1_180,
    test: 1_633,
    unused: 55_955,
    testUsersWithoutPositive: 8,
    testUsersWithRepeat: 0,
  });
});

test.run();
