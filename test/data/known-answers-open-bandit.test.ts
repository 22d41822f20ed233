/** Open Bandit, where GOALRANK_DATA names a folder that holds `open-bandit/`: its known clicks, and the uniform policy. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readInteractions } from "../../src/data/readers/read-interactions.ts";
import { uniformPolicyValue } from "../../src/data/uniform-policy.ts";

const folder = join(process.env.GOALRANK_DATA ?? "", "open-bandit");
const testOnData = existsSync(folder) ? test : test.skip;

const read = (name: string) => readInteractions({ format: "open-bandit", file: join(folder, `${name}.csv.gz`) });
const near = (value: number, expected: number, digits: number) =>
  assert.ok(Math.abs(value - expected) < 0.5 * 10 ** -digits, `${value}, not ${expected}`);

testOnData("every log has its clicks", async () => {
  for (const [name, clicks] of [
    ["random-men", 46],
    ["bts-men", 69],
    ["random-women", 46],
    ["bts-women", 46],
  ] as const) {
    const log = await read(name);
    assert.is(log.users.length, 10_000);
    assert.is(log.userIds.length, 10_000, "every row is of somebody of its own");
    assert.is(
      log.feedback.reduce((sum, click) => sum + click, 0),
      clicks,
    );
  }
});

testOnData("the uniform policy is valued where the log can tell, and not where it cannot", async () => {
  const men = uniformPolicyValue(await read("bts-men"));
  assert.is(men.items, 34);
  near(men.value, 0.0030086, 7);
  near(men.selfNormalised, 0.0031894, 7);
  near(men.effectiveSize, 656, 0);
  assert.is(men.isKnown, true);
  const women = uniformPolicyValue(await read("bts-women"));
  assert.is(women.items, 46);
  near(women.value, 0.0074376, 7);
  near(women.selfNormalised, 0.002373, 7);
  near(women.meanWeight, 3.13, 2);
  near(women.effectiveSize, 2.1, 1);
  assert.is(women.smallestPropensity, 1e-6);
  assert.is(women.isKnown, false);
});

test.run();
