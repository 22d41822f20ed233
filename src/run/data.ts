/** What an experiment runs on: requests with feedback to learn from, others to be judged by, from a world or a log. */
import { buildListDataset, checkItemSupply, withLoggedCandidates } from "../data/candidates.ts";
import type { Catalogue, ListDataset } from "../data/dataset.ts";
import { readFeatures } from "../data/features/features.ts";
import type { InteractionLog } from "../data/interactions.ts";
import type { UnexposedCandidates } from "../data/labels.ts";
import { type ExposedLists, sampleLists, trainingInteractions } from "../data/lists.ts";
import { type InteractionSource, type PreparedData, prepareInteractions } from "../data/prepare.ts";
import { fingerprintSource, type Json, type SourceFingerprint } from "../data/prepared/fingerprint.ts";
import { openPreparedDataset, type PreparedContent } from "../data/prepared/prepared-dataset.ts";
import { createDataReport, type DataReport } from "../data/report/data-report.ts";
import { learnRetriever } from "../data/retrievers/learn.ts";
import { recallAt } from "../data/retrievers/recall.ts";
import { itemScorer, type Retriever } from "../data/retrievers/retriever.ts";
import { DEFAULT_LOG, type LogOptions } from "../data/settings.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { drawLog } from "../world/logging-policy.ts";
import { loggingLogProbabilities } from "../world/redrawn-feedback.ts";
import { findScenario } from "../world/scenarios.ts";
import { createWorld, type World } from "../world/world.ts";

