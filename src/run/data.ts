/** What a run learns from and is tested on: requests with feedback to learn from, others to be judged by, from a world or a log. */
import type { Catalogue, ListDataset } from "../data/dataset.ts";
import type { UnexposedCandidates } from "../data/labels.ts";
import type { PreparedContent } from "../data/prepared/prepared-dataset.ts";
import type { Retriever } from "../data/retrievers/retriever.ts";
import type { UserPasts } from "../data/user-pasts.ts";
import { createWorld, type EmbeddedWorld } from "../world/embedded-world.ts";
import { rememberLists } from "../world/histories.ts";
import { drawLog } from "../world/logging-policy.ts";
import { loggingLogProbabilities } from "../world/redrawn-feedback.ts";
import { findScenario } from "../world/scenarios.ts";
import type { World } from "../world/world.ts";
import type { Rival } from "./rival.ts";

/** What a run trains and tests on. */
export interface RunData {
  readonly catalogue: Catalogue;
  readonly training: ListDataset;
  /** Held-out lists on which the reward model is judged. */
  readonly validation: ListDataset;
  readonly test: ListDataset;
  readonly unexposed: UnexposedCandidates;
  /** The world that the data comes from, which knows the truth; undefined for a log. */
  readonly world: World | undefined;
  /** What scored the candidates, where it can score others: a ranker takes it along. */
  readonly retriever?: Retriever;
  /** What each user of a log has met: a ranker takes it along, too. */
  readonly pasts?: UserPasts;
  /**
   * Log-probability of each item of each validation list under the policy that showed it, given the items before it,
   * where that is known: [S, L].
   */
  readonly propensities?: Float64Array;
  /** Another ranker's rankings of the validation and test requests, to be compared with. */
  readonly rival?: Rival;
  /** Of a log: how its lists were split and given candidates, and what is known of it. */
  readonly protocols?: PreparedContent["protocols"];
  readonly report?: PreparedContent["report"];
}

/** How much is drawn of which world. */
export interface WorldDataOptions {
  /** Name of a scenario. Default "default". */
  readonly scenario?: string;
  readonly seed: number;
  /** Default what the scenario recommends. */
  readonly trainingLists?: number;
  /** Default 500. */
  readonly testRequests?: number;
}

/** Logs of the embedded world. @throws RangeError for an unknown scenario, naming those there are */
export function worldData(options: WorldDataOptions): RunData & { readonly world: EmbeddedWorld } {
  const { scenario: name = "default", seed, testRequests = 500 } = options;
  const scenario = findScenario(name);
  const world = createWorld({ ...scenario.options, seed });
  const trainingLists = options.trainingLists ?? scenario.trainingLists;
  return { ...drawWorldData(world, { ...scenario, seed, trainingLists, testRequests }), world };
}

/** How much is drawn of a world, and how much of what users were shown before their requests know. */
export interface WorldDraw extends Required<Omit<WorldDataOptions, "scenario">> {
  /** H; 0 unless given. */
  readonly historyLength?: number;
}

/** Logs of a world: users are shown the training lists first, then those of validation, then those of the test. */
export function drawWorldData(
  world: World,
  { seed, trainingLists, testRequests, historyLength = 0 }: WorldDraw,
): RunData {
  const draw = (stream: string, size: number, before: readonly ListDataset[] = []) =>
    rememberLists(drawLog(world, { size, seed, stream }), historyLength, before);
  const training = draw("training", trainingLists);
  const validation = draw("validation", testRequests, [training]);
  return {
    catalogue: world.catalogue,
    training,
    validation,
    test: draw("test", testRequests, [training, validation]),
    unexposed: "ignore",
    world,
    propensities: loggingLogProbabilities(world, validation),
  };
}

/** Data of a log, with what is known of how it was made. */
export type LogData = RunData & PreparedContent & { readonly world: undefined };

/**
 * Data of a log as `prepare` gives it, or `readPreparedDataset`. What was not shown counts 0: a log of ratings holds
 * what somebody chose.
 */
export function logData<Content extends object>(content: Content): Content & Pick<LogData, "unexposed" | "world"> {
  return { ...content, unexposed: "negative", world: undefined };
}
