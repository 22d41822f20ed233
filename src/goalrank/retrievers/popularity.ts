/** The simplest retriever: what everybody likes. */
import { type InteractionLog, positiveAt, type ScoreItems } from "../data/index.ts";
import { checkScoreRequest } from "./score-request.ts";

export interface PopularityOptions {
  /** Feedback of at least this much is a positive: 3 unless given. */
  readonly positiveThreshold?: number;
  /**
   * Age, in the unit of the log's timestamps, at which a positive counts half of one from the end of the log: all
   * count the same unless given.
   */
  readonly halfLife?: number;
}

/**
 * Scores items by their positives in `log`, the same for every user: s(i) = sum of 2^(-age / halfLife) over them.
 *
 * @param log the interactions to learn from, such as `trainingInteractions` gives
 * @throws RangeError for a half-life that is not over 0
 */
export function popularityScorer(log: InteractionLog, options: PopularityOptions = {}): ScoreItems {
  const { positiveThreshold = 3, halfLife = Number.POSITIVE_INFINITY } = options;
  if (!(halfLife > 0)) throw new RangeError(`popularity: halfLife must be over 0, got ${halfLife}`);
  const isPositive = positiveAt(log, positiveThreshold);
  const latest = log.timestamps.reduce((last, time) => Math.max(last, time), Number.NEGATIVE_INFINITY);
  const scores = new Float64Array(log.itemIds.length);
  for (let row = 0; row < log.items.length; row++) {
    if (isPositive(row)) scores[log.items[row]] += 2 ** ((log.timestamps[row] - latest) / halfLife);
  }
  return (user, out) => {
    checkScoreRequest(user, log.userIds.length, out, scores.length);
    out.set(scores);
  };
}
