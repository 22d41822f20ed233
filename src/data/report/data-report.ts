/**
 * What there is to know of data before anything is learned from it: how much is left at each stage, what the protocol
 * measures, and whether the test has leaked into the training.
 */
import { areaUnderCurve } from "../../evaluation/ranking-metrics.ts";
import type { ListDataset } from "../dataset.ts";
import { type ExposedLists, lengthOf } from "../exposed-lists.ts";
import { isShown } from "../exposures.ts";
import { positiveAt } from "../interactions.ts";
import { eachSplit, SPLITS } from "../protocols.ts";
import { shapeOf } from "../shapes.ts";
import type { DataReport, PreparationCounts, SplitReport } from "./data-report-schema.ts";
import { type CheckedData, candidatesOf, checkLeakage, type ReportedSplit } from "./leakage.ts";

/** What a report is made of. */
export interface DataReportInput extends CheckedData {
  /** Share of the positives of the test lists that the retriever has among its best 50. */
  readonly recall: number;
  /** Counts of reading and filtering, where they are known. */
  readonly preparation?: PreparationCounts;
}

/** Looks at everything once; costs a few passes over the log and the datasets. */
export function createDataReport(input: DataReportInput): DataReport {
  const { log, cut, learned, splits, preparation } = input;
  let interactions = 0;
  for (let row = 0; row < log.items.length; row++) if (isShown(log, row)) interactions++;
  const known = (user: number) => learned.userOffsets[user + 1] > learned.userOffsets[user];
  return {
    split: input.split,
    preparation,
    users: log.userIds.length,
    items: log.itemIds.length,
    interactions,
    learned: learned.items.length,
    lists: cut.counts,
    listsPerUser: quantiles(listsPerUser(input)),
    repeatedShare: measured(repeatedInteractions(input) / interactions),
    recallAt50: measured(input.recall),
    unknownTestUsers: cut.test.users.filter((user) => !known(user)).length,
    splits: eachSplit((split) => reportSplit(input, cut[split], splits[split])),
    excludedByFuture: splits.training.protocol === "injected" ? measured(excludedByFuture(input)) : undefined,
    passedOver: passedOver(splits.training.dataset, splits.test.dataset),
    checks: checkLeakage(input),
  };
}

/** What there was to measure; nothing of which anything was a share is NaN. */
function measured(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function reportSplit({ log }: CheckedData, lists: ExposedLists, split: ReportedSplit): SplitReport {
  const isPositive = positiveAt(log, lists.positiveThreshold);
  const positives = new Array<number>(lists.listLength).fill(0);
  const shown = new Array<number>(lists.listLength).fill(0);
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const [list, start] of lists.starts.entries()) {
    for (let place = 0; place < lengthOf(lists, list); place++) {
      const row = start + place;
      shown[place]++;
      if (isPositive(row)) positives[place]++;
      first = Math.min(first, log.timestamps[row]);
      last = Math.max(last, log.timestamps[row]);
    }
  }
  return {
    lists: lists.size,
    candidates: split.protocol,
    positiveRate: positives.map((count, place) => measured(count / shown[place])),
    ...describeSizes(split.dataset),
    span: lists.size === 0 ? undefined : timeSpan(first, last),
    scoreToExposure: scoreToExposure(split.dataset),
  };
}

/** How many candidates and positions rows have, where they differ. */
function describeSizes({ candidateCounts, listLengths }: ListDataset): Pick<SplitReport, "sizes"> {
  if (candidateCounts === undefined && listLengths === undefined) return {};
  return {
    sizes: {
      ...(candidateCounts && { candidates: quantiles(candidateCounts) }),
      ...(listLengths && { positions: quantiles(listLengths) }),
    },
  };
}

function scoreToExposure(dataset: ListDataset): number | undefined {
  const { size, listLength, retrieverScores, exposed } = dataset;
  let sum = 0;
  let compared = 0;
  for (let row = 0; row < size; row++) {
    const list = exposed.subarray(row * listLength, (row + 1) * listLength);
    const { candidateCount } = shapeOf(dataset, row);
    const isExposed = Uint8Array.from({ length: candidateCount }, (_, n) => Number(list.includes(n)));
    const start = row * dataset.candidateCount;
    const scores = retrieverScores.subarray(start, start + candidateCount);
    const area = areaUnderCurve(scores, isExposed);
    if (area === undefined) continue;
    sum += area;
    compared++;
  }
  return compared === 0 ? undefined : sum / compared;
}

function listsPerUser({ log, cut }: CheckedData): Int32Array {
  const counts = new Int32Array(log.userIds.length);
  for (const split of SPLITS) for (const user of cut[split].users) counts[user]++;
  return counts;
}

/** Nearest-rank quantiles. */
function quantiles(values: Int32Array): DataReport["listsPerUser"] {
  const sorted = values.toSorted();
  const at = (share: number) => sorted.at(Math.max(0, Math.ceil(share * sorted.length) - 1));
  return { minimum: at(0), lowerQuartile: at(0.25), median: at(0.5), upperQuartile: at(0.75), maximum: at(1) };
}

function repeatedInteractions({ log }: CheckedData): number {
  let repeated = 0;
  for (let user = 0; user < log.userIds.length; user++) {
    const met = new Set<number>();
    for (let row = log.userOffsets[user]; row < log.userOffsets[user + 1]; row++) {
      if (!isShown(log, row)) continue;
      if (met.has(log.items[row])) repeated++;
      met.add(log.items[row]);
    }
  }
  return repeated;
}

function excludedByFuture({ log, cut }: CheckedData): number {
  const { training } = cut;
  let excluded = 0;
  let list = 0;
  for (let user = 0; user < log.userIds.length; user++) {
    const end = log.userOffsets[user + 1];
    const firstMet = new Map<number, number>();
    for (let row = log.userOffsets[user]; row < end; row++) {
      if (isShown(log, row) && !firstMet.has(log.items[row])) firstMet.set(log.items[row], row);
    }
    const newItems = [...firstMet.values()];
    let before = 0;
    for (; list < training.size && training.users[list] === user; list++) {
      const listEnd = training.starts[list] + lengthOf(training, list);
      while (before < newItems.length && newItems[before] < listEnd) before++;
      excluded += newItems.length - before;
    }
  }
  return excluded / training.size;
}

function passedOver(training: ListDataset, test: ListDataset): DataReport["passedOver"] {
  const before = new Map(Array.from(new Set(training.users), (user) => [user, new Set<number>()]));
  for (const { user, item, isLiked } of candidatesOf(training)) if (!isLiked) before.get(user)?.add(item);
  const counts = { liked: { all: 0, passed: 0 }, others: { all: 0, passed: 0 } };
  for (const { user, item, isLiked } of candidatesOf(test)) {
    const count = isLiked ? counts.liked : counts.others;
    count.all++;
    if (before.get(user)?.has(item)) count.passed++;
  }
  const share = ({ all, passed }: { all: number; passed: number }) => (all === 0 ? 0 : passed / all);
  return { liked: share(counts.liked), others: share(counts.others) };
}

/** Unix times from 1980 to 2100. */
const SECONDS = { from: 3.2e8, to: 4.1e9 };

/** Dates are given where both times are between 1980 and 2100 when read as seconds, or as a finer unit. */
function timeSpan(first: number, last: number): SplitReport["span"] {
  const scale = [1, 1e3, 1e6, 1e9].find((own) => first >= SECONDS.from * own && last <= SECONDS.to * own);
  if (scale === undefined) return { first, last };
  const date = (time: number) => new Date((time / scale) * 1000).toISOString();
  return { first, last, firstDate: date(first), lastDate: date(last) };
}
