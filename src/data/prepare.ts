/** From a file of interactions to requests ready for training: every stage in its order, and a report on them. */
import type { TrainingContext } from "../training/trainer.ts";
import { buildListDataset, checkItemSupply, withLoggedCandidates } from "./candidates.ts";
import { type CutLog, cutLog } from "./cut-log.ts";
import { type ExposedLists, listsAfter, sampleLists, trainingInteractions } from "./exposed-lists.ts";
import { readCatalogue } from "./features/features.ts";
import type { InteractionLog } from "./interactions.ts";
import { fingerprintSource, type Json, type SourceFingerprint } from "./prepared/fingerprint.ts";
import type { PreparedContent } from "./prepared/prepared-dataset.ts";
import { eachSplit, type SplitName } from "./protocols.ts";
import { type InteractionSource, readInteractions } from "./readers/read-interactions.ts";
import { createDataReport } from "./report/data-report.ts";
import type { DataReport } from "./report/data-report-schema.ts";
import { learnRetriever } from "./retrievers/learn.ts";
import { recallAt } from "./retrievers/recall.ts";
import { itemScorer, type Retriever } from "./retrievers/retriever.ts";
import { DEFAULT_LOG, type LogOptions } from "./settings.ts";

/** How a log becomes requests with candidates, history and feedback; `seed` is of every random choice. */
export type PrepareOptions = LogOptions & { readonly seed: number };

/** What is learned from and judged by, what it was made from, and what there is to know of it. */
export interface PreparedLog extends PreparedContent {
  readonly retriever: Retriever;
  readonly report: DataReport;
}

const EVERY = Number.MAX_SAFE_INTEGER;

/**
 * Reads a log, keeps its core, cuts it into lists and splits these, trains the retriever on its part of the log, and
 * gives each list candidates.
 *
 * @throws DataError with file and line for a file that cannot be read or understood; RangeError when nothing is left of
 * a log, it has too few items, or for an option out of range
 *
 * @example
 * const data = await prepare({ format: "movielens", file: "ml-1m/ratings.dat" }, { seed: 1, maxLists: 10_000 });
 * console.log(formatDataReport(data.report));
 */
export async function prepare(
  source: InteractionSource,
  options: PrepareOptions,
  context?: TrainingContext,
): Promise<PreparedLog> {
  const settings = { ...DEFAULT_LOG, ...options };
  const { protocol, split } = settings;
  const cut = cutLog(await readInteractions(source), options, source.file);
  const { log } = cut;
  if (protocol !== "logged") checkItemSupply(log, cut.test.listLength, settings.candidateCount);

  const trainingFraction = settings.retrieverFraction ?? settings.trainingFraction;
  const learned = trainingInteractions(log, { ...settings, trainingFraction });
  const lists = drawLists(cut, learned, settings);
  const counts = { ...cut.counts, trainingListsDrawn: lists.training.size };

  const catalogue = await readCatalogue(log, options);
  const retriever = await learnRetriever(learned, options, context);
  const scoreItems = itemScorer(retriever);
  const datasets = eachSplit((name) => buildListDataset(log, lists[name], scoreItems, options));

  const report = createDataReport({
    log,
    cut: { ...lists, counts: counts.lists },
    split,
    learned,
    splits: eachSplit((name) => ({ dataset: datasets[name], protocol })),
    recall: recallAt(scoreItems, log, lists.test, 50),
    preparation: counts,
  });
  return {
    catalogue,
    retriever,
    ...datasets,
    protocols: { split, candidates: eachSplit(() => protocol) },
    counts,
    source: await fingerprintLog(source, options),
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

/** What a log's data depends on: the bytes of its files, wherever they lie, and the options that shape it. */
export function fingerprintLog(
  source: InteractionSource,
  options: PrepareOptions,
): Promise<SourceFingerprint> {
  const tables = [options.userFeatures, options.itemFeatures].flatMap((table) => (table ? [table.file] : []));
  const shaping = JSON.stringify({ source, options }, (key, value) => (key === "file" ? undefined : value));
  return fingerprintSource([source.file, ...tables], JSON.parse(shaping) as Json);
}
