/** What an experiment runs on: requests with feedback to learn from, others to be judged by, from a world or a log. */
import {
  buildListDataset,
  type CandidateProtocol,
  checkItemSupply,
  type InteractionSource,
  type PreparationCounts,
  prepareInteractions,
  trainingInteractions,
} from "./data/index.ts";
import type { Catalogue, ListDataset } from "./dataset.ts";
import type { UnexposedCandidates } from "./feedback-training.ts";
import { recallAt, trainRetriever } from "./retriever.ts";
import type { TrainingListener } from "./training.ts";
import { createWorld, drawLog, findScenario, type World } from "./world/index.ts";

export interface ExperimentData {
  readonly catalogue: Catalogue;
  readonly training: ListDataset;
  /** Held-out lists on which the reward model is judged. */
  readonly validation: ListDataset;
  readonly test: ListDataset;
  readonly unexposed: UnexposedCandidates;
  /** The world that the data comes from, which knows the truth; undefined for a log. */
  readonly world: World | undefined;
}

export interface WorldDataOptions {
  /** Name of a scenario. Default "default". */
  readonly scenario?: string;
  readonly seed: number;
  /** Default what the scenario recommends. */
  readonly trainingLists?: number;
  /** Default 500. */
  readonly testRequests?: number;
}

/**
 * Logs of the embedded world.
 * @throws RangeError for an unknown scenario, naming those there are
 */
export function worldData(options: WorldDataOptions): ExperimentData {
  const { scenario: name = "default", seed, testRequests = 500 } = options;
  const scenario = findScenario(name);
  const world = createWorld({ ...scenario.options, seed });
  const draw = (stream: string, size: number) => drawLog(world, { size, seed, stream });
  return {
    catalogue: world.catalogue,
    training: draw("training", options.trainingLists ?? scenario.trainingLists),
    validation: draw("validation", testRequests),
    test: draw("test", testRequests),
    unexposed: "ignore",
    world,
  };
}

export interface LogDataOptions {
  readonly seed: number;
  /** Interactions that every user and item must have. Default 20. */
  readonly core?: number;
  /** At most this many training lists. */
  readonly maxLists?: number;
  /** Feedback from which an interaction counts as positive. */
  readonly positiveThreshold?: number;
  /** How the test lists' candidates are chosen; the training lists' are always injected. */
  readonly protocol?: CandidateProtocol;
  /** Told the counts once the log is read, before the retriever is trained. */
  readonly onPrepared?: (counts: PreparationCounts) => void;
}

export interface LogData extends ExperimentData {
  readonly counts: PreparationCounts;
  /** Share of the test lists' positives that the retriever has in its top N. */
  readonly retrieverRecall: number;
}

/**
 * Reads a log, cuts it into lists, trains the retriever on its training part, and chooses candidates.
 * @throws DataError with file and line for a log that cannot be read
 */
export async function logData(
  source: InteractionSource,
  options: LogDataOptions,
  listener?: TrainingListener,
): Promise<LogData> {
  const { seed, protocol = "injected" } = options;
  const prepared = await prepareInteractions(source, options);
  const { log, catalogue, counts } = prepared;
  checkItemSupply(log, prepared.test.listLength);
  options.onPrepared?.(counts);
  const retriever = await trainRetriever(trainingInteractions(log, options), { seed }, listener);
  const scoreItems = await retriever.scorer();
  const build = (lists: typeof prepared.test, own: CandidateProtocol) =>
    buildListDataset(log, lists, scoreItems, { seed, protocol: own });
  const data = {
    catalogue,
    training: build(prepared.training, "injected"),
    validation: build(prepared.validation, "injected"),
    test: build(prepared.test, protocol),
    unexposed: "negative" as const,
    world: undefined,
    counts,
    retrieverRecall: recallAt(scoreItems, log, prepared.test, 50),
  };
  retriever.dispose();
  return data;
}
