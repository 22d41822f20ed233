/** How much of what users liked a retriever finds. */
import { type ExposedLists, lengthOf } from "../exposed-lists.ts";
import { type InteractionLog, positiveAt } from "../interactions.ts";
import { Retrieval, type ScoreItems } from "../retrieval.ts";
import { DEFAULT_LOG, type LogOptions } from "../settings.ts";

/** What a log says of its users' pasts. */
export type RecallOptions = Partial<Pick<LogOptions, "repeats" | "historyLength">>;

/**
 * Recall@k: the share of the positives in `heldOut` that are among the k best of the items that their user had not
 * met before the list; items of equal score count in the order of their numbers. A positive that was met before is
 * not retrieved, unless with `repeats`. NaN when no list holds a positive.
 *
 * @param log the whole log, in which the lists lie
 * @throws RangeError for a `k` that is no positive integer, a list that is not of this log, or scores that are not
 * finite
 */
export function recallAt(
  scoreItems: ScoreItems,
  log: InteractionLog,
  heldOut: ExposedLists,
  k = 50,
  { repeats = DEFAULT_LOG.repeats, historyLength = DEFAULT_LOG.historyLength }: RecallOptions = {},
): number {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`recall: k must be a positive integer, got ${k}`);
  const { users, starts } = heldOut;
  const isPositive = positiveAt(log, heldOut.positiveThreshold);
  const retrieval = new Retrieval(log, scoreItems, "recall", { isPositive, historyLength });
  let positives = 0;
  let retrieved = 0;
  starts.forEach((start, list) => {
    const user = users[list];
    const listLength = lengthOf(heldOut, list);
    const isInside = start >= log.userOffsets[user] && start + listLength <= log.userOffsets[user + 1];
    if (!isInside) {
      throw new RangeError(
        `recall: list ${list} (rows ${start} to ${start + listLength - 1} of user ${user}) is not of this log; pass the ` +
          "log that the lists were cut from",
      );
    }
    const best = retrieval.best(user, start, repeats ? start : log.userOffsets[user], start, k);
    for (let row = start; row < start + listLength; row++) {
      if (!isPositive(row)) continue;
      positives++;
      if (best.includes(log.items[row])) retrieved++;
    }
  });
  return retrieved / positives;
}
