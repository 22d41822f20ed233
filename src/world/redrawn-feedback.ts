/** What a log alone cannot give: feedback on other lists than those that were shown, and the chances of those. */
import { itemsOfList, type ListDataset, type RequestColumns } from "../data/dataset.ts";
import { logSumExp } from "../evaluation/statistics.ts";
import { Random } from "../kernels/index.ts";
import type { World } from "./world.ts";

/**
 * Shows `lists` to the users of `requests` and notes what they say: a log of another policy.
 *
 * @param lists candidate positions [S, L]
 * @param key names the draw: another seed or stream gives other feedback on the same lists
 */
export function collectFeedback(
  world: World,
  requests: RequestColumns,
  lists: Int32Array,
  key: { readonly seed: number; readonly stream: string },
): ListDataset {
  const { size, listLength, users } = requests;
  const feedback = new Float32Array(size * listLength);
  for (let row = 0; row < size; row++) {
    const random = new Random({ ...key, step: row });
    feedback.set(world.drawFeedback(users[row], itemsOfList(requests, lists, row), random), row * listLength);
  }
  return { ...requests, exposed: lists.slice(), feedback };
}

/**
 * log of the logging policy's chance of each item of each logged list, after the items before it (Plackett-Luce over
 * the candidates at the policy's temperature): [S, L].
 */
export function loggingLogProbabilities(world: World, log: ListDataset): Float64Array {
  const { size, listLength, candidateCount, candidates, users, exposed } = log;
  const { policyTemperature } = world.settings;
  const logProbabilities = new Float64Array(size * listLength);
  for (let row = 0; row < size; row++) {
    const scores = world.policyScores(users[row]);
    const own = candidates.subarray(row * candidateCount, (row + 1) * candidateCount);
    const logits = Float64Array.from(own, (item) => scores[item] / policyTemperature);
    for (let t = 0; t < listLength; t++) {
      const chosen = exposed[row * listLength + t];
      logProbabilities[row * listLength + t] = logits[chosen] - logSumExp(logits);
      logits[chosen] = Number.NEGATIVE_INFINITY;
    }
  }
  return logProbabilities;
}
