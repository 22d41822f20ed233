/**
 * Ranking metrics with the names and definitions of the GoalRank paper (arXiv 2509.22046, section 4.1 and appendix
 * D.1). A user has N candidates with labels [N]: 1 for an exposed item with positive feedback (a positive), 0 for
 * every other candidate. A ranking holds candidate positions, best first. Every metric runs from 0 to 1.
 */
import { GRADED_MEASURES, type GradedMetrics } from "./graded-metrics.ts";
import { checkPositions, checkRanking } from "./ranking-checks.ts";
import { averageRanks, mean, meanHalfWidth } from "./statistics.ts";

/** How good the first K places of one user's ranking are. */
export interface RankingMetrics {
  /** H@K: the share of the K places that hold a positive, which is the precision. */
  readonly hit: number;
  /** NDCG@K: binary gain, discount log2(place + 1), over that of the best ranking. */
  readonly ndcg: number;
  /** MAP@K: the sum of the precision at each positive's place, over the number of positives. */
  readonly map: number;
  /** F1@K: the harmonic mean of precision (hits / K) and recall (hits / positives). */
  readonly f1: number;
}

/** One user's metrics; those by grade where there are grades. */
export interface UserMetrics extends RankingMetrics, Partial<GradedMetrics> {
  /** Area under the ROC curve over all candidates; undefined where every candidate is a positive. */
  readonly auc: number | undefined;
}

/** Means over users, each user counting once; of the area over those that have one, undefined where none has. */
export interface AverageMetrics extends UserMetrics {
  /** Users the means are over: those with a positive. */
  readonly users: number;
  /** Users left out of every mean, because no metric is defined without a positive. */
  readonly usersWithoutPositive: number;
  /** Users with a positive that are left out of the mean area, because they have no negative. */
  readonly usersWithoutNegative: number;
  /** Half the width of each mean's 95% confidence interval over users; undefined where fewer than two count. */
  readonly halfWidths: Readonly<Record<keyof RankingMetrics | "auc", number | undefined>> &
    Readonly<Partial<Record<keyof GradedMetrics, number | undefined>>>;
}

/** What the metrics of the first `k` places are computed from. */
export interface RankingInput {
  /** Distinct candidate positions, best first: at least K of them, or all N where N < K. */
  readonly ranking: ArrayLike<number>;
  /** 1 for each positive, 0 elsewhere: [N]. */
  readonly labels: ArrayLike<number>;
  /** Places that count; 6 by default, the length of the paper's lists. */
  readonly k?: number;
}

/**
 * H@K, NDCG@K, MAP@K and F1@K of one user, or undefined for a user without a positive. Places beyond a ranking of
 * fewer than K candidates count as misses.
 * @throws RangeError for labels other than 0 and 1, a ranking that is too short or holds a position twice or
 * outside 0 to N - 1, or a `k` that is not a positive integer.
 */
export function rankingMetrics({ ranking, labels, k = 6 }: RankingInput): RankingMetrics | undefined {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`metrics: k must be a positive integer, got ${k}`);
  const positives = countPositives(labels);
  checkRanking(ranking, labels.length, k);
  if (positives === 0) return undefined;
  let hits = 0;
  let gain = 0;
  let idealGain = 0;
  let precisionAtHits = 0;
  for (let place = 1; place <= k; place++) {
    const discounted = 1 / Math.log2(place + 1);
    if (place <= positives) idealGain += discounted;
    if (place > ranking.length || labels[ranking[place - 1]] === 0) continue;
    hits++;
    gain += discounted;
    precisionAtHits += hits / place;
  }
  return {
    hit: hits / k,
    ndcg: gain / idealGain,
    map: precisionAtHits / positives,
    // 2pr / (p + r) with p = hits / k and r = hits / positives, without a special case for no hit.
    f1: (2 * hits) / (k + positives),
  };
}

/**
 * The share of pairs (positive, negative) of candidates in which the positive has the higher score, ties counting
 * half: the area under the ROC curve. Undefined where one class is absent. O(N log N).
 *
 * @param scores [N]; infinities are allowed.
 * @param labels [N], 1 for a positive and 0 for a negative.
 * @throws RangeError for different lengths, labels other than 0 and 1, or a NaN score.
 */