/** What an experiment trains and tests on. */
export interface ExperimentData {
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
  /**
   * Log-probability of each item of each validation list under the policy that showed it, given the items before it,
   * where that is known: [S, L].
   */
  readonly propensities?: Float64Array;
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

/**
 * Logs of the embedded world.
 * @throws RangeError for an unknown scenario, naming those there are
 */
export function worldData(options: WorldDataOptions): ExperimentData & { readonly world: World } {
  const { scenario: name = "default", seed, testRequests = 500 } = options;
  const scenario = findScenario(name);
  const world = createWorld({ ...scenario.options, seed });
  const draw = (stream: string, size: number) => drawLog(world, { size, seed, stream });
  const validation = draw("validation", testRequests);
  return {
    catalogue: world.catalogue,
    training: draw("training", options.trainingLists ?? scenario.trainingLists),
    validation,
    test: draw("test", testRequests),
    unexposed: "ignore",
    world,
    propensities: loggingLogProbabilities(world, validation),
  };
}

/** How a log becomes a run's data. */
export type LogDataOptions = LogOptions & { readonly seed: number };

/** Data of a log, with what is known of how it was made. */
export interface LogData extends ExperimentData, PreparedContent {
  readonly world: undefined;
  readonly report: DataReport | undefined;
}

const EVERY = Number.MAX_SAFE_INTEGER;

/**
 * Reads a log, cuts it into lists, trains the retriever on its training part, and chooses candidates.
 * @throws DataError with file and line for a file that cannot be read
 */
export async function logData(
  source: InteractionSource,
  options: LogDataOptions,
  context?: TrainingContext,
): Promise<LogData & { readonly report: DataReport }> {
  const { seed, protocol = "injected", split = "last-list" } = options;
  const { candidateCount = DEFAULT_LOG.candidateCount, historyLength = DEFAULT_LOG.historyLength } = options;
  const prepared = await prepareInteractions(source, { ...options, maxLists: Number.MAX_SAFE_INTEGER });
  const { log } = prepared;
  if (protocol !== "logged") checkItemSupply(log, prepared.test.listLength, candidateCount);
  const { retrieverFraction: trainingFraction = options.trainingFraction ?? DEFAULT_LOG.trainingFraction } =
    options;
  const learned = trainingInteractions(log, { ...options, trainingFraction });
  const lists = chooseLists(prepared, learned, options);
  const counts = { ...prepared.counts, trainingListsDrawn: lists.training.size };
  const catalogue = await withFeatures(prepared.catalogue, log, options);
  const retriever = await learnRetriever(learned, options, context);
  const scoreItems = itemScorer(retriever);
  const choose = { seed, protocol, candidateCount, historyLength };
  const build = (own: ExposedLists) => buildListDataset(log, own, scoreItems, choose);
  const candidates = { training: protocol, validation: protocol, test: protocol };
  const datasets = {
    training: build(lists.training),
    validation: build(lists.validation),
    test: build(lists.test),
  };
  const report = createDataReport({
    log,
    cut: { ...lists, counts: counts.lists },
    split,
    learned,
    splits: {
      training: { dataset: datasets.training, protocol: candidates.training },
      validation: { dataset: datasets.validation, protocol: candidates.validation },
      test: { dataset: datasets.test, protocol: candidates.test },
    },
    recall: recallAt(scoreItems, log, lists.test, 50),
    preparation: counts,
  });
  return {
    catalogue,
    retriever,
    ...datasets,
    unexposed: "negative",
    world: undefined,
    protocols: { split, candidates },
    counts,
    source: await fingerprintOf(source, options),
    report,
  };
}

/** The lists of each split that take part, as many as the options allow. */
function chooseLists(
  { log, training, validation, test }: PreparedData,
  learned: InteractionLog,
  {
    seed,
    protocol,
    retrieverFraction,
    candidateCount = DEFAULT_LOG.candidateCount,
    ...limits
  }: LogDataOptions,
): Record<"training" | "validation" | "test", ExposedLists> {
  const {
    maxLists = EVERY,
    maxValidationLists = DEFAULT_LOG.maxValidationLists,
    maxTestLists = EVERY,
  } = limits;
  const draw = (lists: ExposedLists, most: number) => {
    const usable = protocol === "logged" ? withLoggedCandidates(log, lists, candidateCount) : lists;
    return sampleLists(usable, most, seed);
  };
  return {
    training: draw(retrieverFraction === undefined ? training : listsAfter(training, log, learned), maxLists),
    validation: draw(validation, maxValidationLists),
    test: draw(test, maxTestLists),
  };
}

/** The lists that start after what was learned of their user, which is the beginning of the user's interactions. */
function listsAfter(lists: ExposedLists, log: InteractionLog, learned: InteractionLog): ExposedLists {
  const rows = lists.starts
    .map((_, row) => row)
    .filter((row) => {
      const user = lists.users[row];
      const known = learned.userOffsets[user + 1] - learned.userOffsets[user];
      return lists.starts[row] >= log.userOffsets[user] + known;
    });
  if (rows.length === 0) {
    throw new RangeError(
      "experiment: no training list lies after the retriever's part; use a smaller retrieverFraction",
    );
  }
  return {
    ...lists,
    size: rows.length,
    users: rows.map((row) => lists.users[row]),
    starts: rows.map((row) => lists.starts[row]),
  };
}

/** What a log's data depends on: the bytes of its files, wherever they lie, and the options that shape it. */
export function fingerprintOf(
  source: InteractionSource,
  options: LogDataOptions,
): Promise<SourceFingerprint> {
  const tables = [options.userFeatures, options.itemFeatures].flatMap((table) => (table ? [table.file] : []));
  const shaping = JSON.stringify({ source, options }, (key, value) => (key === "file" ? undefined : value));
  return fingerprintSource([source.file, ...tables], JSON.parse(shaping) as Json);
}

async function withFeatures(
  catalogue: Catalogue,
  log: InteractionLog,
  { userFeatures, itemFeatures }: LogDataOptions,
): Promise<Catalogue> {
  const users = userFeatures && (await readFeatures(userFeatures, log.userIds));
  const items = itemFeatures && (await readFeatures(itemFeatures, log.itemIds));
  return {
    ...catalogue,
    ...(users?.features && { userFeatures: users.features }),
    ...(users?.categories && { userCategories: users.categories }),
    ...(items?.features && { itemFeatures: items.features }),
    ...(items?.categories && { itemCategories: items.categories }),
    ...(items?.titles && { itemTitles: items.titles }),
  };
}

/**
 * Data of a log that was prepared before; see `writePreparedDataset`.
 * @throws DataError when the file is missing, damaged, or of another version
 */
export async function preparedLogData(file: string): Promise<LogData> {
  const prepared = await openPreparedDataset(file);
  try {
    const { catalogue, retriever, protocols, counts, source, report } = prepared;
    const [training, validation, test] = [
      await prepared.read("training"),
      await prepared.read("validation"),
      await prepared.read("test"),
    ];
    return {
      catalogue,
      ...(retriever && { retriever }),
      training,
      validation,
      test,
      unexposed: "negative",
      world: undefined,
      protocols,
      counts,
      source,
      report,
    };
  } finally {
    await prepared.close();
  }
}
