/** From a log in memory to requests ready for training: every stage in its order, and a report on them. */
import type { TrainingContext } from "../training/trainer.ts";
import { buildListDataset, checkItemSupply, withLoggedCandidates } from "./candidates.ts";
import { type CutLog, cutLog } from "./cut-log.ts";
import type { Catalogue, ListDataset } from "./dataset.ts";
import { emptySplitError } from "./empty-splits.ts";
import { type EventColumns, type InteractionEvent, logOfEvents } from "./events.ts";
import { type ExposedLists, listsAfter, sampleLists, trainingInteractions } from "./exposed-lists.ts";
import { type InteractionLog, namedCatalogue } from "./interactions.ts";
import { withoutLaterLikes } from "./later-likes.ts";
import type { PreparedDescription } from "./prepared/prepared-metadata.ts";
import { eachSplit, type SplitName, type SplitOrigin } from "./protocols.ts";
import { createDataReport } from "./report/data-report.ts";
import type { DataReport, PreparationCounts } from "./report/data-report-schema.ts";
import { learnRetriever } from "./retrievers/learn.ts";
import { recallAt } from "./retrievers/recall.ts";
import { itemScorer, type Retriever } from "./retrievers/retriever.ts";
import { DEFAULT_LOG, type LogOptions } from "./settings.ts";
import { UserPasts } from "./user-pasts.ts";

/** How a log becomes requests with candidates, history and feedback; `seed` is of every random choice. */
export type PrepareOptions = LogOptions & { readonly seed: number };

/** What is learned from and judged by, and what there is to know of it. */
export interface PreparedRequests
  extends Readonly<Record<SplitName, ListDataset>>,
    Pick<PreparedDescription, "protocols"> {
  readonly counts: PreparationCounts;
  readonly catalogue: Catalogue;
  readonly retriever: Retriever;
  /** What each user has met, in all of the log. */
  readonly pasts: UserPasts;
  readonly report: DataReport;
}

/** Of {@link prepareRequests}. */
export interface LogDescription {
  /** What errors call the log. */
  readonly name?: string;
  /** Users and items of the log's core; their names alone unless given. */
  readonly catalogueOf?: (core: InteractionLog) => Catalogue | Promise<Catalogue>;
}

const EVERY = Number.MAX_SAFE_INTEGER;

/**
 * Keeps a log's core, cuts it into lists and splits these, trains the retriever on its part of the log, and gives each
 * list candidates.
 * @throws RangeError when nothing is left of a log, it has too few items, or for an option out of range
 */
export async function prepareRequests(
  read: InteractionLog,
  options: PrepareOptions,
  { name, catalogueOf = namedCatalogue }: LogDescription = {},
  context?: TrainingContext,
): Promise<PreparedRequests> {
  const settings = { ...DEFAULT_LOG, ...options };
  const { protocol } = settings;
  const split: SplitOrigin = read.fileSplits === undefined ? settings.split : "files";
  const cut = cutLog(read, options, name);
  const { log } = cut;
  const staysOut = protocol === "injected" || (protocol === "retrieved" && !settings.repeats);
  if (staysOut) checkItemSupply(log, cut.test.listLength, settings.candidateCount);

  const learned = trainingInteractions(log, settings);
  const lists = drawLists(cut, learned, settings);
  const counts = { ...cut.counts, trainingListsDrawn: lists.training.size };
  if (cut.test.size === 0) {
    throw emptySplitError(name ?? "the log", { split: "test", counts, origin: split });
  }

  const catalogue = await catalogueOf(log);
  const retriever = await learnRetriever(learned, options, context);
  const scoreItems = itemScorer(retriever);
  const datasets = eachSplit((name) => buildListDataset(log, lists[name], scoreItems, options));
  if (protocol === "retrieved") {
    const { retrieverFraction: _, ...ofTraining } = settings;
    const known = trainingInteractions(log, ofTraining);
    datasets.training = withoutLaterLikes(datasets.training, lists.training, log, known);
  }

  const report = createDataReport({
    log,
    cut: { ...lists, counts: counts.lists },
    split,
    learned,
    splits: eachSplit((name) => ({ dataset: datasets[name], protocol })),
    recall: recallAt(scoreItems, log, lists.test, 50, settings.repeats),
    preparation: counts,
  });
  return {
    catalogue,
    retriever,
    pasts: UserPasts.of(log, settings),
    ...datasets,
    protocols: { split, candidates: eachSplit(() => protocol) },
    counts,
    report,
  };
}

/** The lists of each split that take part, as many as the options allow. */
function drawLists(
  { log, ...cut }: CutLog,
  learned: InteractionLog,
  settings: PrepareOptions & { readonly maxValidationLists: number },
): Record<SplitName, ExposedLists> {
  const { seed, protocol, retrieverFraction, candidateCount, ...limits } = settings;
  const { maxLists = EVERY, maxValidationLists, maxTestLists = EVERY } = limits;
  const most = { training: maxLists, validation: maxValidationLists, test: maxTestLists };
  const training = retrieverFraction === undefined ? cut.training : listsAfter(cut.training, log, learned);
  return eachSplit((split) => {
    const lists = split === "training" ? training : cut[split];
    const usable = protocol === "logged" ? withLoggedCandidates(log, lists, candidateCount) : lists;
    return sampleLists(usable, most[split], seed);
  });
}

/** The same from interactions in memory. */
export function prepareEvents(
  events: readonly InteractionEvent[] | EventColumns,
  options: PrepareOptions,
  context?: TrainingContext,
): Promise<PreparedRequests> {
  return prepareRequests(logOfEvents(events), options, { name: "the events" }, context);
}
