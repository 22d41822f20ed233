/** KuaiRand-Pure, where GOALRANK_DATA names a folder that holds `kuairand-pure/interactions.csv.gz`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cutFile } from "./logs.ts";

const file = join(process.env.GOALRANK_DATA ?? "", "kuairand-pure", "interactions.csv.gz");
const testOnData = existsSync(file) ? test : test.skip;

testOnData("KuaiRand-Pure has its known counts after the 20-core filter and the cut", async () => {
  const columns = { feedback: "long_view" };
  const { counts } = await cutFile({ format: "csv", file, columns }, { positiveThreshold: 1 });
  assert.is(counts.read.interactions, 1_039_631);
  assert.equal([counts.kept.users, counts.kept.items, counts.kept.interactions], [19_433, 4_820, 936_998]);
  assert.equal(counts.lists, {
    lists: 147_971,
    withPositive: 121_004,
    withRepeat: 10_608,
    training: 76_933,
    validation: 14_855,
    test: 15_372,
    unused: 3_236,
    testUsersWithoutPositive: 3_522,
    testUsersWithRepeat: 539,
  });
});

testOnData("KuaiRand-Pure has its known counts under one cut in time for all users", async () => {
  const columns = { feedback: "long_view" };
  const options = { positiveThreshold: 1, split: "global-time" } as const;
  const { counts } = await cutFile({ format: "csv", file, columns }, options);
  assert.equal(counts.lists, {
    lists: 147_971,
    withPositive: 121_004,
    withRepeat: 10_608,
    training: 63_884,
    validation: 2_400,
    test: 9_722,
    unused: 34_390,
    testUsersWithoutPositive: 2_290,
    testUsersWithRepeat: 208,
  });
});

test.run();
