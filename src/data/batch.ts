/** From rows of a dataset to the tensors that models read. */
import { type Tensor, tensor } from "../tensor/index.ts";
import type { RequestColumns } from "./dataset.ts";

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
}

/** All candidates of the requests at `rows`: K = N. */
export function candidateBatch(dataset: RequestColumns, rows: ArrayLike<number>): RequestBatch {
  const everything = Int32Array.from({ length: dataset.candidateCount }, (_, n) => n);
  return makeBatch(dataset, rows, dataset.candidateCount, () => everything);
}

/** One list for each of the requests at `rows`, as candidate positions [B, L], in list order: K = L. */
export function listBatch(dataset: RequestColumns, rows: ArrayLike<number>, lists: Int32Array): RequestBatch {
  const length = lists.length / rows.length;
  return makeBatch(dataset, rows, length, (i) => lists.subarray(i * length, (i + 1) * length));
}

function makeBatch(
  dataset: RequestColumns,
  rows: ArrayLike<number>,
  count: number,
  positionsOf: (index: number) => Int32Array,
): RequestBatch {
  const size = rows.length;
  const { candidateCount } = dataset;
  const items = new Int32Array(size * count);
  const scores = new Float32Array(size * count);
  for (let i = 0; i < size; i++) {
    const positions = positionsOf(i);
    for (let k = 0; k < count; k++) {
      const at = rows[i] * candidateCount + positions[k];
      items[i * count + k] = dataset.candidates[at];
      scores[i * count + k] = dataset.retrieverScores[at];
    }
  }
  return {
    size,
    users: tensor(
      Int32Array.from(rows, (row) => dataset.users[row]),
      [size],
    ),
    items: tensor(items, [size, count]),
    retrieverScores: tensor(scores, [size, count, 1]),
    ...historyOf(dataset, rows),
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
  return {
    history: tensor(items, [size, historyLength]),
    historyWeights: tensor(weights, [size, 2, historyLength]),
  };
}
