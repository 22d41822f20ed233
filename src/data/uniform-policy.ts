/** What showing every item as often as any other would earn, by a log that says at which chances its items were shown. */
import { importanceWeights, inversePropensity, plainInversePropensity } from "../evaluation/off-policy.ts";
import { mean } from "../evaluation/statistics.ts";
import { isShown } from "./exposures.ts";
import type { InteractionLog } from "./interactions.ts";
import type { UniformPolicyValue } from "./report/data-report-schema.ts";

/** With fewer effective rows an estimate is one of a few rows that were hardly ever shown. */
const FEWEST_EFFECTIVE = 100;

/**
 * The value of the uniform policy, feedback of one item, from rows that another policy showed; weights are not cut.
 * @param itemCount items that could have been shown: those of the log unless given
 * @throws RangeError for a log without propensities
 */
export function uniformPolicyValue(log: InteractionLog, itemCount = log.itemIds.length): UniformPolicyValue {
  const { propensities, feedback } = log;
  if (propensities === undefined) {
    throw new RangeError("off-policy: the log has no propensities; name their column in columns.propensity");
  }
  // What a user had liked before the log begins was shown by somebody else.
  const rows = [...feedback.keys()].filter((row) => isShown(log, row) && !Number.isNaN(propensities[row]));
  const known = rows.map((row) => propensities[row]);
  const bandit = {
    size: rows.length,
    length: 1,
    policy: new Float64Array(rows.length).fill(-Math.log(itemCount)),
    logging: known.map(Math.log),
    feedback: rows.map((row) => feedback[row]),
  };
  const unclipped = Number.POSITIVE_INFINITY;
  const { value: selfNormalised, standardError, effectiveSize } = inversePropensity(bandit, unclipped);
  return {
    size: rows.length,
    items: itemCount,
    value: plainInversePropensity(bandit, unclipped).value,
    selfNormalised,
    standardError,
    effectiveSize,
    meanWeight: mean(importanceWeights(bandit)),
    smallestPropensity: known.reduce((least, chance) => Math.min(least, chance), 1),
    isKnown: effectiveSize >= FEWEST_EFFECTIVE,
  };
}
