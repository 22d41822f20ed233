/** The simplest retriever: what everybody likes. */
import type { SafetensorsEntry } from "../../nn/index.ts";
import { type InteractionLog, positiveAt } from "../interactions.ts";
import type { Retriever } from "./retriever.ts";
import { joined, restoredTensor, tensorOf } from "./retriever-tensors.ts";

/** What popularity counts. */
export interface PopularityOptions {
  /** Feedback of at least this much is a positive: 3 unless given. */
  readonly positiveThreshold?: number;
  /**
   * Age, in the unit of the log's timestamps, at which a positive counts half of one from the end of the log: all
   * count the same unless given.
   */
  readonly halfLife?: number;
}

/** Scores items by their positives in a log, the same for every user: s(i) = sum of 2^(-age / halfLife) over them. */
export class PopularityRetriever implements Retriever {
  readonly name = "popularity";

  private constructor(
    readonly userCount: number,
    /** [I] */
    private readonly scores: Float64Array,
  ) {}

  get itemCount(): number {
    return this.scores.length;
  }

  /**
   * @param log the interactions to learn from, such as `trainingInteractions` gives
   * @throws RangeError for a half-life that is not over 0
   */
  static learn(log: InteractionLog, options: PopularityOptions = {}): PopularityRetriever {
    const { positiveThreshold = 3, halfLife = Number.POSITIVE_INFINITY } = options;
    if (!(halfLife > 0)) throw new RangeError(`popularity: halfLife must be over 0, got ${halfLife}`);
    const isPositive = positiveAt(log, positiveThreshold);
    const latest = log.timestamps.reduce((last, time) => Math.max(last, time), Number.NEGATIVE_INFINITY);
    const scores = new Float64Array(log.itemIds.length);
    for (let row = 0; row < log.items.length; row++) {
      if (isPositive(row)) scores[log.items[row]] += 2 ** ((log.timestamps[row] - latest) / halfLife);
    }
    return new PopularityRetriever(log.userIds.length, scores);
  }

  /** @throws RangeError for tensors that are not those of {@link tensors} */
  static restore(tensors: ReadonlyMap<string, SafetensorsEntry>, userCount: number): PopularityRetriever {
    return new PopularityRetriever(userCount, restoredTensor(tensors, "scores", Float64Array, 1).data);
  }

  /** All are alike to it. */
  knows(): boolean {
    return true;
  }

  scoresFor(): (item: number) => number {
    return (item) => this.scores[item];
  }

  itemRows() {
    return { width: 1, data: this.scores };
  }

  rowScoresFor(): (row: ArrayLike<number>) => number {
    return (row) => row[0];
  }

  withItems(_items: number, rows: Float64Array): PopularityRetriever {
    return new PopularityRetriever(this.userCount, joined(this.scores, rows));
  }

  tensors(): Map<string, SafetensorsEntry> {
    return new Map([["scores", tensorOf("F64", this.scores)]]);
  }
}
