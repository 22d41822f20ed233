/** Gives each exposed list its candidates, history and labels: from a log to the columns that models read. */
import { Random } from "../kernels/index.ts";
import { leftOutRows, loggedCandidates } from "./candidate-supply.ts";
import { emptyDataset, gather, type ListDataset } from "./dataset.ts";
import { type ExposedLists, lengthOf } from "./exposed-lists.ts";
import { isShown, rowsOfList } from "./exposures.ts";
import { type InteractionLog, positiveAt } from "./interactions.ts";
import { Retrieval, type ScoreItems } from "./retrieval.ts";
import { DEFAULT_LOG, type LogOptions } from "./settings.ts";
import type { RequestShape } from "./shapes.ts";

/** How lists get their candidates and histories; `seed` keys the shuffle of each list's candidates. */
export type CandidateOptions = Pick<LogOptions, "candidateCount" | "historyLength" | "protocol" | "repeats"> & {
  readonly seed: number;
};

/**
 * The rows of a dataset for `lists` of `log`, in their order. Candidates of equal score are taken in the order of
 * their item numbers, and then shuffled by a generator keyed by (seed, "candidates", the list's first row in the
 * log), so that a list has the same candidates in any sample of lists, and their order tells nothing.
 *
 * A list has `candidateCount` candidates, or as many as there are; a list of more items keeps the first of them.
 * @param most extents of the columns: of the largest row of a dataset that these rows are part of, L and N unless given
 * @throws RangeError when a list has no candidates at all, a score is not finite, or a count is wrong.
 */
export function buildListDataset(
  log: InteractionLog,
  lists: ExposedLists,
  scoreItems: ScoreItems,
  options: CandidateOptions,
  most?: RequestShape,
): ListDataset {
  const settings = { ...DEFAULT_LOG, ...options };
  const { seed, historyLength, protocol } = settings;
  const { size } = lists;
  checkCounts(settings.candidateCount, historyLength, lists.listLength);
  const { candidateCount = settings.candidateCount, listLength = lists.listLength } = most ?? {};
  const dataset = {
    ...emptyDataset({ size, candidateCount, listLength, historyLength }),
    candidateCounts: new Int32Array(size),
    listLengths: new Int32Array(size),
    ...(protocol === "logged" && showsMore(log, listLength) && { labels: new Float32Array(size * candidateCount) }),
  };
  dataset.candidates.fill(-1);
  dataset.exposed.fill(-1);
  dataset.users.set(lists.users);
  const isPositive = positiveAt(log, lists.positiveThreshold);
  const retrieval = new Retrieval(log, scoreItems, "candidates", { isPositive, historyLength });
  for (let row = 0; row < size; row++) {
    const user = lists.users[row];
    const start = lists.starts[row];
    const pool = candidatePool(log, retrieval, lists, row, settings);
    const length = Math.min(lengthOf(lists, row), pool.length);
    const order = new Random({ seed, stream: "candidates", step: start }).permutation(pool.length);
    const candidates = order.map((index) => pool[index]);
    const places = log.items.subarray(start, start + length).map((item) => candidates.indexOf(item));
    dataset.candidateCounts[row] = pool.length;
    dataset.listLengths[row] = length;
    dataset.candidates.set(candidates, row * candidateCount);
    dataset.retrieverScores.set(gather(retrieval.scoresOf(user, start), candidates), row * candidateCount);
    dataset.exposed.set(places, row * listLength);
    for (let t = 0; t < length; t++) dataset.feedback[row * listLength + t] = Number(isPositive(start + t));
    dataset.labels?.set(labelsOf(log, start, candidates, isPositive), row * candidateCount);
  }
  fillHistory(dataset, log, lists);
  return withoutEqualSizes(dataset);
}

/** Whether a logged list shows more than L items, of which a row's list holds the first. */
function showsMore({ positions }: InteractionLog, listLength: number): boolean {
  return positions?.some((position) => position >= listLength) === true;
}

/** Labels of the candidates of the logged list at row `start`: the feedback on what was shown of them, 0 for the rest. */
function labelsOf(
  log: InteractionLog,
  start: number,
  candidates: Int32Array,
  isPositive: (row: number) => boolean,
): Float32Array {
  const [first, end] = rowsOfList(log, start);
  const liked = new Set<number>();
  for (let row = first; row < end; row++) if (isShown(log, row) && isPositive(row)) liked.add(log.items[row]);
  return Float32Array.from(candidates, (item) => Number(liked.has(item)));
}

/** Without columns of sizes that say nothing: where all rows are as large as the largest may be. */
function withoutEqualSizes(dataset: ListDataset): ListDataset {
  const { candidateCounts, listLengths, ...rest } = dataset;
  const differ = (sizes: Int32Array | undefined, most: number) => sizes?.some((size) => size < most) === true;
  return {
    ...rest,
    ...(candidateCounts && differ(candidateCounts, dataset.candidateCount) && { candidateCounts }),
    ...(listLengths && differ(listLengths, dataset.listLength) && { listLengths }),
  };
}

/** The candidates of list `list`, N at most, in an order that may tell what was exposed. */
function candidatePool(
  log: InteractionLog,
  retrieval: Retrieval,
  lists: ExposedLists,
  list: number,
  settings: Required<CandidateOptions>,
): readonly number[] {
  const { seed, candidateCount, protocol } = settings;
  const user = lists.users[list];
  const start = lists.starts[list];
  const shown = log.items.subarray(start, start + lengthOf(lists, list));
  const retrieve = (count: number) => retrieval.best(user, start, ...leftOutRows(log, user, start, settings), count);
  const pool = () => {
    if (protocol === "retrieved") return retrieve(candidateCount);
    if (protocol === "injected") return [...shown, ...retrieve(candidateCount - shown.length)];
    const others = loggedCandidates(log, start);
    for (const item of shown) others.delete(item);
    const order = new Random({ seed, stream: "logged candidates", step: start }).permutation(others.size);
    const all = [...others];
    return [...shown, ...Array.from(order.subarray(0, candidateCount - shown.length), (index) => all[index])];
  };
  const candidates = pool();
  if (candidates.length > 0) return candidates;
  throw new RangeError(
    `candidates: user "${log.userIds[user]}" had met all of ${log.itemIds.length} items before the list at row ${start}; ` +
      "leave such lists out with withChoice",
  );
}

function fillHistory(dataset: ListDataset, log: InteractionLog, lists: ExposedLists): void {
  const { history, historyFeedback, historyLength } = dataset;
  const isPositive = positiveAt(log, lists.positiveThreshold);
  history.fill(-1);
  lists.starts.forEach((start, row) => {
    const first = log.userOffsets[lists.users[row]];
    let place = (row + 1) * historyLength;
    for (let earlier = start - 1; earlier >= first && place > row * historyLength; earlier--) {
      if (!isShown(log, earlier)) continue;
      place--;
      history[place] = log.items[earlier];
      historyFeedback[place] = isPositive(earlier) ? 1 : 0;
    }
  });
}

/** @throws RangeError for a count of candidates or a history that cannot be */
export function checkCounts(candidateCount: number, historyLength: number, listLength: number): void {
  if (!Number.isInteger(candidateCount) || candidateCount < listLength) {
    throw new RangeError(
      `candidates: candidateCount must be an integer of at least the list length ${listLength}, got ${candidateCount}`,
    );
  }
  if (!Number.isInteger(historyLength) || historyLength < 1) {
    throw new RangeError(`candidates: historyLength must be a positive integer, got ${historyLength}`);
  }
}
