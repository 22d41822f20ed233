/** Feedback as labels: of lists that were shown, of all candidates, and of lists that nobody saw. */
import { Random, type RandomKey, type Tensor, tensor } from "../tensor/index.ts";
import type { ListDataset } from "./dataset.ts";

/**
 * What a candidate counts that was not shown: nothing (`ignore`: it is left out), or no feedback (`negative`: it is an
 * example with label 0). A log of ratings only makes sense with `negative`, since what is shown there was chosen.
 */
export type UnexposedCandidates = "ignore" | "negative";

/** The lists that were shown at `rows`, -1 for items that are not candidates: candidate positions [B, L], flat. */
export function exposedLists({ exposed, listLength }: ListDataset, rows: ArrayLike<number>): Int32Array {
  return gatherRows(exposed, listLength, rows, new Int32Array(rows.length * listLength));
}

/** Feedback on each position of the lists that were shown at `rows`: [B, L]. */
export function exposedLabels({ feedback, listLength }: ListDataset, rows: ArrayLike<number>): Float32Array {
  return gatherRows(feedback, listLength, rows, new Float32Array(rows.length * listLength));
}

function gatherRows<Column extends Int32Array | Float32Array>(
  column: Column,
  width: number,
  rows: ArrayLike<number>,
  out: Column,
): Column {
  for (let i = 0; i < rows.length; i++)
    out.set(column.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
  return out;
}

/**
 * The lists that were shown at `rows` as far as their items are candidates: [B, L], flat. The places of the others go
 * to the first candidates that were not shown.
 */
export function showableLists(dataset: ListDataset, rows: ArrayLike<number>): Int32Array {
  const { listLength } = dataset;
  const lists = exposedLists(dataset, rows);
  for (let start = 0; start < lists.length; start += listLength) {
    const list = lists.subarray(start, start + listLength);
    let filler = 0;
    list.forEach((position, t) => {
      if (position >= 0) return;
      while (list.includes(filler)) filler++;
      list[t] = filler;
    });
  }
  return lists;
}

/** Labels of all candidates, 1 for what was shown and liked: [B, N]. */
export function candidateLabels(
  { feedback, exposed, listLength, candidateCount }: ListDataset,
  rows: ArrayLike<number>,
): Float32Array {
  const labels = new Float32Array(rows.length * candidateCount);
  for (let i = 0; i < rows.length; i++) {
    for (let at = rows[i] * listLength; at < (rows[i] + 1) * listLength; at++) {
      if (exposed[at] >= 0) labels[i * candidateCount + exposed[at]] = feedback[at];
    }
  }
  return labels;
}

/** The same as a tensor. */
export function candidateLabelTensor(dataset: ListDataset, rows: ArrayLike<number>): Tensor {
  return tensor(candidateLabels(dataset, rows), [rows.length, dataset.candidateCount]);
}

/**
 * What lists that nobody saw would have got, if what was not shown counts 0.
 * @param lists candidate positions [B, G, L], flat
 * @returns labels of the same shape
 */
export function labelsOfLists(
  dataset: ListDataset,
  rows: ArrayLike<number>,
  lists: Int32Array,
): Float32Array {
  const labels = candidateLabels(dataset, rows);
  const perRequest = lists.length / rows.length;
  return Float32Array.from(lists, (position, at) => {
    return labels[Math.floor(at / perRequest) * dataset.candidateCount + position];
  });
}

/**
 * For each row a list of L distinct candidates in random order, of which a random number was exposed and the others
 * were not: [B, L], flat. The reward model learns from them what lists look like that nobody saw.
 */
export function mixedLists(dataset: ListDataset, rows: ArrayLike<number>, key: RandomKey): Int32Array {
  const { candidateCount, listLength, exposed } = dataset;
  const random = new Random(key);
  const lists = new Int32Array(rows.length * listLength);
  for (let i = 0; i < rows.length; i++) {
    const wasShown = new Uint8Array(candidateCount);
    for (let at = rows[i] * listLength; at < (rows[i] + 1) * listLength; at++) {
      if (exposed[at] >= 0) wasShown[exposed[at]] = 1;
    }
    const order = random.permutation(candidateCount);
    const shown = order.filter((position) => wasShown[position] === 1);
    const unseen = order.filter((position) => wasShown[position] === 0);
    // At least as many as it takes to fill the list.
    const kept = Math.max(random.integer(listLength + 1), listLength - unseen.length);
    const chosen = [...shown.subarray(0, kept), ...unseen];
    random.permutation(listLength).forEach((place, t) => {
      lists[i * listLength + t] = chosen[place];
    });
  }
  return lists;
}

/** Liked items of one list for each of the S requests of a dataset, if what was not shown counts 0: [S]. */
export function listRewards(dataset: ListDataset, lists: Int32Array): Float64Array {
  const { size, listLength } = dataset;
  const labels = labelsOfLists(dataset, allRows(dataset), lists);
  return Float64Array.from({ length: size }, (_, row) =>
    labels.subarray(row * listLength, (row + 1) * listLength).reduce((sum, label) => sum + label, 0),
  );
}

/** 0 to S - 1. */
export function allRows({ size }: ListDataset): Int32Array {
  return Int32Array.from({ length: size }, (_, row) => row);
}
