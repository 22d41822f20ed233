/** How much of what users liked a retriever finds. */
import type { ScoreItems } from "../candidates.ts";
import { shownItems } from "../exposures.ts";
import type { InteractionLog } from "../interactions.ts";
import { type ExposedLists, positiveAt } from "../lists.ts";

/**
 * Recall@k: the share of the positives in `heldOut` that are among the k best of the items that their user had not
 * met before the list; items of equal score count in the order of their numbers. A positive that was met before is
 * not retrieved. NaN when no list holds a positive.
 *
 * @param log the whole log, in which the lists lie
 * @throws RangeError for a `k` that is no positive integer, a list that is not of this log, or scores that are not
 * finite
 */
export function recallAt(scoreItems: ScoreItems, log: InteractionLog, heldOut: ExposedLists, k = 50): number {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`recall: k must be a positive integer, got ${k}`);
  const isPositive = positiveAt(log, heldOut.positiveThreshold);
  const scores = new Float32Array(log.itemIds.length);
  let scoredUser = -1;
  let positives = 0;
  let retrieved = 0;
  for (let list = 0; list < heldOut.size; list++) {
    checkList(log, heldOut, list);
    const user = heldOut.users[list];
    const start = heldOut.starts[list];
    if (user !== scoredUser) scoreUser(scoreItems, log, user, scores);
    scoredUser = user;
    const isMet = new Uint8Array(scores.length);
    for (const item of shownItems(log, log.userOffsets[user], start)) isMet[item] = 1;
    for (let row = start; row < start + heldOut.listLength; row++) {
      if (!isPositive(row)) continue;
      positives++;
      if (isAmongBest(log.items[row], scores, isMet, k)) retrieved++;
    }
  }
  return retrieved / positives;
}

function checkList(
  { userOffsets }: InteractionLog,
  { users, starts, listLength }: ExposedLists,
  list: number,
): void {
  const user = users[list];
  const start = starts[list];
  const isInside = start >= userOffsets[user] && start + listLength <= userOffsets[user + 1];
  if (!isInside) {
    throw new RangeError(
      `recall: list ${list} (rows ${start} to ${start + listLength - 1} of user ${user}) is not of this log; pass the ` +
        "log that the lists were cut from",
    );
  }
}

/** Writes the user's scores of all items to `scores`, [I]. */
function scoreUser(scoreItems: ScoreItems, log: InteractionLog, user: number, scores: Float32Array): void {
  // An item that the retriever forgets must not keep the previous user's score.
  scores.fill(Number.NaN);
  scoreItems(user, scores);
  const wrong = scores.findIndex((score) => !Number.isFinite(score));
  if (wrong >= 0) {
    throw new RangeError(
      `recall: the score of item "${log.itemIds[wrong]}" for user "${log.userIds[user]}" is ${scores[wrong]}; ` +
        "expected a finite number",
    );
  }
}

/** Whether an item has not been met, and fewer than k items that have not been met either come before it. */
function isAmongBest(item: number, scores: Float32Array, isMet: Uint8Array, k: number): boolean {
  if (isMet[item] === 1) return false;
  let better = 0;
  for (let other = 0; other < scores.length && better < k; other++) {
    const isBefore = scores[other] > scores[item] || (scores[other] === scores[item] && other < item);
    if (isBefore && isMet[other] === 0) better++;
  }
  return better < k;
}
