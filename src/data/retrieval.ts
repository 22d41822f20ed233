/** What a retriever finds for users of a log: the items of the highest scores that they have not met. */
import { bestItems } from "./best-items.ts";
import { shownItems } from "./exposures.ts";
import type { InteractionLog } from "./interactions.ts";

/** A retriever's scores: writes its score of every item for `user` to `out`, [I]. Higher is better. */
export type ScoreItems = (user: number, out: Float32Array) => void;

/** Retrieves for one user after another, and remembers the last answers: a user's lists follow each other. */
export class Retrieval {
  private readonly scores: Float32Array;
  private scoredUser = -1;
  private retrieved: readonly number[] = [];
  private retrievedFor = "";

  /** @param purpose what errors are about, such as "candidates" */
  constructor(
    private readonly log: InteractionLog,
    private readonly scoreItems: ScoreItems,
    private readonly purpose: string,
  ) {
    this.scores = new Float32Array(log.itemIds.length);
  }

  /**
   * The scores of all items for `user`, valid until the next call: [I].
   * @throws RangeError for a score that is not finite
   */
  scoresOf(user: number): Float32Array {
    if (user === this.scoredUser) return this.scores;
    // An item that the retriever forgets must not keep the previous user's score.
    this.scores.fill(Number.NaN);
    this.scoreItems(user, this.scores);
    const wrong = this.scores.findIndex((score) => !Number.isFinite(score));
    if (wrong >= 0) {
      throw new RangeError(
        `${this.purpose}: the retriever scored item "${this.log.itemIds[wrong]}" for user "${this.log.userIds[user]}" ` +
          `${this.scores[wrong]}; expected a finite number`,
      );
    }
    this.scoredUser = user;
    return this.scores;
  }

  /**
   * The best `count` items that are not among the user's interactions in the rows of the log from `from` to before
   * `until`, best first, ties by item number; fewer where the user has met almost all.
   */
  best(user: number, from: number, until: number, count: number): readonly number[] {
    const request = `${user} ${from} ${until} ${count}`;
    if (request === this.retrievedFor) return this.retrieved;
    const scores = this.scoresOf(user).slice();
    for (const item of shownItems(this.log, from, until)) {
      scores[item] = Number.NEGATIVE_INFINITY;
    }
    this.retrieved = bestItems(scores, count);
    this.retrievedFor = request;
    return this.retrieved;
  }
}
