/**
 * The difference of two methods over seeds and requests, with the variance of training.
 *
 * d_sr is what one method's list for request r of seed s is worth less the other's, m_s its mean over the requests of seed
 * s, and S the number of seeds. Each seed has its own weights, batches and data, so the m_s scatter by training and by
 * requests alike, and their sample variance over S knows of both, as far as seeds are independent. Where seeds share
 * requests, such as the users of a log, they are not: what all m_s have in common is no part of their scatter, and the
 * covariance K of the means of two seeds, as the requests that both have show it, is added:
 *
 *   Var(mean) = sum_s (m_s - mean)^2 / (S (S - 1)) + max(K, 0)
 *
 * The first part has S - 1 degrees of freedom, the second about as many as requests; together they have those of
 * Satterthwaite (1946), rounded down, and the interval and the test are Student's.
 */
import { mean, standardDeviation, studentTPValue, studentTQuantile } from "./statistics.ts";

/** What is known of the differences of two methods. */
export interface SeedDifferences {
  /** The mean difference of each seed. */
  readonly means: readonly number[];
  /** The variance of each of these means over the requests of its seed. */
  readonly variances: readonly number[];
  /** The covariance of two seeds' means by the requests that both have: the mean over pairs of seeds. */
  readonly covariance: number;
  /** Requests of a seed, at least two. */
  readonly requests: number;
}

/** A mean difference with its interval and its test. */
export interface TestedDifference {
  readonly mean: number;
  /** Half the width of its confidence interval. */
  readonly halfWidth: number;
  /** Two-sided. */
  readonly pValue: number;
}

/**
 * The mean difference over seeds. With one seed its variance is that over the requests alone: how another training would
 * come out is not known then.
 * @throws RangeError without seeds, and for fewer than two requests
 */
export function differenceOverSeeds(
  { means, variances, covariance, requests }: SeedDifferences,
  confidence = 0.95,
): TestedDifference {
  if (means.length === 0) throw new RangeError("difference over seeds: expected at least one seed");
  if (!(requests >= 2)) throw new RangeError(`difference over seeds: expected at least 2 requests, got ${requests}`);
  const centre = mean(means);
  const ofRequests = requests - 1;
  const isSingle = means.length === 1;
  const scatter = isSingle ? 0 : standardDeviation(means) ** 2 / means.length;
  const shared = isSingle ? variances[0] : Math.max(covariance, 0);
  const variance = scatter + shared;
  if (variance === 0) return { mean: centre, halfWidth: 0, pValue: centre === 0 ? 1 : 0 };
  const terms = (isSingle ? 0 : scatter ** 2 / (means.length - 1)) + shared ** 2 / ofRequests;
  const degrees = Math.max(1, Math.floor(variance ** 2 / terms + 1e-9));
  const error = Math.sqrt(variance);
  return {
    mean: centre,
    halfWidth: studentTQuantile((1 + confidence) / 2, degrees) * error,
    pValue: studentTPValue(centre / error, degrees),
  };
}
