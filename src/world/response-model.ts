/**
 * What the rows of a log say of who likes what: a logistic regression on who it is and what it is (Rasch 1960),
 *
 *     P(u likes i) = sigmoid(base + c_u + d_i)
 *
 * fitted by stochastic gradient descent in double precision, a million interactions in seconds. Vectors of users and items
 * are left out because KuaiRand-Pure shows nothing for them: held-out log-loss is no lower by 0.0001 with them
 * (docs/worlds.md). U users, I items.
 */

import type { InteractionLog } from "../data/interactions.ts";
import { averageRanks, mean } from "../evaluation/statistics.ts";
import { Random } from "../kernels/index.ts";

/** What is fitted; in single precision, so that a file holds it to the bit. */
export interface ResponseModel {
  /** In logits. */
  readonly base: number;
  /** c: [U] */
  readonly userBiases: Float32Array;
  /** d: [I] */
  readonly itemBiases: Float32Array;
}

/** How it is fitted. */
export interface ResponseOptions {
  /** Passes over the interactions. */
  readonly epochs: number;
  /** Learning rate of the first step, which falls to 0 in a line. */
  readonly learningRate: number;
  /** How strongly a bias is drawn to 0 at each of its interactions. */
  readonly penalty: number;
}

/** Chosen by the log-loss of held-out interactions of KuaiRand-Pure, among 8 and 16 epochs and penalties 0.02 and 0.05. */
export const DEFAULT_RESPONSE: ResponseOptions = { epochs: 8, learningRate: 0.05, penalty: 0.02 };

/** The base sees every interaction: at the rate of the biases it would follow the last ones. */
const BASE_RATE = 0.02;

/**
 * Fits the model to the interactions of `log` at `rows`; liked are those with feedback over 0.
 * @throws RangeError where there are no rows
 */
export function fitResponse(
  log: InteractionLog,
  rows: Int32Array,
  seed: number,
  { epochs, learningRate, penalty }: ResponseOptions = DEFAULT_RESPONSE,
): ResponseModel {
  if (rows.length === 0) throw new RangeError("world: there are no interactions to fit users and items on");
  const userBiases = new Float64Array(log.userIds.length);
  const itemBiases = new Float64Array(log.itemIds.length);
  // Half an interaction of either kind keeps the base finite where all are alike.
  const likes = rows.reduce((sum, row) => sum + isLiked(log, row), 0);
  let base = Math.log((likes + 0.5) / (rows.length - likes + 0.5));
  const random = new Random({ seed, stream: "world response", step: 0 });
  const steps = epochs * rows.length;
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const place of random.permutation(rows.length)) {
      const row = rows[place];
      const [user, item] = [log.users[row], log.items[row]];
      const rate = learningRate * (1 - step++ / steps);
      const slope = isLiked(log, row) - sigmoid(base + userBiases[user] + itemBiases[item]);
      userBiases[user] += rate * (slope - penalty * userBiases[user]);
      itemBiases[item] += rate * (slope - penalty * itemBiases[item]);
      base += BASE_RATE * rate * slope;
    }
  }
  return {
    base: Math.fround(base),
    userBiases: Float32Array.from(userBiases),
    itemBiases: Float32Array.from(itemBiases),
  };
}

/** How much `user` likes `item` on its own, in logits. */
export function likesAlone({ base, userBiases, itemBiases }: ResponseModel, user: number, item: number): number {
  return base + userBiases[user] + itemBiases[item];
}

/** How well probabilities foresee what happened. */
export interface Calibration {
  readonly rows: number;
  /** Mean negative log-likelihood of what happened, in nats. */
  readonly logLoss: number;
  /** The same of the share of likes among these very rows, the best that one number for all can do. */
  readonly baseLogLoss: number;
  /** The chance that what was liked has the higher probability than what was not; 0.5 where all were alike. */
  readonly auc: number;
  readonly meanProbability: number;
  readonly shareLiked: number;
}

/** @throws RangeError where there is nothing to compare */
export function calibrationOf(probabilities: Float64Array, liked: readonly (0 | 1)[]): Calibration {
  const rows = liked.length;
  const share = mean(liked);
  const loss = (probability: number, row: number) => -Math.log(liked[row] === 1 ? probability : 1 - probability);
  const likes = Math.round(share * rows);
  const ranks = averageRanks(probabilities);
  const ofLiked = ranks.reduce((sum, rank, row) => sum + liked[row] * rank, 0);
  const pairs = likes * (rows - likes);
  return {
    rows,
    logLoss: mean(probabilities.map(loss)),
    baseLogLoss: mean(new Float64Array(rows).map((_, row) => loss(share, row))),
    auc: pairs === 0 ? 0.5 : (ofLiked - (likes * (likes + 1)) / 2) / pairs,
    meanProbability: mean(probabilities),
    shareLiked: share,
  };
}

export function isLiked({ feedback }: InteractionLog, row: number): 0 | 1 {
  return feedback[row] > 0 ? 1 : 0;
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
