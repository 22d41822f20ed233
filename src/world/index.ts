/** Worlds: users whose feedback on an item depends on the list around it, so that every list's true reward is known. */
export {
  createWorld,
  DEFAULT_WORLD,
  EmbeddedWorld,
  type Latents,
  type WorldOptions,
  type WorldSettings,
} from "./embedded-world.ts";
export { fitWorld } from "./fit-world.ts";
export { FittedWorld, type FittedWorldSettings, type WorldFit } from "./fitted-world.ts";
export { rememberLists } from "./histories.ts";
export { drawLog, type LogOptions, redrawLists } from "./logging-policy.ts";
export * from "./oracle.ts";
export { collectFeedback, loggingLogProbabilities } from "./redrawn-feedback.ts";
export { findScenario, SCENARIOS, type Scenario, type ScenarioName } from "./scenarios.ts";
export { OUTCOMES, type SessionOutcomes, simulateSessions } from "./sessions.ts";
export { type GrowingList, type Past, type RequestSettings, World } from "./world.ts";
