/**
 * A world: users and items of which it is known what each would say of any list, so that what a ranker reaches can be set
 * against what was possible. What users feel is the matter of each kind of world: one that is drawn
 * (`embedded-world.ts`), and one that is fitted on a log (`fitted-world.ts`).
 */
import type { Catalogue } from "../data/dataset.ts";
import type { Random } from "../kernels/index.ts";

/** What every world says of itself, its retriever and its logging policy. */
export interface RequestSettings {
  /** Keys every random choice that makes the world: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
  readonly userCount: number;
  readonly itemCount: number;
  /** Candidates of a request, N. */
  readonly candidateCount: number;
  /** Positions of a list, L. */
  readonly listLength: number;
  /** Items of a history, H; 0 where users come without. */
  readonly historyLength: number;
  /** Factor by which the probability falls from one position to the next: over 0 and at most 1. */
  readonly positionDecay: number;
  /** Temperature at which candidates are drawn by the retriever's scores. */
  readonly candidateTemperature: number;
  /** Temperature of the logging policy: high explores, low repeats the policy's greedy list. */
  readonly policyTemperature: number;
}

/** What a user met before a request, oldest first, at most H items, and how each was liked. */
export interface Past {
  readonly items: Int32Array;
  readonly feedback: Float32Array;
}

/** The start of a list for one user, grown and cut back item by item, out of N candidates by their places. */
export interface GrowingList {
  /**
   * The probability of positive feedback on candidate `n`, were it the next item. It may depend on which items come before
   * it and on how many they are, not on their order.
   */
  probability(n: number): number;
  push(n: number): void;
  /** Takes off candidate `n`, which was pushed last. */
  pop(n: number): void;
}

/** Users, items and the feedback that each list would get. */
export abstract class World {
  abstract readonly settings: RequestSettings;
  /** What models may see of users and items. */
  abstract readonly catalogue: Catalogue;

  /** How much `user` likes `item` on its own, in logits; the numbers are not checked. */
  abstract affinity(user: number, item: number): number;

  /** The retriever's score of every item for `user`, in logits: [I]. */
  abstract retrieverScores(user: number): Float32Array<ArrayBuffer>;

  /** The logging policy's score of every item for `user`, in logits: [I]. */
  abstract policyScores(user: number): Float32Array<ArrayBuffer>;

  /** A past of `user`; of a world without, an empty one. */
  drawPast(_user: number, _random: Random): Past {
    return { items: new Int32Array(0), feedback: new Float32Array(0) };
  }

  /** An empty list for `user`; the numbers are not checked. */
  abstract growList(user: number, candidates: ArrayLike<number>): GrowingList;

  /**
   * The probability of positive feedback at each position when the list `items`, of any length, is shown to `user`.
   * @throws RangeError for a user or item that is not in the world.
   */
  expectedFeedback(user: number, items: ArrayLike<number>): Float64Array {
    this.checkNumbers(user, items);
    const list = this.growList(user, items);
    return new Float64Array(items.length).map((_, t) => {
      const probability = list.probability(t);
      list.push(t);
      return probability;
    });
  }

  /** The expected number of positives when the list `items` is shown to `user`; throws as expectedFeedback does. */
  expectedReward(user: number, items: ArrayLike<number>): number {
    return this.expectedFeedback(user, items).reduce((reward, probability) => reward + probability, 0);
  }

  /** One user's feedback, 0 or 1 at each position, drawn from `random`, one number a position: [L]. */
  drawFeedback(user: number, items: ArrayLike<number>, random: Random): Float32Array {
    const probabilities = this.expectedFeedback(user, items);
    return new Float32Array(probabilities.map((probability) => (random.uniform() < probability ? 1 : 0)));
  }

  /** @throws RangeError for a user or item that is not in the world. */
  checkNumbers(user: number, items: ArrayLike<number>): void {
    const { userCount, itemCount } = this.settings;
    if (!isIndex(user, userCount)) {
      throw new RangeError(`world: user must be an integer from 0 to ${userCount - 1}, got ${user}`);
    }
    for (let t = 0; t < items.length; t++) {
      if (!isIndex(items[t], itemCount)) {
        throw new RangeError(
          `world: items must be integers from 0 to ${itemCount - 1}, got ${items[t]} at position ${t}`,
        );
      }
    }
  }
}

export function isIndex(value: number, count: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < count;
}

/** What holds of the settings of every world. @throws RangeError for the first that does not, calling it by its name */
export function checkRequestSettings(settings: RequestSettings): void {
  const { itemCount, candidateCount, listLength, positionDecay } = settings;
  for (const name of ["userCount", "itemCount", "candidateCount", "listLength"] as const) {
    const isCount = Number.isInteger(settings[name]) && settings[name] >= 1;
    checkSetting(isCount, name, "a positive integer", settings[name]);
  }
  const { historyLength } = settings;
  const isLength = Number.isInteger(historyLength) && historyLength >= 0;
  checkSetting(isLength, "historyLength", "an integer of at least 0", historyLength);
  for (const name of ["candidateTemperature", "policyTemperature"] as const) {
    const isTemperature = Number.isFinite(settings[name]) && settings[name] > 0;
    checkSetting(isTemperature, name, "finite and over 0", settings[name]);
  }
  checkSetting(positionDecay > 0 && positionDecay <= 1, "positionDecay", "over 0 and at most 1", positionDecay);
  checkSetting(candidateCount <= itemCount, "candidateCount", `at most the ${itemCount} items`, candidateCount);
  checkSetting(listLength <= candidateCount, "listLength", `at most the ${candidateCount} candidates`, listLength);
}

export function checkSetting(holds: boolean, name: string, expected: string, value: number): void {
  if (!holds) throw new RangeError(`world: ${name} must be ${expected}, got ${value}`);
}
