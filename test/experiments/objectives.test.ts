/** The experiment on objectives has a row for each that there is. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { chooseDataset } from "../../src/experiments/datasets.ts";
import { objectives } from "../../src/experiments/named/objectives.ts";
import { OBJECTIVES } from "../../src/methods/objectives/objective-settings.ts";

test("every objective of a generator is compared", async () => {
  const dataset = await chooseDataset({ name: "tiny" });
  const work = JSON.stringify(objectives.trials({ seeds: [1], dataset }));
  const missing = OBJECTIVES.filter((name) => name !== "imitation" && !work.includes(`"objective":"${name}"`));
  assert.equal(missing, []);
});

test.run();
