import { test } from "uvu";
import * as assert from "uvu/assert";
import { createWorld } from "../../src/world/embedded-world.ts";
import { findScenario, SCENARIOS } from "../../src/world/scenarios.ts";

test("every scenario makes a world and recommends a number of training lists", () => {
  for (const name of Object.keys(SCENARIOS)) {
    const scenario = findScenario(name);
    const { settings } = createWorld(scenario.options);
    for (const [option, value] of Object.entries(scenario.options)) {
      assert.is(settings[option as keyof typeof settings], value, option);
    }
    assert.ok(Number.isInteger(scenario.trainingLists) && scenario.trainingLists > 0);
  }
});

test("weak-reward logs more sharply and less than the default", () => {
  const weak = findScenario("weak-reward");
  const usual = findScenario("default");
  assert.ok(weak.trainingLists < usual.trainingLists);
  assert.ok(
    createWorld(weak.options).settings.policyTemperature < createWorld(usual.options).settings.policyTemperature,
  );
});

test("an unknown scenario is an error that lists the names", () => {
  assert.throws(
    () => findScenario("huge"),
    /no scenario "huge"; expected one of default, returning, weak-reward, tiny/,
  );
  assert.throws(() => findScenario("toString"), /no scenario "toString"/);
});

test.run();
