/** Small generators and their mixtures as plain numbers in double precision: what is exact about them is computed here. */
import { logSumExp } from "../../evaluation/statistics.ts";
import type { ListSpace } from "./list-space.ts";

/** A generator of one hidden layer, with the weights of `GeneratorMixtures`. */
export interface SmallGenerator {
  /** w */
  readonly width: number;
  /** A: [F, w] */
  readonly input: Float64Array;
  /** B: [w, N] */
  readonly output: Float64Array;
  /** c: [N] */
  readonly bias: Float64Array;
}

/** Small generators, and how much of the mixture each of them is. */
export interface Mixture {
  readonly members: readonly SmallGenerator[];
  /** log of the members' shares: [k]. */
  readonly logWeights: ArrayLike<number>;
}

/** Logits of every candidate after every prefix, masked or not: [P, N]. */
export function generatorLogits({ width, input, output, bias }: SmallGenerator, space: ListSpace): Float64Array {
  const { candidates, prefixCount, prefixFeatures } = space;
  const features = prefixFeatures.length / prefixCount;
  const logits = new Float64Array(prefixCount * candidates);
  for (let prefix = 0; prefix < prefixCount; prefix++) {
    const own = logits.subarray(prefix * candidates, (prefix + 1) * candidates);
    own.set(bias);
    for (let unit = 0; unit < width; unit++) {
      let sum = 0;
      for (let f = 0; f < features; f++) sum += prefixFeatures[prefix * features + f] * input[f * width + unit];
      const hidden = Math.tanh(sum);
      for (let n = 0; n < candidates; n++) own[n] += hidden * output[unit * candidates + n];
    }
  }
  return logits;
}

/** log of the sum of exp(logit) over the candidates that may follow each prefix: [P]. */
export function logNormalisers(logits: Float64Array, { candidates, prefixCount, free }: ListSpace): Float64Array {
  return Float64Array.from({ length: prefixCount }, (_, prefix) => {
    const start = prefix * candidates;
    return logSumExp([...logits.subarray(start, start + candidates)].filter((_own, n) => free[start + n] === 1));
  });
}

/** log-probability of each item of each list after those before it, given logits [P, N]: [S, L]. */
export function stepLogProbabilities(logits: Float64Array, space: ListSpace): Float64Array {
  const normalisers = logNormalisers(logits, space);
  const { candidates, prefixes, lists } = space;
  return Float64Array.from(lists, (item, at) => logits[prefixes[at] * candidates + item] - normalisers[prefixes[at]]);
}

/** log-probability of every list, given logits [P, N]: [S]. */
export function listLogProbabilities(logits: Float64Array, space: ListSpace): Float64Array {
  const steps = stepLogProbabilities(logits, space);
  const { length, listCount } = space;
  return Float64Array.from({ length: listCount }, (_, list) =>
    steps.subarray(list * length, (list + 1) * length).reduce((sum, step) => sum + step, 0),
  );
}

/** log sum_j weight_j pi_j of every list: [S]. */
export function mixtureLogProbabilities({ members, logWeights }: Mixture, space: ListSpace): Float64Array {
  const own = members.map((member) => listLogProbabilities(generatorLogits(member, space), space));
  return Float64Array.from({ length: space.listCount }, (_, list) =>
    logSumExp(own.map((logs, j) => logWeights[j] + logs[list])),
  );
}

/**
 * log-probability of every prefix, given the step log-probabilities of the lists [S, L]: [P]. Of the empty one it is 0.
 */
export function prefixLogProbabilities(
  steps: Float64Array,
  { length, prefixes, prefixCount }: ListSpace,
): Float64Array {
  const logs = new Float64Array(prefixCount);
  for (let start = 0; start < prefixes.length; start += length) {
    for (let t = 1; t < length; t++) logs[prefixes[start + t]] = logs[prefixes[start + t - 1]] + steps[start + t - 1];
  }
  return logs;
}
