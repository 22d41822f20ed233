/**
 * A world fitted on a log, in the manner of KuaiSim (Zhao et al. 2023): users, items, who meets what and who likes what are
 * the log's, and what a list makes of its items is chosen, since no log of ours shows it. The item at position t (from 0)
 * of list l, shown to user u, gets positive feedback with probability
 *
 *     p_t = decay^t * sigmoid(level + base + c_u + d_i - fatigue * (earlier items of the same topic)),   i = l_t
 *
 * where base, c and d are fitted (`response-model.ts`), decay and fatigue are chosen, and `level` lifts all alike so that
 * the log's own lists get as many likes in this world as they got. Two parts of the log make it, no row in both: the
 * *truth* is fitted on one, and on the other what anyone in the world may see, which is how often items are shown, what
 * users met and how they liked it, and a second fit.
 */
import type { Catalogue } from "../data/dataset.ts";
import type { Random } from "../kernels/index.ts";
import { likesAlone, type ResponseModel, sigmoid } from "./response-model.ts";
import {
  checkRequestSettings,
  checkSetting,
  type GrowingList,
  type Past,
  type RequestSettings,
  World,
} from "./world.ts";

/** What is chosen of a fitted world. */
export interface FittedWorldSettings extends RequestSettings {
  /** Logits lost for each earlier item of the same topic. */
  readonly fatigue: number;
}

/** What is fitted of it. U users, I items. */
export interface WorldFit {
  /** Of the first part. */
  readonly truth: ResponseModel;
  /** Of the other. */
  readonly observed: ResponseModel;
  /** In logits. */
  readonly level: number;
  /** Of each item, or -1 for one of which none is known: [I] */
  readonly topics: Int32Array;
  /** How often each item was shown in the other part: [I] */
  readonly exposures: Int32Array;
  /** What users met in the other part, in its order: user u's are from `offsets[u]` to before `offsets[u + 1]`. */
  readonly pasts: { readonly offsets: Int32Array; readonly items: Int32Array; readonly feedback: Float32Array };
}

/** Users and items of a log. Made by `fitWorld`, or by hand. */
export class FittedWorld extends World {
  private readonly exposureScores: Float32Array<ArrayBuffer>;

  /** @throws RangeError for a setting out of range, or a fit that is not of as many users or items */
  constructor(
    readonly settings: FittedWorldSettings,
    readonly fit: WorldFit,
    readonly catalogue: Catalogue,
  ) {
    super();
    checkRequestSettings(settings);
    const { fatigue, userCount, itemCount } = settings;
    checkSetting(Number.isFinite(fatigue) && fatigue >= 0, "fatigue", "finite and at least 0", fatigue);
    const { truth, observed, topics, exposures, pasts } = fit;
    const lengths = [
      ["users", userCount, [truth.userBiases, observed.userBiases, pasts.offsets.subarray(1)]],
      ["items", itemCount, [truth.itemBiases, observed.itemBiases, topics, exposures]],
    ] as const;
    for (const [what, count, columns] of lengths) {
      for (const { length } of columns)
        checkSetting(length === count, `the number of fitted ${what}`, `${count}`, length);
    }
    // One more of each, so that an item that the other part lacks is rare and not impossible.
    this.exposureScores = Float32Array.from(exposures, (count) => Math.log(count + 1));
  }

  affinity(user: number, item: number): number {
    return this.fit.level + likesAlone(this.fit.truth, user, item);
  }

  /** The logarithm of how often items were shown, the same for all users: at temperature 1, candidates are drawn so. */
  retrieverScores(): Float32Array<ArrayBuffer> {
    return this.exposureScores;
  }

  /** What the other part of the log says that the user likes. */
  policyScores(user: number): Float32Array<ArrayBuffer> {
    const { observed } = this.fit;
    return new Float32Array(this.settings.itemCount).map((_, item) => likesAlone(observed, user, item));
  }

  /** What the user met before a moment drawn uniformly from the other part of the log. */
  override drawPast(user: number, random: Random): Past {
    const { offsets, items, feedback } = this.fit.pasts;
    const [first, end] = [offsets[user], offsets[user + 1]];
    const now = first + random.integer(end - first + 1);
    const start = Math.max(first, now - this.settings.historyLength);
    return { items: items.subarray(start, now), feedback: feedback.subarray(start, now) };
  }

  growList(user: number, candidates: ArrayLike<number>): GrowingList {
    const { fatigue, positionDecay } = this.settings;
    const affinities = Float64Array.from({ length: candidates.length }, (_, n) => this.affinity(user, candidates[n]));
    const topics = Int32Array.from({ length: candidates.length }, (_, n) => this.fit.topics[candidates[n]]);
    const before = new Map<number, number>();
    let length = 0;
    const repeatsOf = (n: number) => (topics[n] < 0 ? 0 : (before.get(topics[n]) ?? 0));
    const add = (n: number, count: number) => {
      length += count;
      before.set(topics[n], (before.get(topics[n]) ?? 0) + count);
    };
    return {
      probability: (n) => positionDecay ** length * sigmoid(affinities[n] - fatigue * repeatsOf(n)),
      push: (n) => add(n, 1),
      pop: (n) => add(n, -1),
    };
  }
}
