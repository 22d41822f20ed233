/** Worlds by name: option sets for experiments and tests, each with the size of log that suits it. */
import type { WorldOptions } from "./embedded-world.ts";

/** A world, and how much of its log there is. */
export interface Scenario {
  readonly description: string;
  /** What differs from the default world; for `createWorld`. */
  readonly options: WorldOptions;
  /** Lists to draw for training. */
  readonly trainingLists: number;
  /** Items of what its user was shown before that a request knows, H; 0 unless given. */
  readonly historyLength?: number;
}

/** Names of the scenarios. */
export type ScenarioName = "default" | "returning" | "weak-reward" | "tiny";

/** Every scenario by its name. */
export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  default: {
    description: "a logging policy that explores, and lists enough to learn what it found",
    options: {},
    trainingLists: 100_000,
  },
  returning: {
    description: "as default, with users who return: a request knows the last three lists that its user was shown",
    options: {},
    trainingLists: 100_000,
    historyLength: 18,
  },
  "weak-reward": {
    description: "a sharp logging policy and few lists: a reward model learns little beyond that policy's habits",
    options: { policyTemperature: 0.3 },
    trainingLists: 5000,
  },
  tiny: {
    description: "small enough to enumerate every list of a request",
    options: { userCount: 60, itemCount: 80, topicCount: 6, candidateCount: 12, listLength: 4 },
    trainingLists: 2000,
  },
};

/**
 * The scenario called `name`.
 * @throws RangeError that lists the names, for an unknown one.
 * @example
 * const world = createWorld({ ...findScenario("tiny").options, seed: 7 });
 */
export function findScenario(name: string): Scenario {
  if (!Object.hasOwn(SCENARIOS, name)) {
    throw new RangeError(`world: no scenario "${name}"; expected one of ${Object.keys(SCENARIOS).join(", ")}`);
  }
  return SCENARIOS[name as ScenarioName];
}
