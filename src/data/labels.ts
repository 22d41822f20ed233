/** Feedback as labels: of lists that were shown, of all candidates, and of lists that nobody saw. */
import { Random, type RandomKey, type Tensor, tensor } from "../tensor/index.ts";
import type { ListDataset } from "./dataset.ts";
import { type RowShapes, shapeOf } from "./shapes.ts";

/** What was shown in answer to S requests: the columns of a dataset, or those of a batch of its rows. */
export type ShownLists = RowShapes & Pick<ListDataset, "exposed" | "feedback" | "labels">;

/**
 * What a candidate counts that was not shown: nothing (`ignore`: it is left out), or no feedback (`negative`: it is an
 * example with label 0). A log of ratings only makes sense with `negative`, since what is shown there was chosen.
 */
export type UnexposedCandidates = "ignore" | "negative";

/**
 * The lists that were shown as far as their items are candidates: [S, L], flat. The places of the others go to the
 * first candidates that were not shown; those behind a row's own list stay -1.
 */
export function showableLists(shown: ShownLists): Int32Array {
  const { exposed, listLength } = shown;
  const lists = exposed.slice();
  for (let row = 0; row < shown.size; row++) {
    const start = row * listLength;
    const list = lists.subarray(start, start + shapeOf(shown, row).listLength);
    let filler = 0;
    list.forEach((position, t) => {
      if (position >= 0) return;
      while (list.includes(filler)) filler++;
      list[t] = filler;
    });
  }
  return lists;
}

/**
 * Labels of all candidates, from 0 to 1: the feedback on what was shown, and 0 for the rest, unless the source tells it
 * of all; 0 too where it is not known (`knownCandidates`). [S, N]
 */
export function candidateLabels(shown: ShownLists): Float32Array {
  const { size, feedback, exposed, listLength, candidateCount } = shown;
  if (shown.labels !== undefined) return shown.labels.map((label) => Math.max(label, 0));
  const labels = new Float32Array(size * candidateCount);
  exposed.forEach((position, at) => {
    if (position >= 0) labels[Math.floor(at / listLength) * candidateCount + position] = feedback[at];
  });
  return labels;
}

/** 1 for each candidate that was shown, 0 for the others: [S, N]. */
export function exposureLabels({ size, exposed, listLength, candidateCount }: ShownLists): Float32Array {
  const labels = new Float32Array(size * candidateCount);
  exposed.forEach((position, at) => {
    if (position >= 0) labels[Math.floor(at / listLength) * candidateCount + position] = 1;
  });
  return labels;
}

/** Which candidates' labels are known, i32 [S, N]; undefined where all are. */
export function knownCandidates({ labels, size, candidateCount }: ShownLists): Tensor | undefined {
  if (labels === undefined || labels.every((label) => label >= 0)) return undefined;
  return tensor(
    Int32Array.from(labels, (label) => Number(label >= 0)),
    [size, candidateCount],
  );
}

/** The same as a tensor. */
export function candidateLabelTensor(shown: ShownLists): Tensor {
  return tensor(candidateLabels(shown), [shown.size, shown.candidateCount]);
}

/**
 * What lists that nobody saw would have got, if what was not shown counts 0.
 * @param lists candidate positions [S, G, L], flat; -1 where a list has no such place
 * @returns labels of the same shape, 0 for -1
 */
export function labelsOfLists(shown: ShownLists, lists: Int32Array): Float32Array {
  const labels = candidateLabels(shown);
  const perRequest = lists.length / shown.size;
  return Float32Array.from(lists, (position, at) => {
    return position < 0 ? 0 : labels[Math.floor(at / perRequest) * shown.candidateCount + position];
  });
}

/**
 * For each request of one shape a list of L distinct candidates in random order, of which a random number was exposed and
 * the others were not: [S, L], flat. The reward model learns from them what lists look like that nobody saw.
 */
export function mixedLists(shown: ShownLists, key: RandomKey): Int32Array {
  const { size, candidateCount, listLength, exposed } = shown;
  const random = new Random(key);
  const lists = new Int32Array(size * listLength);
  for (let i = 0; i < size; i++) {
    const wasShown = new Set(exposed.subarray(i * listLength, (i + 1) * listLength));
    const order = random.permutation(candidateCount);
    const seen = order.filter((position) => wasShown.has(position));
    const unseen = order.filter((position) => !wasShown.has(position));
    // At least as many as it takes to fill the list.
    const kept = Math.max(random.integer(listLength + 1), listLength - unseen.length);
    const chosen = [...seen.subarray(0, kept), ...unseen];
    random.permutation(listLength).forEach((place, t) => {
      lists[i * listLength + t] = chosen[place];
    });
  }
  return lists;
}

/** Liked items of one list for each of the S requests, if what was not shown counts 0: [S]. */
export function listRewards(shown: ShownLists, lists: Int32Array): Float64Array {
  const { size, listLength } = shown;
  const labels = labelsOfLists(shown, lists);
  return Float64Array.from({ length: size }, (_, row) =>
    labels.subarray(row * listLength, (row + 1) * listLength).reduce((sum, label) => sum + label, 0),
  );
}

/** 0 to S - 1. */
export function allRows({ size }: { readonly size: number }): Int32Array {
  return Int32Array.from({ length: size }, (_, row) => row);
}
