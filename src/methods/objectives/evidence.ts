/** What the objectives of this folder learn from: groups of lists with rewards, under three policies. */
import * as z from "zod";
import type { GroupOptions } from "../../goalrank/groups/group-settings.ts";
import { nonNegative, positive, type Settings } from "../../settings/setting-kinds.ts";
import { full, type Tensor, where } from "../../tensor/index.ts";

/** G lists of L items for each of B requests. */
export interface GroupEvidence {
  /** log pi of each item after those before it, under the policy that learns: [B, G, L]. */
  readonly steps: Tensor;
  /** The same under the policy that the lists were drawn from; held constant: [B, G, L]. */
  readonly sampledSteps: Tensor;
  /** The same under the policy as it was before its first step; held constant: [B, G, L]. */
  readonly referenceSteps: Tensor;
  /** [B, G] */
  readonly rewards: Tensor;
  /** What each position adds to its list's reward: [B, G, L]. Undefined where the judge cannot say. */
  readonly positionRewards: Tensor | undefined;
  /** 1 for a list that no earlier one of its group repeats: i32 [B, G]. */
  readonly distinct: Tensor;
}

/** Numbers that objectives read. */
export const objectiveOptionsSchema = z.strictObject({
  clip: positive.default(0.2).describe("How far a probability ratio may leave 1, for grpo and rank-grpo"),
  beta: nonNegative
    .default(0.1)
    .describe(
      "Weight of staying near the start, for grpo and rank-grpo, and of the best list's likelihood, for pro; strength of " +
        "preferences, for the others",
    ),
});
/** PPO's epsilon, the beta of each objective, and the temperature of those that have a reference policy. */
export type ObjectiveOptions = Settings<typeof objectiveOptionsSchema> & Pick<GroupOptions, "referenceTemperature">;

/** The loss of each request: [B]. */
export type Objective = (evidence: GroupEvidence, options: ObjectiveOptions) => Tensor;

/** Rewards standardised over axis 1, 0 for a group without a spread: [B, G, ...]. */
export function standardise(rewards: Tensor): Tensor {
  const centred = rewards.sub(rewards.mean(1, true));
  const deviation = centred.square().mean(1, true).sqrt();
  const isFlat = deviation.less(full([1], 1e-6, deviation));
  return centred.div(where(isFlat, full([1], 1, deviation), deviation));
}
