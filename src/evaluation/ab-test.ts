/** Online experiments: users in buckets, and the difference between two groups of users with its uncertainty. */
import { Random } from "../tensor/index.ts";
import { mean, standardDeviation, studentTQuantile } from "./statistics.ts";

/** The bucket of a user, from 0: the same in every experiment of the seed, and unrelated to the user's number. */
export function bucketOf(user: number, buckets: number, seed: number): number {
  return new Random({ seed, stream: "buckets", step: user }).integer(buckets);
}

/** One number per user of a group: what was measured, and what was measured of the same user before the experiment. */
export interface UserMeasurements {
  readonly during: readonly number[];
  readonly before: readonly number[];
}

/** One outcome in both groups, and how far they lie apart. */
export interface GroupDifference {
  readonly control: number;
  readonly treatment: number;
  /** Treatment minus control. */
  readonly difference: number;
  /** Half the width of its confidence interval. */
  readonly halfWidth: number;
  /** Difference and half width as shares of the control's mean. */
  readonly relative: number;
  readonly relativeHalfWidth: number;
  /** Whether the interval leaves out 0. */
  readonly significant: boolean;
}

/**
 * The difference in means of two groups of users with Welch's interval (1947), after what the time before explains is
 * taken off each user (CUPED, Deng et al. 2013): y - theta (x - mean x), theta = cov(x, y) / var(x) over all users.
 *
 * @param confidence that the interval covers the truth: 0.95 unless given; 1 - 0.05 / m where m comparisons are made
 * @throws RangeError for a group of fewer than two users, or measurements that are not of the same users
 */
export function compareGroups(
  control: UserMeasurements,
  treatment: UserMeasurements,
  confidence = 0.95,
): GroupDifference {
  for (const { during, before } of [control, treatment]) {
    if (during.length < 2 || during.length !== before.length) {
      throw new RangeError(
        `A/B test: expected two numbers for each of at least 2 users, got ${during.length} and ${before.length}`,
      );
    }
  }
  const [a, b] = withoutHistory([control, treatment]);
  const difference = mean(b) - mean(a);
  const errors = [a, b].map((values) => standardDeviation(values) ** 2 / values.length);
  const total = errors[0] + errors[1];
  const freedom = total ** 2 / (errors[0] ** 2 / (a.length - 1) + errors[1] ** 2 / (b.length - 1));
  const quantile = studentTQuantile((1 + confidence) / 2, Math.max(1, Math.floor(total === 0 ? 1 : freedom)));
  const halfWidth = quantile * Math.sqrt(total);
  return {
    control: mean(a),
    treatment: mean(b),
    difference,
    halfWidth,
    relative: difference / mean(a),
    relativeHalfWidth: halfWidth / Math.abs(mean(a)),
    significant: Math.abs(difference) > halfWidth,
  };
}

/** What was measured, less what the measurements before the experiment explain. */
function withoutHistory(groups: readonly UserMeasurements[]): number[][] {
  const before = groups.flatMap((group) => group.before);
  const during = groups.flatMap((group) => group.during);
  const [centre, level] = [mean(before), mean(during)];
  const variance = mean(before.map((x) => (x - centre) ** 2));
  const covariance = mean(before.map((x, user) => (x - centre) * (during[user] - level)));
  const theta = variance === 0 ? 0 : covariance / variance;
  return groups.map((group) => group.during.map((y, user) => y - theta * (group.before[user] - centre)));
}

/** Mean of the sessions of each user, in the order of the users' first sessions; users without one have none. */
export function userMeans(users: ArrayLike<number>, values: ArrayLike<number>): Map<number, number> {
  const sums = new Map<number, { total: number; sessions: number }>();
  for (let session = 0; session < users.length; session++) {
    const { total, sessions } = sums.get(users[session]) ?? { total: 0, sessions: 0 };
    sums.set(users[session], { total: total + values[session], sessions: sessions + 1 });
  }
  return new Map([...sums].map(([user, { total, sessions }]) => [user, total / sessions]));
}
