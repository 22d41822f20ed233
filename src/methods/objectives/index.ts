/** Alternatives to GoalRank's objective (Eq. 5) on the same generator and groups, by name. */
import type { Objective } from "./evidence.ts";
import { grpo, rankGrpo, reinforce } from "./policy-gradient.ts";
import { dpo, lipoLambda, rankList } from "./preference.ts";

export type { GroupEvidence, Objective, ObjectiveOptions } from "./evidence.ts";
export { grpo, rankGrpo, reinforce } from "./policy-gradient.ts";
export { dpo, lipoLambda, rankList } from "./preference.ts";

/** Objectives over a group of lists; `onPolicy`: its lists must come from the policy itself. */
export const GROUP_OBJECTIVES = {
  reinforce: { objective: reinforce, onPolicy: true },
  grpo: { objective: grpo, onPolicy: true },
  "rank-grpo": { objective: rankGrpo, onPolicy: true },
  "lipo-lambda": { objective: lipoLambda, onPolicy: false },
  "rank-list": { objective: rankList, onPolicy: false },
  dpo: { objective: dpo, onPolicy: false },
} as const satisfies Record<string, { readonly objective: Objective; readonly onPolicy: boolean }>;
/** One of {@link GROUP_OBJECTIVES}. */
export type GroupObjectiveName = keyof typeof GROUP_OBJECTIVES;

/**
 * What a generator may be trained to do: `goalrank` is Eq. 5, `imitation` the likelihood of the logged lists, the others
 * are those of {@link GROUP_OBJECTIVES}.
 */
export const OBJECTIVES = [
  "goalrank",
  "imitation",
  ...(Object.keys(GROUP_OBJECTIVES) as GroupObjectiveName[]),
] as const;
/** One of {@link OBJECTIVES}. */
export type ObjectiveName = (typeof OBJECTIVES)[number];
