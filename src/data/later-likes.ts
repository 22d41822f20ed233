/** What is known of a training request's candidates that were retrieved, and not shown. */

import type { ListDataset } from "./dataset.ts";
import { type ExposedLists, lengthOf } from "./exposed-lists.ts";
import { isShown } from "./exposures.ts";
import { type InteractionLog, positiveAt } from "./interactions.ts";
import { candidateLabels } from "./labels.ts";

/**
 * Training requests whose labels leave out (-1) what the user came to like after the list, as far as may be learned
 * from: what a retriever finds is what a user may like, and taught as a negative it would teach the opposite of what came
 * true. It is no positive either, since it was not what came next.
 * @param log the interactions in which the lists lie
 * @param learned those that may be learned from, which are the first of every user's
 */
export function withoutLaterLikes(
  requests: ListDataset,
  lists: ExposedLists,
  log: InteractionLog,
  learned: InteractionLog,
): ListDataset {
  const { candidates, candidateCount } = requests;
  const isPositive = positiveAt(log, lists.positiveThreshold);
  const labels = candidateLabels(requests).slice();
  lists.starts.forEach((start, row) => {
    const user = lists.users[row];
    const liked = new Set<number>();
    let left = learned.userOffsets[user + 1] - learned.userOffsets[user];
    for (let at = log.userOffsets[user]; left > 0; at++) {
      if (!isShown(log, at)) continue;
      left--;
      if (at >= start + lengthOf(lists, row) && isPositive(at)) liked.add(log.items[at]);
    }
    for (let at = row * candidateCount; at < (row + 1) * candidateCount; at++) {
      if (labels[at] === 0 && liked.has(candidates[at])) labels[at] = -1;
    }
  });
  return { ...requests, labels };
}
