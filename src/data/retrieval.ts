/** What a retriever finds for users of a log: the items of the highest scores that they have not met. */
import { bestItems } from "./best-items.ts";
import { isShown, shownItems } from "./exposures.ts";
import type { InteractionLog } from "./interactions.ts";

/** What somebody met: items by number, oldest first, and whether each was liked. */
export type MetItems = readonly { readonly item: number; readonly liked: boolean }[];

/** A retriever's scores: writes its score of every item for `user`, who met `history`, to `out`, [I]. Higher is better. */
export interface ScoreItems {
  (user: number, out: Float32Array, history?: MetItems): void;
  /** Whether it knows a user without a history, which is then empty; unless this is given, all. */
  readonly knows?: (user: number) => boolean;
}

/** What is known of a user at the time of a list: what they met before it, and how much of that is looked at. */
export interface PastOptions {
  readonly isPositive: (row: number) => boolean;
  readonly historyLength: number;
}

/** Retrieves for one user after another, and remembers the last answers: a user's lists follow each other. */
export class Retrieval {
  private readonly scores: Float32Array;
  private scoredFor = "";
  private retrieved: readonly number[] = [];
  private retrievedFor = "";

  /** @param purpose what errors are about, such as "candidates" */
  constructor(
    private readonly log: InteractionLog,
    private readonly scoreItems: ScoreItems,
    private readonly purpose: string,
    private readonly past: PastOptions,
  ) {
    this.scores = new Float32Array(log.itemIds.length);
  }

  /**
   * The scores of all items for `user` before the row `start` of the log, valid until the next call: [I].
   * @throws RangeError for a score that is not finite
   */
  scoresOf(user: number, start: number): Float32Array {
    const isKnown = this.scoreItems.knows?.(user) ?? true;
    const request = isKnown ? `${user}` : `${user} ${start}`;
    if (request === this.scoredFor) return this.scores;
    this.scoredFor = "";
    // An item that the retriever forgets must not keep the previous user's score.
    this.scores.fill(Number.NaN);
    this.scoreItems(user, this.scores, isKnown ? [] : this.historyBefore(user, start));
    const wrong = this.scores.findIndex((score) => !Number.isFinite(score));
    if (wrong >= 0) {
      throw new RangeError(
        `${this.purpose}: the retriever scored item "${this.log.itemIds[wrong]}" for user "${this.log.userIds[user]}" ` +
          `${this.scores[wrong]}; expected a finite number`,
      );
    }
    this.scoredFor = request;
    return this.scores;
  }

  /**
   * The best `count` items, before the row `start`, that are not among the user's interactions in the rows of the log from `from` to before
   * `until`, best first, ties by item number; fewer where the user has met almost all.
   */
  best(user: number, start: number, from: number, until: number, count: number): readonly number[] {
    const scored = this.scoresOf(user, start);
    const request = `${this.scoredFor}, ${from} ${until} ${count}`;
    if (request === this.retrievedFor) return this.retrieved;
    const scores = scored.slice();
    for (const item of shownItems(this.log, from, until)) {
      scores[item] = Number.NEGATIVE_INFINITY;
    }
    this.retrieved = bestItems(scores, count);
    this.retrievedFor = request;
    return this.retrieved;
  }

  /** The last that the user was shown before the row `start`, oldest first. */
  private historyBefore(user: number, start: number): MetItems {
    const { isPositive, historyLength } = this.past;
    const met: { item: number; liked: boolean }[] = [];
    for (let row = start - 1; row >= this.log.userOffsets[user] && met.length < historyLength; row--) {
      if (isShown(this.log, row)) met.push({ item: this.log.items[row], liked: isPositive(row) });
    }
    return met.reverse();
  }
}
