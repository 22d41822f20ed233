/** What is logged of a step on groups (section 6 of the paper's protocol): the quantities that were used, as numbers. */
import { logSumExp } from "../evaluation/statistics.ts";
import type { Tensor } from "../tensor/index.ts";
import type { StepMetrics } from "../training/listener.ts";
import type { GroupSource } from "./groups/group-set.ts";
import type { Groups } from "./groups/lists.ts";

/** Groups of one batch and what their lists are worth. */
export interface ScoredGroups {
  readonly groups: Omit<Groups, "sources">;
  /** [B, G] */
  readonly rewards: Float32Array;
  /** Where each list came from: [B, G]. */
  readonly sources: readonly GroupSource[];
}

/** What a step moves the generator by, for B groups of G lists. */
export interface GroupObjective {
  /** [B] */
  readonly loss: Tensor;
  /** pi_ref, zeros for repeated lists and for groups without a spread: [B, G]. */
  readonly referencePolicy: Tensor;
  /** log pi_theta of each list: [B, G]. */
  readonly logProbabilities: Tensor;
}

/**
 * Per request: `groupLoss` (Eq. 5), `spread` (standard deviation of the rewards of its distinct lists), mean reward by
 * source, `policyEntropy` (mean of -log pi of the policy's own lists), `referenceEntropy`, and `divergence`, KL(pi_ref ||
 * pi_theta restricted to the group). `zeroSpread` counts groups without a spread, `duplicates` repeated
 * lists, `tokens` the positions of all lists.
 */
export async function describeGroups(
  { loss, referencePolicy, logProbabilities }: GroupObjective,
  { groups, rewards, sources }: ScoredGroups,
): Promise<StepMetrics> {
  const { requests, groupSize, distinct, lists } = groups;
  const [losses, reference, logs] = await Promise.all([loss.data(), referencePolicy.data(), logProbabilities.data()]);
  const values: Record<string, number[]> = {};
  const note = (name: string, value: number) => {
    values[name] ??= [];
    values[name].push(value);
  };
  let zeroSpread = 0;
  for (let request = 0; request < requests; request++) {
    const places = Array.from({ length: groupSize }, (_, g) => request * groupSize + g);
    const kept = places.filter((at) => distinct[at] === 1);
    note("groupLoss", losses[request]);
    note("spread", deviation(kept.map((at) => rewards[at])));
    for (const at of places) {
      note(`reward ${sources[at]}`, rewards[at]);
      if (sources[at] === "policy") note("policyEntropy", -logs[at]);
    }
    if (!kept.some((at) => reference[at] > 0)) {
      zeroSpread++;
      continue;
    }
    note("referenceEntropy", -kept.reduce((sum, at) => sum + entropyTerm(reference[at]), 0));
    note("divergence", divergence(kept, reference, logs));
  }
  const duplicates = distinct.reduce((count, first) => count + 1 - first, 0);
  const means = Object.fromEntries(Object.entries(values).map(([name, own]) => [name, average(own)]));
  return { ...means, zeroSpread, duplicates, tokens: lists.length };
}

/** KL(pi_ref || pi_theta), both over the lists at `kept` alone. */
function divergence(kept: readonly number[], reference: ArrayLike<number>, logs: ArrayLike<number>): number {
  const total = logSumExp(kept.map((at) => logs[at]));
  return kept.reduce((sum, at) => sum + entropyTerm(reference[at]) - reference[at] * (logs[at] - total), 0);
}

/** p log p */
function entropyTerm(probability: number): number {
  return probability > 0 ? probability * Math.log(probability) : 0;
}

function deviation(values: readonly number[]): number {
  const mean = average(values);
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
