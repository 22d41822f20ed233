/** A world, models and options small enough for tests. */
import { type RunData, worldData } from "../src/run/data.ts";
import { DEFAULT_RUN, type RunSettings } from "../src/run/settings.ts";
import { createWorld } from "../src/world/embedded-world.ts";
import { drawLog } from "../src/world/logging-policy.ts";
import { findScenario } from "../src/world/scenarios.ts";

export const world = createWorld({ ...findScenario("tiny").options, seed: 3 });
export const log = drawLog(world, { size: 64, seed: 3, stream: "training" });

export const generatorOptions = {
  width: 8,
  heads: 2,
  encoderLayers: 1,
  decoderLayers: 1,
  listLength: log.listLength,
  dropoutRate: 0,
  seed: 3,
  stream: "generator",
};

export const rewardOptions = {
  width: 8,
  heads: 2,
  layers: 1,
  contextLayers: 0,
  listLength: log.listLength,
  reading: "top-down",
  head: "positions",
  dropoutRate: 0,
  seed: 3,
  stream: "reward model",
} as const;

export function smallData(): RunData {
  return worldData({ scenario: "tiny", seed: 3, trainingLists: 1500, testRequests: 60 });
}

export const smallExperiment: RunSettings = {
  ...DEFAULT_RUN,
  width: 8,
  dropoutRate: 0.1,
  policyRequests: 320,
  generatorEvaluatorLists: [5],
};
