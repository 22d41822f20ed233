/** What the log itself says of the trained policy, where it carries the chances at which its lists were shown. */
import { feedbackBatch } from "../data/batch.ts";
import { type ListDataset, scatter } from "../data/dataset.ts";
import { shapedBatches } from "../data/shapes.ts";
import {
  doublyRobust,
  inversePropensity,
  type OffPolicyEstimate,
  type OffPolicyLog,
  sequentialInversePropensity,
} from "../evaluation/off-policy.ts";
import { mean } from "../evaluation/statistics.ts";
import type { Generator } from "../goalrank/generator.ts";
import { type ListJudge, predictedRewards } from "../goalrank/judge.ts";
import { noGrad, scope } from "../tensor/index.ts";
import { expectedRewards } from "../world/oracle.ts";
import type { World } from "../world/world.ts";

/** Estimates of the reward of lists that the policy samples at temperature 1. */
export interface OffPolicyReport {
  /** By the judge, of sampled lists. */
  readonly predicted: number;
  /** Where the truth is known, of the same lists. */
  readonly trueReward: number | undefined;
  readonly inversePropensity: OffPolicyEstimate;
  readonly sequential: OffPolicyEstimate;
  readonly doublyRobust: OffPolicyEstimate;
}

/**
 * Judges a policy by a log of another one.
 * @param propensities log-probability of each item of each logged list, given those before it: [S, L]
 */
export async function offPolicyReport(
  generator: Generator,
  judge: ListJudge,
  log: ListDataset,
  propensities: ArrayLike<number>,
  { seed, world }: { readonly seed: number; readonly world: World | undefined },
): Promise<OffPolicyReport> {
  const { size, listLength: length, feedback, exposed } = log;
  const { policy, sampled } = await readPolicy(generator, log, seed);
  const rows: OffPolicyLog = { size, length, policy, logging: propensities, feedback };
  const predicted = {
    logged: await predictedRewards(judge, log, exposed),
    policy: await predictedRewards(judge, log, sampled),
  };
  return {
    predicted: mean(predicted.policy),
    trueReward: world && mean(expectedRewards(world, log, sampled)),
    inversePropensity: inversePropensity(rows),
    sequential: sequentialInversePropensity(rows),
    doublyRobust: doublyRobust(rows, predicted),
  };
}

/**
 * log pi of the logged lists' items, and a list that the policy samples for each request: both [S, L]. Behind what a row
 * has, 0 and -1.
 */
async function readPolicy(
  generator: Generator,
  log: ListDataset,
  seed: number,
): Promise<{ readonly policy: Float32Array; readonly sampled: Int32Array }> {
  const { size, listLength } = log;
  const policy = new Float32Array(size * listLength);
  const sampled = new Int32Array(size * listLength).fill(-1);
  for (const rows of shapedBatches(log)) {
    using _ = scope();
    const key = { seed, stream: "off-policy sample", step: rows[0] };
    const [steps, lists] = noGrad(() => {
      const batch = feedbackBatch(log, rows);
      const memory = generator.train(false).encode(batch);
      return [
        generator.stepLogProbabilities(memory, batch.exposed, 1),
        generator.decode(memory, { lists: 1, length: batch.listLength, sampling: { temperature: 1, key } }),
      ];
    });
    scatter(policy, rows, listLength, await steps.data());
    scatter(sampled, rows, listLength, await lists.data());
  }
  return { policy, sampled };
}