export function areaUnderCurve(scores: ArrayLike<number>, labels: ArrayLike<number>): number | undefined {
  if (scores.length !== labels.length) {
    throw new RangeError(`metrics: scores and labels must have one length, got ${scores.length} and ${labels.length}`);
  }
  const positives = countPositives(labels);
  const negatives = labels.length - positives;
  const ranks = averageRanks(scores);
  if (positives === 0 || negatives === 0) return undefined;
  // Mann and Whitney (1947): a positive's rank counts the candidates under it, 1 + ... + P of which are positives.
  const rankSum = ranks.reduce((sum, rank, position) => sum + rank * labels[position], 0);
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** What all of a user's metrics are computed from: the ranking's first places, and every candidate's score. */
export interface UserInput extends RankingInput {
  /** Scores for the area under the curve: [N]. */
  readonly scores: ArrayLike<number>;
}

/**
 * `rankingMetrics` and `areaUnderCurve` of one user, or undefined for a user without a positive.
 * @throws RangeError as those two do.
 */
export function userMetrics({ scores, ...input }: UserInput): UserMetrics | undefined {
  const auc = areaUnderCurve(scores, input.labels);
  const metrics = rankingMetrics(input);
  return metrics && { ...metrics, auc };
}

/**
 * The mean of each metric over the users that have a positive. Those without one, the undefined items of `users`,
 * are counted and left out.
 * @throws RangeError where no user has a positive, since then no mean exists.
 */
export function averageMetrics(users: Iterable<UserMetrics | undefined>): AverageMetrics {
  const known: UserMetrics[] = [];
  let usersWithoutPositive = 0;
  for (const user of users) {
    if (user === undefined) usersWithoutPositive++;
    else known.push(user);
  }
  if (known.length === 0) {
    throw new RangeError(
      `metrics: none of ${usersWithoutPositive} users has a positive, so there is nothing to average`,
    );
  }
  const column = (metric: keyof UserMetrics) => known.flatMap((user) => user[metric] ?? []);
  const halfWidth = (metric: keyof UserMetrics) => meanHalfWidth(column(metric));
  const areas = column("auc");
  const graded = GRADED_MEASURES.filter((metric) => known.every((user) => user[metric] !== undefined));
  const ofGrades = <Value>(value: (metric: keyof GradedMetrics) => Value) =>
    Object.fromEntries(graded.map((metric) => [metric, value(metric)])) as { [Metric in keyof GradedMetrics]: Value };
  return {
    hit: mean(column("hit")),
    ndcg: mean(column("ndcg")),
    map: mean(column("map")),
    f1: mean(column("f1")),
    auc: areas.length === 0 ? undefined : mean(areas),
    ...ofGrades((metric) => mean(column(metric))),
    users: known.length,
    usersWithoutPositive,
    usersWithoutNegative: known.length - areas.length,
    halfWidths: {
      hit: halfWidth("hit"),
      ndcg: halfWidth("ndcg"),
      map: halfWidth("map"),
      f1: halfWidth("f1"),
      auc: halfWidth("auc"),
      ...ofGrades(halfWidth),
    },
  };
}

/**
 * The candidate positions by descending score: [N]. Equal scores keep the candidates' order, so that order must
 * not depend on the labels.
 * @throws RangeError for a NaN score.
 */
export function rankByScore(scores: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: scores.length }, (_, position) => position);
  for (const position of order) {
    if (Number.isNaN(scores[position])) throw new RangeError(`metrics: the score at ${position} is NaN`);
  }
  // The difference of equal infinities is NaN: a tie, as 0 is.
  return order.sort((left, right) => scores[right] - scores[left] || left - right);
}

/**
 * Scores that put all N candidates in a generator's order: the items of its list first, in the list's order, then
 * the others by the generator's logits for the first position, where equal logits stay equal.
 *
 * @param list distinct candidate positions [L], best first.
 * @param firstStepLogits [N]; infinities are allowed.
 * @returns scores [N], for `areaUnderCurve` and `rankByScore`; only their order means anything.
 * @throws RangeError for a list with a position twice or outside 0 to N - 1, or a NaN logit.
 */
export function generatorOrder(list: ArrayLike<number>, firstStepLogits: ArrayLike<number>): Float64Array {
  checkPositions(list, firstStepLogits.length);
  // Ranks run from 1 to N, so every number over N comes before them.
  const scores = averageRanks(firstStepLogits);
  for (let place = 0; place < list.length; place++) scores[list[place]] = scores.length + list.length - place;
  return scores;
}

function countPositives(labels: ArrayLike<number>): number {
  let positives = 0;
  for (let position = 0; position < labels.length; position++) {
    if (labels[position] !== 0 && labels[position] !== 1) {
      throw new RangeError(`metrics: labels must be 0 or 1, got ${labels[position]} at ${position}`);
    }
    positives += labels[position];
  }
  return positives;
}
