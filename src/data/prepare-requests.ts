/** From a log in memory to requests ready for training: every stage in its order, and a report on them. */
import type { TrainingContext } from "../training/trainer.ts";
import { countCandidates, withChoice } from "./candidate-supply.ts";
import { buildListDataset, checkCounts } from "./candidates.ts";
import { type CutLog, cutLog } from "./cut-log.ts";
import type { Catalogue, ListDataset } from "./dataset.ts";
import { emptySplitError } from "./empty-splits.ts";
import { type EventColumns, type InteractionEvent, logOfEvents } from "./events.ts";
import { listsAfter, sampleLists, trainingInteractions } from "./exposed-lists.ts";
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

type DrawSetting = "candidateCount" | "protocol" | "repeats" | "maxValidationLists";

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
  checkCounts(settings.candidateCount, settings.historyLength, cut.training.listLength);

  const learned = trainingInteractions(log, settings);
  const { most, withoutChoice, ...lists } = drawLists(cut, learned, settings);
  const counts = {
    ...cut.counts,
    lists: { ...cut.counts.lists, ...(withoutChoice > 0 && { withoutChoice }) },
    trainingListsDrawn: lists.training.size,
    ...(most.candidateCount < settings.candidateCount && {
      fewerCandidates: { asked: settings.candidateCount, most: most.candidateCount },
    }),
  };
  const empty = (["training", "test"] as const).find((name) => lists[name].size === 0);
  if (empty !== undefined) {
    throw emptySplitError(name ?? "the log", { split: empty, counts, origin: split, protocol });
  }

  const catalogue = await catalogueOf(log);
  const retriever = await learnRetriever(learned, options, context);
  const scoreItems = itemScorer(retriever);
  const datasets = eachSplit((name) => buildListDataset(log, lists[name], scoreItems, options, most));
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
    recall: recallAt(scoreItems, log, lists.test, 50, settings),
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

/** The lists of each split that take part, as many as the options allow, and how large their rows are at most. */
function drawLists(
  { log, ...cut }: CutLog,
  learned: InteractionLog,
  settings: Required<Pick<LogOptions, DrawSetting>> & PrepareOptions,
) {
  const { seed, retrieverFraction, maxLists = EVERY, maxValidationLists, maxTestLists = EVERY } = settings;
  const limits = { training: maxLists, validation: maxValidationLists, test: maxTestLists };
  const training = retrieverFraction === undefined ? cut.training : listsAfter(cut.training, log, learned);
  let withoutChoice = 0;
  let candidateCount = 0;
  const lists = eachSplit((split) => {
    const all = split === "training" ? training : cut[split];
    const counts = countCandidates(log, all, settings);
    const usable = withChoice(all, counts);
    withoutChoice += all.size - usable.size;
    candidateCount = counts.reduce((most, count) => Math.max(most, count), candidateCount);
    return sampleLists(usable, limits[split], seed);
  });
  const most = { candidateCount, listLength: Math.min(candidateCount, cut.training.listLength) };
  return { ...lists, most, withoutChoice };
}

/** The same from interactions in memory. */
export function prepareEvents(
  events: readonly InteractionEvent[] | EventColumns,
  options: PrepareOptions,
  context?: TrainingContext,
): Promise<PreparedRequests> {
  return prepareRequests(logOfEvents(events), options, { name: "the events" }, context);
}
