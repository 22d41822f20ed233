/** Checks that nothing of the test has leaked into what is learned from, each with a count of what breaks it. */
import type { ListDataset } from "../dataset.ts";
import { type ExposedLists, type ListCut, lengthOf } from "../exposed-lists.ts";
import type { InteractionLog } from "../interactions.ts";
import type { CandidateProtocol, SplitName, SplitOrigin } from "../protocols.ts";
import { shapeOf } from "../shapes.ts";
import type { DataReport } from "./data-report-schema.ts";

/** A split's rows, and how its candidates were chosen. */
export interface ReportedSplit {
  readonly dataset: ListDataset;
  readonly protocol: CandidateProtocol;
}

/** What is checked. */
export interface CheckedData {
  /** The interactions in which the lists lie. */
  readonly log: InteractionLog;
  readonly cut: ListCut;
  readonly split: SplitOrigin;
  /** The interactions that the retriever learned from; users and items numbered as in `log`. */
  readonly learned: InteractionLog;
  /** The splits, their rows in the order of the cut's lists, or of a sample of them. */
  readonly splits: Readonly<Record<SplitName, ReportedSplit>>;
}

/** All checks that make sense under the protocols of the data. */
export function checkLeakage(data: CheckedData): DataReport["checks"] {
  const { cut, log, learned, splits } = data;
  const counts = new Map<string, number>();
  for (const split of ["test", "validation"] as const) {
    const check = `no ${split} interaction is among those that the retriever learned from`;
    counts.set(check, sharedRows(log, cut[split], learned));
  }
  counts.set("no training list is later than its user's test list", trainingAfterOwnTest(cut));
  if (data.split === "global-time") {
    counts.set("no interaction that is learned from is as late as any test interaction", learnedAfterTest(data));
  }
  for (const [name, { dataset, protocol }] of Object.entries(splits)) {
    counts.set(`${name}: the candidates of a list are distinct`, rowsWithRepeatedCandidate(dataset));
    if (protocol === "retrieved") continue;
    counts.set(`${name} (${protocol}): exposed items are among the candidates`, exposedOutside(dataset));
  }
  if (splits.training.protocol === "injected") {
    const check = "training (injected): no candidate that was not exposed is in the user's test list";
    counts.set(check, futureCandidates(data));
  }
  return Array.from(counts, ([name, count]) => ({ name, passed: count === 0, count }));
}

/** Interactions of `lists` that `learned` holds too, besides equal ones that lie outside of these lists. */
function sharedRows(log: InteractionLog, lists: ExposedLists, learned: InteractionLog): number {
  let shared = 0;
  const inLists = new Set(rowsOf(lists));
  for (const user of new Set(lists.users)) {
    const spare = new Map<string, number>();
    const key = (own: InteractionLog, row: number) => `${own.items[row]} ${own.timestamps[row]}`;
    const add = (name: string, count: number) => spare.set(name, (spare.get(name) ?? 0) + count);
    for (let row = learned.userOffsets[user]; row < learned.userOffsets[user + 1]; row++) add(key(learned, row), 1);
    for (let row = log.userOffsets[user]; row < log.userOffsets[user + 1]; row++) {
      if (!inLists.has(row)) add(key(log, row), -1);
    }
    for (const count of spare.values()) shared += Math.max(count, 0);
  }
  return shared;
}

function trainingAfterOwnTest({ training, test }: ListCut): number {
  const testStart = new Map(Array.from(test.users, (user, list) => [user, test.starts[list]]));
  let count = 0;
  training.users.forEach((user, list) => {
    const start = testStart.get(user);
    if (start !== undefined && training.starts[list] + lengthOf(training, list) > start) count++;
  });
  return count;
}

/** Interactions of training lists, and of the retriever's, at or after the earliest test interaction. */
function learnedAfterTest({ log, cut, learned }: CheckedData): number {
  let first = Number.POSITIVE_INFINITY;
  for (const row of rowsOf(cut.test)) first = Math.min(first, log.timestamps[row]);
  let count = learned.timestamps.reduce((late, time) => late + (time >= first ? 1 : 0), 0);
  for (const row of rowsOf(cut.training)) if (log.timestamps[row] >= first) count++;
  return count;
}

function rowsWithRepeatedCandidate(dataset: ListDataset): number {
  let count = 0;
  for (let row = 0; row < dataset.size; row++) {
    const start = row * dataset.candidateCount;
    const { candidateCount } = shapeOf(dataset, row);
    if (new Set(dataset.candidates.subarray(start, start + candidateCount)).size < candidateCount) count++;
  }
  return count;
}

function exposedOutside(dataset: ListDataset): number {
  let count = 0;
  for (let row = 0; row < dataset.size; row++) {
    const start = row * dataset.listLength;
    const list = dataset.exposed.subarray(start, start + shapeOf(dataset, row).listLength);
    count += list.filter((position) => position < 0).length;
  }
  return count;
}

/** Candidates of training lists that were not exposed there, but in the user's test list. */
function futureCandidates({ log, cut, splits }: CheckedData): number {
  const { test } = cut;
  const tested = new Map<number, Set<number>>();
  test.starts.forEach((start, list) => {
    tested.set(test.users[list], new Set(log.items.subarray(start, start + lengthOf(test, list))));
  });
  let count = 0;
  for (const { user, item, isShown } of candidatesOf(splits.training.dataset)) {
    if (!isShown && tested.get(user)?.has(item)) count++;
  }
  return count;
}

/** Rows of the log that the lists take. */
export function* rowsOf(lists: ExposedLists): Iterable<number> {
  for (const [list, start] of lists.starts.entries()) {
    for (let place = 0; place < lengthOf(lists, list); place++) yield start + place;
  }
}

/** Every candidate of every list, and whether it was shown, and liked. */
export function* candidatesOf(
  dataset: ListDataset,
): Iterable<{ user: number; item: number; isShown: boolean; isLiked: boolean }> {
  const { size, candidateCount, listLength, users, candidates, exposed, feedback } = dataset;
  for (let row = 0; row < size; row++) {
    const places = exposed.subarray(row * listLength, (row + 1) * listLength);
    for (let n = 0; n < shapeOf(dataset, row).candidateCount; n++) {
      const place = places.indexOf(n);
      const isShown = place >= 0;
      const isLiked = isShown && feedback[row * listLength + place] > 0;
      yield { user: users[row], item: candidates[row * candidateCount + n], isShown, isLiked };
    }
  }
}
