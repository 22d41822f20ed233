/**
 * Lemma 1, as we read it: mixtures of k generators with d numbers each form a set of at most k d + k - 1 dimensions among
 * policies over S lists, which have S - 1. Where it has fewer than those, almost no policy is such a mixture. The
 * dimension is the rank of the Jacobian d log p / d numbers, which at random numbers is the highest there is, but for a
 * set of measure 0.
 */
import { Random } from "../../tensor/index.ts";
import type { ListSpace } from "./list-space.ts";
import { type Mixture, mixtureLogProbabilities } from "./small-generators.ts";

/** How many dimensions a class of mixtures has. */
export interface MixtureDimension {
  /** The Jacobian's rank. */
  readonly rank: number;
  /** k d + k - 1 */
  readonly numbers: number;
  /** S - 1: what all policies have. */
  readonly policies: number;
}

/** Of mixtures of `members` generators of one hidden layer of `width` units. */
export function mixtureDimension(
  space: ListSpace,
  { members, width }: { readonly members: number; readonly width: number },
  seed: number,
): MixtureDimension {
  const features = space.prefixFeatures.length / space.prefixCount;
  const extents = [features * width, width * space.candidates, space.candidates];
  const own = extents.reduce((sum, extent) => sum + extent, 0);
  const random = new Random({ seed, stream: "numbers of a mixture", step: 0 });
  const numbers = Float64Array.from({ length: members * (own + 1) }, () => random.normal());
  const columns = Array.from(numbers, (_, at) => {
    const moved = (by: number) => {
      const there = numbers.slice();
      there[at] += by;
      return mixtureLogProbabilities(mixtureOf(there, members, width, extents), space);
    };
    const [after, before] = [moved(STEP), moved(-STEP)];
    return after.map((value, list) => (value - before[list]) / (2 * STEP));
  });
  return { rank: rankOf(columns), numbers: members * own + members - 1, policies: space.listCount - 1 };
}

/** Of central differences, whose error is about its square. */
const STEP = 1e-5;

/** Weights of the mixture are exp of the last k numbers: their sum, which is not 1, adds one number to all logarithms. */
function mixtureOf(numbers: Float64Array, members: number, width: number, extents: readonly number[]): Mixture {
  const own = extents.reduce((sum, extent) => sum + extent, 0);
  const logWeights = numbers.subarray(members * own);
  const total = Math.log(logWeights.reduce((sum, weight) => sum + Math.exp(weight), 0));
  const [inputs, outputs] = extents;
  return {
    logWeights: logWeights.map((weight) => weight - total),
    members: Array.from({ length: members }, (_, j) => {
      const part = numbers.subarray(j * own, (j + 1) * own);
      return {
        width,
        input: part.subarray(0, inputs),
        output: part.subarray(inputs, inputs + outputs),
        bias: part.subarray(inputs + outputs),
      };
    }),
  };
}

/** What is left of a column, as a share of the longest, when it depends on the others but for rounding. */
const NOTHING = 1e-7;

/** The rank of a matrix by its columns: the longest of what is left is taken out of all others, until nothing is left. */
export function rankOf(columns: readonly Float64Array[]): number {
  const left = columns.map((column) => Float64Array.from(column));
  const length = (column: Float64Array) => Math.sqrt(column.reduce((sum, value) => sum + value * value, 0));
  const longest = Math.max(...left.map(length), 0);
  for (let rank = 0; ; rank++) {
    left.sort((a, b) => length(b) - length(a));
    const pivot = left.shift();
    if (pivot === undefined || !(length(pivot) > NOTHING * longest)) return rank;
    const size = length(pivot);
    for (const column of left) {
      const share = column.reduce((sum, value, at) => sum + value * pivot[at], 0) / size ** 2;
      for (let at = 0; at < column.length; at++) column[at] -= share * pivot[at];
    }
  }
}
