/** Metrics of rankings of documents that somebody judged by grades, whoever ranked them: as trec_eval and its kin define them. */

/** One request: what a ranking found, and what there was to find. */
export interface JudgedRanking {
  /** Grades of the ranked documents, best first; 0 for one that nobody judged. */
  readonly ranked: readonly number[];
  /** Grades of all judged documents, at least one of them over 0. */
  readonly judged: readonly number[];
}

/** How good a ranking is; a document is relevant from grade 1 on. */
export interface JudgedMetrics {
  /** NDCG@k with the gain 2^grade - 1, which of grades 0 and 1 is the grade. */
  readonly ndcg: number;
  /** The sum of the precision at each relevant document's place in the whole ranking, over all relevant ones. */
  readonly map: number;
  /** The share of the first k places that hold a relevant document. */
  readonly hit: number;
  /** 1 / the place of the first relevant document, 0 without one. */
  readonly reciprocalRank: number;
  /** Expected reciprocal rank over the whole ranking (Chapelle et al. 2009); undefined unless there are grades over 1. */
  readonly err: number | undefined;
}

/** The names of {@link JudgedMetrics}. */
export const JUDGED_MEASURES = [
  "ndcg",
  "map",
  "hit",
  "reciprocalRank",
  "err",
] as const satisfies (keyof JudgedMetrics)[];

/**
 * @param k places that NDCG and H count
 * @param maxGrade the highest grade of the scale
 * @throws RangeError for a `k` that is no positive integer, or where nothing judged is relevant
 */
export function judgedMetrics({ ranked, judged }: JudgedRanking, k: number, maxGrade: number): JudgedMetrics {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`metrics: k must be a positive integer, got ${k}`);
  const relevant = judged.filter((grade) => grade > 0).length;
  if (relevant === 0) throw new RangeError("metrics: nothing judged is relevant, so no metric is defined");
  let found = 0;
  let precisions = 0;
  let hits = 0;
  let first = 0;
  ranked.forEach((grade, at) => {
    if (grade <= 0) return;
    found++;
    precisions += found / (at + 1);
    if (at < k) hits++;
    if (first === 0) first = at + 1;
  });
  const best = judged.toSorted((a, b) => b - a);
  return {
    ndcg: discountedGain(ranked, k) / discountedGain(best, k),
    map: precisions / relevant,
    hit: hits / k,
    reciprocalRank: first === 0 ? 0 : 1 / first,
    err: maxGrade > 1 ? expectedReciprocalRank(ranked, maxGrade) : undefined,
  };
}

const gain = (grade: number) => 2 ** Math.max(grade, 0) - 1;

function discountedGain(grades: readonly number[], k: number): number {
  return grades.slice(0, k).reduce((sum, grade, place) => sum + gain(grade) / Math.log2(place + 2), 0);
}

function expectedReciprocalRank(ranked: readonly number[], maxGrade: number): number {
  let reading = 1;
  let expected = 0;
  ranked.forEach((grade, at) => {
    const stop = gain(grade) / 2 ** maxGrade;
    expected += (reading * stop) / (at + 1);
    reading *= 1 - stop;
  });
  return expected;
}
