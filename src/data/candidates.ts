/** Gives each exposed list its candidates, history and labels: from a log to the columns that models read. */
import { Random } from "../kernels/index.ts";
import { emptyDataset, gather, type ListDataset } from "./dataset.ts";
import { type ExposedLists, selectLists } from "./exposed-lists.ts";
import { isShown, rowsOfList, shownItems } from "./exposures.ts";
import { type InteractionLog, positiveAt } from "./interactions.ts";
import { Retrieval, type ScoreItems } from "./retrieval.ts";
import { DEFAULT_LOG, type LogOptions } from "./settings.ts";

/** How lists get their candidates and histories; `seed` keys the shuffle of each list's candidates. */
export type CandidateOptions = Pick<LogOptions, "candidateCount" | "historyLength" | "protocol" | "repeats"> & {
  readonly seed: number;
};

/**
 * The rows of a dataset for `lists` of `log`, in their order. Candidates of equal score are taken in the order of
 * their item numbers, and then shuffled by a generator keyed by (seed, "candidates", the list's first row in the
 * log), so that a list has the same candidates in any sample of lists, and their order tells nothing.
 * @throws RangeError when a user leaves too few items to choose from, a list lacks logged candidates, a score is not
 * finite, or a count is wrong.
 */
export function buildListDataset(
  log: InteractionLog,
  lists: ExposedLists,
  scoreItems: ScoreItems,
  options: CandidateOptions,
): ListDataset {
  const settings = { ...DEFAULT_LOG, ...options };
  const { seed, candidateCount, historyLength } = settings;
  const { size, listLength } = lists;
  checkCounts(candidateCount, historyLength, listLength);
  const dataset = emptyDataset({ size, candidateCount, listLength, historyLength });
  dataset.users.set(lists.users);
  const retrieval = new Retrieval(log, scoreItems, "candidates");
  const isPositive = positiveAt(log, lists.positiveThreshold);
  for (let row = 0; row < size; row++) {
    const user = lists.users[row];
    const start = lists.starts[row];
    const shown = log.items.subarray(start, start + listLength);
    const pool = candidatePool(log, retrieval, lists, row, settings);
    const order = new Random({ seed, stream: "candidates", step: start }).permutation(candidateCount);
    const candidates = order.map((index) => pool[index]);
    const places = shown.map((item) => candidates.indexOf(item));
    dataset.candidates.set(candidates, row * candidateCount);
    dataset.retrieverScores.set(gather(retrieval.scoresOf(user), candidates), row * candidateCount);
    dataset.exposed.set(places, row * listLength);
    for (let t = 0; t < listLength; t++) dataset.feedback[row * listLength + t] = Number(isPositive(start + t));
  }
  fillHistory(dataset, log, lists);
  return dataset;
}

/** The N candidates of list `list`, in an order that may tell what was exposed. */
function candidatePool(
  log: InteractionLog,
  retrieval: Retrieval,
  { users, starts, listLength }: ExposedLists,
  list: number,
  { seed, candidateCount, protocol, repeats }: Required<CandidateOptions>,
): readonly number[] {
  const user = users[list];
  const start = starts[list];
  // What is met again and again stays a candidate; what is about to be met is none by the retriever's choice.
  const from = repeats ? start : log.userOffsets[user];
  const retrieve = (until: number, count: number) => {
    const best = retrieval.best(user, from, until, count);
    if (best.length === count) return best;
    throw new RangeError(
      `candidates: user "${log.userIds[user]}" leaves ${best.length} of ${log.itemIds.length} items to retrieve from, ` +
        `but ${count} are needed; use a smaller candidateCount`,
    );
  };
  if (protocol === "retrieved") return retrieve(start, candidateCount);
  const shown = log.items.subarray(start, start + listLength);
  if (protocol === "injected") return [...shown, ...retrieve(log.userOffsets[user + 1], candidateCount - listLength)];
  const others = loggedOthers(log, start, listLength);
  if (listLength + others.length < candidateCount) {
    throw new RangeError(
      `candidates: the list of user "${log.userIds[user]}" at row ${start} has ${listLength + others.length} logged ` +
        `candidates, but ${candidateCount} are needed; leave such lists out with withLoggedCandidates`,
    );
  }
  const order = new Random({ seed, stream: "logged candidates", step: start }).permutation(others.length);
  return [...shown, ...Array.from(order.subarray(0, candidateCount - listLength), (index) => others[index])];
}

/** The distinct items that the log names for the list at row `start`, besides its first `listLength`. */
function loggedOthers(log: InteractionLog, start: number, listLength: number): number[] {
  const [first, end] = rowsOfList(log, start);
  const others = new Set(log.items.subarray(first, end));
  for (let row = start; row < start + listLength; row++) others.delete(log.items[row]);
  return [...others];
}

/**
 * Those of `lists` for which the log names at least `candidateCount` items, shown or not: the lists for which the
 * candidate protocol `logged` works.
 * @throws RangeError when the log carries no lists.
 */
export function withLoggedCandidates(log: InteractionLog, lists: ExposedLists, candidateCount = 50): ExposedLists {
  const { listLength } = lists;
  const isEnough = (list: number) =>
    listLength + loggedOthers(log, lists.starts[list], listLength).length >= candidateCount;
  return selectLists(lists, Int32Array.from(lists.starts.keys()).filter(isEnough));
}

/**
 * Throws a RangeError when a user leaves too few items to choose N - L candidates from, as `buildListDataset` would,
 * but before any score is known.
 */
export function checkItemSupply(log: InteractionLog, listLength: number, candidateCount = 50): void {
  for (let user = 0; user < log.userIds.length; user++) {
    const met = shownItems(log, log.userOffsets[user], log.userOffsets[user + 1]).size;
    if (log.itemIds.length - met < candidateCount - listLength) {
      throw new RangeError(
        `candidates: user "${log.userIds[user]}" has met ${met} of ${log.itemIds.length} items, which leaves too few ` +
          `for ${candidateCount} candidates; use a log with more items`,
      );
    }
  }
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

function checkCounts(candidateCount: number, historyLength: number, listLength: number): void {
  if (!Number.isInteger(candidateCount) || candidateCount < listLength) {
    throw new RangeError(
      `candidates: candidateCount must be an integer of at least the list length ${listLength}, got ${candidateCount}`,
    );
  }
  if (!Number.isInteger(historyLength) || historyLength < 1) {
    throw new RangeError(`candidates: historyLength must be a positive integer, got ${historyLength}`);
  }
}
