/** What a training request's candidates were good for, where the list that followed holds few of them. */
import type { ListDataset } from "./dataset.ts";
import type { ExposedLists } from "./exposed-lists.ts";
import { isShown } from "./exposures.ts";
import { type InteractionLog, positiveAt } from "./interactions.ts";

/**
 * Labels of all candidates of training requests: 1 for what the user liked in the list or at any later time of the
 * training part, 0 for the rest. A retriever's candidates are what a user may like, and most of them are met later
 * than in the next L: as negatives they would teach a ranker the opposite of what comes true.
 * @param log the interactions that may be learned from, which begin every user's part of the log that was cut
 * @param dataset the requests of `lists`, in their order
 * @returns [S, N]
 */
export function laterLikes(
  log: InteractionLog,
  lists: ExposedLists,
  full: InteractionLog,
  dataset: ListDataset,
): Float32Array {
  const { size, candidateCount, candidates } = dataset;
  const isPositive = positiveAt(full, lists.positiveThreshold);
  const gamma = Number(process.env.GAMMA ?? 1);
  const labels = new Float32Array(size * candidateCount);
  for (let row = 0; row < size; row++) {
    const user = lists.users[row];
    const learned = log.userOffsets[user + 1] - log.userOffsets[user];
    const end = full.userOffsets[user] + learned;
    const liked = new Map<number, number>();
    for (let at = lists.starts[row]; at < end; at++) {
      const isNow = at < lists.starts[row] + lists.listLength;
      if (isShown(full, at) && isPositive(at))
        liked.set(full.items[at], Math.max(isNow ? 1 : gamma, liked.get(full.items[at]) ?? 0));
    }
    for (let n = row * candidateCount; n < (row + 1) * candidateCount; n++) labels[n] = liked.get(candidates[n]) ?? 0;
  }
  return labels;
}
