/** From rows of a dataset to the tensors that models read. */
import { type Tensor, tensor } from "../tensor/index.ts";
import { gather, type ListDataset, type RequestColumns } from "./dataset.ts";
import type { ShownLists } from "./labels.ts";
import { type ObservedRows, type ObservedTensors, observedTensors } from "./observed-rows.ts";
import { gatherCandidateFeatures, rowsOf } from "./request-features.ts";
import { sharedShape } from "./shapes.ts";

/**
 * What models know of B requests before anything is shown, with K items each to be scored: all N candidates, or the
 * items of one list.
 */
export interface RequestBatch {
  readonly size: number;
  /** Users: i32 [B]. */
  readonly users: Tensor;
  /** Items to score: i32 [B, K]. */
  readonly items: Tensor;
  /** The retriever's scores of those items: [B, K, 1]. */
  readonly retrieverScores: Tensor;
  /** Items met before: i32 [B, H], 0 where there is none; undefined when the data has no history. */
  readonly history: Tensor | undefined;
  /** Weight of each item of the history with positive feedback, then without; rows sum to 1, or are 0: [B, 2, H]. */
  readonly historyWeights: Tensor | undefined;
  /** Features of the users [B] and items [B, K] that the requests bring along, in place of those that models hold. */
  readonly observed?: { readonly users: ObservedTensors | undefined; readonly items: ObservedTensors | undefined };
  /** Features of the queries: [B, F]; undefined when the data has none. */
  readonly queryFeatures?: Tensor | undefined;
  /** Features of the items in the light of their request: [B, K, F]; undefined when there are none. */
  readonly candidateFeatures?: Tensor | undefined;
  /** Items and scores once more, where the host reads them: [B, K] each, flat; and what `observed` is made of. */
  readonly host: {
    readonly items: Int32Array;
    readonly scores: Float32Array;
    readonly observed?: ObservedRows | undefined;
  };
}

/** A batch to learn from: all candidates of B requests, with the lists that were shown and the feedback on them. */
export interface FeedbackBatch extends RequestBatch, ShownLists {}

/**
 * All candidates of the requests at `rows`: K = N.
 * @param observed features that the requests bring along
 * @throws RangeError where the rows differ in shape
 */
export function candidateBatch(
  dataset: RequestColumns,
  rows: ArrayLike<number>,
  observed?: ObservedRows,
): RequestBatch {
  const { users, candidateCount: stride } = dataset;
  const { candidateCount } = sharedShape(dataset, rows);
  const items = gather(dataset.candidates, rows, stride, candidateCount);
  const scores = gather(dataset.retrieverScores, rows, stride, candidateCount);
  return {
    users: tensor(gather(users, rows), [rows.length]),
    ...itemColumns(rows.length, items, scores, observed),
    ...historyOf(dataset, rows),
    ...featuresOf(dataset, rows, candidateCount),
  };
}

/**
 * The requests at `rows` with all that is known of them.
 * @throws RangeError where the rows differ in shape
 */
export function feedbackBatch(dataset: ListDataset, rows: ArrayLike<number>): FeedbackBatch {
  const { exposed, feedback, labels, candidateCount: candidates, listLength: positions } = dataset;
  const { listLength, candidateCount } = sharedShape(dataset, rows);
  return {
    ...candidateBatch(dataset, rows),
    listLength,
    candidateCount,
    exposed: gather(exposed, rows, positions, listLength),
    feedback: gather(feedback, rows, positions, listLength),
    ...(labels && { labels: gather(labels, rows, candidates, candidateCount) }),
  };
}

/** A batch of all candidates with the items of lists in their place, in list order: candidate positions [B, K], flat. */
export function listBatch(batch: RequestBatch, lists: Int32Array): RequestBatch {
  const candidates = batch.items.shape[1];
  const count = lists.length / batch.size;
  const places = lists.map((position, at) => Math.floor(at / count) * candidates + position);
  const items = places.map((place) => batch.host.items[place]);
  const scores = Float32Array.from(places, (place) => batch.host.scores[place]);
  const { observed } = batch.host;
  const ofItems = observed?.items;
  const own = observed && { ...observed, items: ofItems && Array.from(places, (place) => ofItems[place]) };
  const { candidateFeatures } = batch;
  return {
    ...batch,
    ...itemColumns(batch.size, items, scores, own),
    candidateFeatures: candidateFeatures?.takeRows(tensor(lists, [batch.size, count])),
  };
}

function itemColumns(size: number, items: Int32Array, scores: Float32Array, observed: ObservedRows | undefined) {
  const count = items.length / size;
  return {
    size,
    items: tensor(items, [size, count]),
    retrieverScores: tensor(scores, [size, count, 1]),
    ...(observed && {
      observed: {
        users: observed.users && observedTensors(observed.users, [size]),
        items: observed.items && observedTensors(observed.items, [size, count]),
      },
    }),
    host: { items, scores, observed },
  };
}

function featuresOf(
  { queryFeatures, candidateFeatures }: RequestColumns,
  rows: ArrayLike<number>,
  candidateCount: number,
): Pick<RequestBatch, "queryFeatures" | "candidateFeatures"> {
  const size = rows.length;
  return {
    ...(queryFeatures && { queryFeatures: tensor(rowsOf(queryFeatures, rows), [size, queryFeatures.width]) }),
    ...(candidateFeatures && {
      candidateFeatures: tensor(gatherCandidateFeatures(candidateFeatures, rows, candidateCount), [
        size,
        candidateCount,
        candidateFeatures.width,
      ]),
    }),
  };
}

function historyOf(
  { history, historyFeedback, historyLength }: RequestColumns,
  rows: ArrayLike<number>,
): Pick<RequestBatch, "history" | "historyWeights"> {
  if (historyLength === 0) return { history: undefined, historyWeights: undefined };
  const size = rows.length;
  const items = new Int32Array(size * historyLength);
  const weights = new Float32Array(size * 2 * historyLength);
  for (let i = 0; i < size; i++) {
    const counts = [0, 0];
    const kindAt = (h: number) => (historyFeedback[rows[i] * historyLength + h] > 0 ? 0 : 1);
    for (let h = 0; h < historyLength; h++) {
      if (history[rows[i] * historyLength + h] >= 0) counts[kindAt(h)]++;
    }
    for (let h = 0; h < historyLength; h++) {
      const item = history[rows[i] * historyLength + h];
      if (item < 0) continue;
      items[i * historyLength + h] = item;
      weights[(i * 2 + kindAt(h)) * historyLength + h] = 1 / counts[kindAt(h)];
    }
  }
  return { history: tensor(items, [size, historyLength]), historyWeights: tensor(weights, [size, 2, historyLength]) };
}
