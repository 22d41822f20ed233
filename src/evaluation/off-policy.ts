/**
 * Off-policy estimates: what a policy would earn, from feedback on lists that another policy showed with known chances
 * (propensities). They need no reward model, or correct one; their variance grows with how far the policies are apart.
 */
import { mean, standardDeviation } from "./statistics.ts";

/** S logged lists of L positions, as both policies see them. */
export interface OffPolicyLog {
  readonly size: number;
  /** L */
  readonly length: number;
  /** log pi(item at t | items before t) of the policy that is judged: [S, L]. */
  readonly policy: ArrayLike<number>;
  /** The same of the policy that showed the lists: [S, L]. */
  readonly logging: ArrayLike<number>;
  /** Feedback at each position: [S, L]. */
  readonly feedback: ArrayLike<number>;
}

/** A reward model's part in a doubly robust estimate. */
export interface PredictedValues {
  /** Predicted reward of each logged list: [S]. */
  readonly logged: ArrayLike<number>;
  /** Predicted reward of a list that the judged policy draws for the same request: [S]. */
  readonly policy: ArrayLike<number>;
}

/** What a policy would earn, estimated from lists that another one showed. */
export interface OffPolicyEstimate {
  /** Estimated reward of a list. */
  readonly value: number;
  /** Of the value: the standard deviation over the lists, over sqrt(S). */
  readonly standardError: number;
  /** (sum w)^2 / sum w^2: lists that count as much as equally weighted ones would. */
  readonly effectiveSize: number;
}

/** Weights above this are cut off, which adds bias and takes away variance. */
const CLIP = 100;

/**
 * Inverse propensity scoring of whole lists, self-normalised: sum w y / sum w, with w = pi(list) / pi_log(list).
 * @throws RangeError for columns of another size, and for a list with a place whose log-probability cannot be
 */
export function inversePropensity(log: OffPolicyLog, clip = CLIP): OffPolicyEstimate {
  check(log);
  return selfNormalised(listWeights(log, clip), listFeedback(log));
}

/**
 * The same without the division by the weights: sum w y / S. Unbiased without a clip, where the logging policy shows
 * everything that the other does.
 * @throws RangeError as {@link inversePropensity} does
 */
export function plainInversePropensity(log: OffPolicyLog, clip = CLIP): OffPolicyEstimate {
  check(log);
  const weights = listWeights(log, clip);
  const feedback = listFeedback(log);
  const earned = weights.map((weight, s) => weight * feedback[s]);
  const standardError = standardDeviation(earned) / Math.sqrt(log.size);
  return { value: mean(earned), standardError, effectiveSize: effectiveSize(weights) };
}

/** w = pi(list) / pi_log(list), unclipped: [S]. Where the propensities are right, their mean is 1 but for chance. */
export function importanceWeights(log: OffPolicyLog): Float64Array {
  check(log);
  return listWeights(log, Number.POSITIVE_INFINITY);
}

/**
 * Reward-interaction inverse propensity scoring (McInerney et al. 2020), self-normalised at each position: feedback at
 * t is weighted by what both policies think of the items down to t. Unbiased where feedback does not depend on what
 * stands below, with far smaller weights than those of whole lists.
 */
export function sequentialInversePropensity(log: OffPolicyLog, clip = CLIP): OffPolicyEstimate {
  check(log);
  const { size, length, policy, logging, feedback } = log;
  const parts: OffPolicyEstimate[] = [];
  const ratios = new Float64Array(size);
  for (let t = 0; t < length; t++) {
    for (let s = 0; s < size; s++) ratios[s] += policy[s * length + t] - logging[s * length + t];
    const weights = ratios.map((ratio) => Math.min(clip, Math.exp(ratio)));
    const earned = ratios.map((_, s) => feedback[s * length + t]);
    parts.push(selfNormalised(weights, earned));
  }
  return {
    value: parts.reduce((sum, { value }) => sum + value, 0),
    standardError: Math.sqrt(parts.reduce((sum, { standardError }) => sum + standardError ** 2, 0)),
    effectiveSize: Math.min(...parts.map(({ effectiveSize }) => effectiveSize)),
  };
}

/**
 * Doubly robust (Dudik et al. 2011): the predicted reward of the policy's own lists, plus the weighted error of the
 * predictions on the logged ones. Right if either the propensities or the predictions are.
 */
export function doublyRobust(log: OffPolicyLog, predicted: PredictedValues, clip = CLIP): OffPolicyEstimate {
  check(log);
  const weights = listWeights(log, clip);
  const observed = listFeedback(log);
  const total = mean(weights) * log.size;
  const values = weights.map((weight, s) => {
    // Self-normalised: the weights count as shares.
    const share = total > 0 ? (weight * log.size) / total : 0;
    return predicted.policy[s] + share * (observed[s] - predicted.logged[s]);
  });
  return {
    value: mean(values),
    standardError: standardDeviation(values) / Math.sqrt(log.size),
    effectiveSize: effectiveSize(weights),
  };
}

/** By how much rounding in 32 bits may lift the logarithm of a chance above 0. */
const TOLERANCE = 1e-4;

function check({ size, length, policy, logging, feedback }: OffPolicyLog): void {
  for (const [name, column] of Object.entries({ policy, logging, feedback })) {
    if (column.length !== size * length) {
      throw new RangeError(`off-policy: ${name} holds ${column.length} numbers; expected ${size} lists of ${length}`);
    }
  }
  for (let at = 0; at < size * length; at++) {
    // What was shown had a chance to be; another policy may well give it none.
    const isChance = logging[at] > Number.NEGATIVE_INFINITY && logging[at] <= TOLERANCE;
    if (!isChance) throw impossible("logging", logging[at], at, length, "a chance over 0, since it was shown");
    if (!(policy[at] <= TOLERANCE)) throw impossible("policy", policy[at], at, length, "a chance of at most 1");
  }
}

function impossible(column: string, value: number, at: number, length: number, expected: string): RangeError {
  return new RangeError(
    `off-policy: list ${Math.floor(at / length)} has ${value} in ${column} at place ${at % length}; expected the ` +
      `natural logarithm of ${expected}`,
  );
}

/** min(clip, pi(list) / pi_log(list)): [S]. */
function listWeights(log: OffPolicyLog, clip: number): Float64Array {
  const ratios = listSums(log, (at) => log.policy[at] - log.logging[at]);
  return ratios.map((ratio) => Math.min(clip, Math.exp(ratio)));
}

function listFeedback(log: OffPolicyLog): Float64Array {
  return listSums(log, (at) => log.feedback[at]);
}

/** The sum over each list of what `of` gives at a place of the log's columns: [S]. */
function listSums({ size, length }: OffPolicyLog, of: (at: number) => number): Float64Array {
  return Float64Array.from({ length: size }, (_, s) => {
    let sum = 0;
    for (let at = s * length; at < (s + 1) * length; at++) sum += of(at);
    return sum;
  });
}

function selfNormalised(weights: Float64Array, values: Float64Array): OffPolicyEstimate {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return { value: Number.NaN, standardError: Number.NaN, effectiveSize: 0 };
  const value = weights.reduce((sum, weight, s) => sum + weight * values[s], 0) / total;
  const squares = weights.reduce((sum, weight, s) => sum + (weight * (values[s] - value)) ** 2, 0);
  return { value, standardError: Math.sqrt(squares) / total, effectiveSize: effectiveSize(weights) };
}

function effectiveSize(weights: Float64Array): number {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const squares = weights.reduce((total, weight) => total + weight ** 2, 0);
  return squares === 0 ? 0 : sum ** 2 / squares;
}
