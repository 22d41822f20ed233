/**
 * Ranking metrics of candidates with grades, such as 0 (bad) to 4 (perfect): what people who rank search results compare.
 * A request has N candidates; a label is the gain of its grade, (2^grade - 1) / (2^most - 1), from 0 to 1.
 */
import { checkRanking } from "./ranking-checks.ts";

/** The gain of each grade from 0 to `most`, from 0 to 1: label = (2^grade - 1) / (2^most - 1). */
export function gainOfGrade(grade: number, most: number): number {
  return most === 0 ? 0 : (2 ** grade - 1) / (2 ** most - 1);
}

/** How good a ranking of graded candidates is. */
export interface GradedMetrics {
  /** NDCG of the first place, and of the first 3, 5 and 10. */
  readonly ndcg1: number;
  readonly ndcg3: number;
  readonly ndcg5: number;
  readonly ndcg10: number;
  /** Expected reciprocal rank of all candidates. */
  readonly err: number;
}

/** The names of {@link GradedMetrics}. */
export const GRADED_MEASURES = ["ndcg1", "ndcg3", "ndcg5", "ndcg10", "err"] as const satisfies (keyof GradedMetrics)[];

/** What graded metrics are computed from. */
export interface GradedInput {
  /** Distinct candidate positions, best first: all N of them, or at least the deepest that is asked for. */
  readonly ranking: ArrayLike<number>;
  /** The gain of each candidate: [N]. */
  readonly labels: ArrayLike<number>;
}

/**
 * NDCG@k = sum over the first k places of gain / log2(place + 1), over that of the best ranking (Järvelin and Kekäläinen
 * 2002, with the gain 2^grade - 1 of Burges et al. 2005, whose scale falls out of the quotient). Undefined where no
 * candidate has a gain.
 * @throws RangeError for labels outside of 0 to 1, and for rankings and depths as `rankingMetrics` does
 */
export function gradedNdcg({ ranking, labels }: GradedInput, k: number): number | undefined {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`metrics: k must be a positive integer, got ${k}`);
  checkLabels(labels);
  checkRanking(ranking, labels.length, k);
  const best = Array.from(labels).sort((a, b) => b - a);
  const ideal = discountedGain(best, k);
  if (ideal === 0) return undefined;
  return (
    discountedGain(
      Array.from(ranking, (position) => labels[position]),
      k,
    ) / ideal
  );
}

/**
 * ERR, the expected reciprocal rank (Chapelle et al. 2009): a reader goes down the list and stops at place r with the
 * probability R = (2^grade - 1) / 2^most of being satisfied there; the mean of 1 / r. Candidates that the ranking lacks
 * count nothing.
 * @param most the highest grade of the scale
 * @throws RangeError as {@link gradedNdcg} does
 */
export function expectedReciprocalRank({ ranking, labels }: GradedInput, most: number): number {
  checkLabels(labels);
  checkRanking(ranking, labels.length, 1);
  const satisfied = 1 - 2 ** -most;
  let reading = 1;
  let expected = 0;
  for (let place = 0; place < ranking.length; place++) {
    const stop = labels[ranking[place]] * satisfied;
    expected += (reading * stop) / (place + 1);
    reading *= 1 - stop;
  }
  return expected;
}

/** All of them, or undefined where no candidate has a gain. */
export function gradedMetrics(input: GradedInput, most: number): GradedMetrics | undefined {
  const [ndcg1, ndcg3, ndcg5, ndcg10] = [1, 3, 5, 10].map((k) => gradedNdcg(input, k));
  if (ndcg1 === undefined || ndcg3 === undefined || ndcg5 === undefined || ndcg10 === undefined) return undefined;
  return { ndcg1, ndcg3, ndcg5, ndcg10, err: expectedReciprocalRank(input, most) };
}

function discountedGain(gains: readonly number[], k: number): number {
  return gains.slice(0, k).reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0);
}

function checkLabels(labels: ArrayLike<number>): void {
  for (let position = 0; position < labels.length; position++) {
    if (!(labels[position] >= 0 && labels[position] <= 1)) {
      throw new RangeError(`metrics: the label at ${position} must be a gain from 0 to 1, got ${labels[position]}`);
    }
  }
}
