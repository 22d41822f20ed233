/** Bounds of group-normalised cross-entropy: the formulae of its kernels, group by group. */
import type { GroupCrossEntropyAttributes } from "../../../src/kernels/index.ts";
import type { BoundedTensor, ErrorRule } from "./device.ts";
import {
  type Bounded,
  compare,
  exact,
  exp,
  maximum,
  minimum,
  negate,
  product,
  quotient,
  rounded,
  sqrt,
  subtract,
  sum,
} from "./numbers.ts";
import { Undecided } from "./selection.ts";

/** Number, mean and sum of squared deviations of rewards. */
interface Moments {
  readonly count: Bounded;
  readonly mean: Bounded;
  readonly squares: Bounded;
}

function momentsOf(rewards: readonly Bounded[]): Moments {
  const count = exact(rewards.length);
  const mean = quotient(sum(rewards), exact(Math.max(rewards.length, 1)));
  const deviations = rewards.map((reward) => subtract(reward, mean));
  return { count, mean, squares: sum(deviations.map((own) => product(own, own))) };
}

/** The moments of several groups together, from those of each. */
function combined(groups: readonly Moments[]): Moments {
  const count = sum(groups.map((group) => group.count));
  const totals = groups.map((group) => product(group.count, group.mean));
  const mean = quotient(sum(totals), maximum(count, exact(1)));
  const squares = groups.flatMap((group) => {
    const deviation = subtract(group.mean, mean);
    return [group.squares, product(group.count, deviation, deviation)];
  });
  return { count, mean, squares: sum(squares) };
}

/** softmax((reward - largest) / (temperature deviation)). */
function policyOf(rewards: readonly Bounded[], temperature: Bounded, deviation: Bounded): Bounded[] {
  const largest = maximum(...rewards);
  const scale = quotient(exact(1), product(temperature, deviation));
  const exponentials = rewards.map((reward) => exp(product(subtract(reward, largest), scale)));
  const total = sum(exponentials);
  return exponentials.map((own) => quotient(own, total));
}

/** Whether a group's rewards spread too little to say anything. */
function isSkipped(rewards: readonly Bounded[], minimumSpread: number): boolean {
  if (rewards.length < 2) return true;
  const spread = subtract(maximum(...rewards), minimum(...rewards));
  const answer = compare(spread, "<=", rounded(minimumSpread));
  if (answer.error > 0) throw new Undecided("groupCrossEntropy: a spread near the smallest that counts");
  return answer.value === 1;
}

function keptIn(rewards: BoundedTensor, mask: BoundedTensor | undefined): number[][] {
  const [groups, lists] = rewards.shape;
  return Array.from({ length: groups }, (_, group) =>
    Array.from({ length: lists }, (_, list) => group * lists + list).filter(
      (index) => mask === undefined || mask.data[index] !== 0,
    ),
  );
}

export const groupCrossEntropyRule: ErrorRule<GroupCrossEntropyAttributes> = (
  [rewards, logProbabilities, mask],
  [loss, policy],
  { normalisation, temperature, minimumSpread },
) => {
  const groups = keptIn(rewards, mask);
  const rewardsOf = (kept: readonly number[]) => kept.map((index) => rewards.at(index));
  const moments = groups.map((kept) => momentsOf(rewardsOf(kept)));
  const whole = normalisation === "batch" ? combined(moments) : undefined;
  groups.forEach((kept, group) => {
    if (isSkipped(rewardsOf(kept), minimumSpread)) return;
    const { squares, count } = whole ?? moments[group];
    const deviation = normalisation === "none" ? exact(1) : sqrt(quotient(squares, count));
    const probabilities = policyOf(rewardsOf(kept), rounded(temperature), deviation);
    kept.forEach((index, i) => {
      policy.bound(index, probabilities[i]);
    });
    loss.bound(group, negate(sum(kept.map((index, i) => product(probabilities[i], logProbabilities.at(index))))));
  });
};
