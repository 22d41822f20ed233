/** What is made of the groups: Eq. 5, or what it is compared with on the same generator and groups, by name. */
import * as z from "zod";
import type { GroupSet } from "../../goalrank/groups/group-set.ts";
import { groupSchema } from "../../goalrank/groups/group-settings.ts";
import { checkSettings } from "../../settings/check-settings.ts";
import type { Settings } from "../../settings/setting-kinds.ts";
import { CURRICULA } from "./curriculum.ts";
import { type Objective, objectiveOptionsSchema } from "./evidence.ts";
import { groupApproxNdcg, groupListMle, groupNeuralNdcg, pro } from "./list-order.ts";
import { grpo, rankGrpo, reinforce } from "./policy-gradient.ts";
import { dpo, dpoAllPairs, lipoLambda, rankList } from "./preference.ts";
import { leaveOneOut, tournament } from "./reference-policies.ts";
import { trajectoryBalance } from "./trajectory-balance.ts";

/** Objectives over a group of lists; `onPolicy`: its lists must come from the policy itself. */
export const GROUP_OBJECTIVES = {
  reinforce: { objective: reinforce, onPolicy: true },
  grpo: { objective: grpo, onPolicy: true },
  "rank-grpo": { objective: rankGrpo, onPolicy: true },
  "lipo-lambda": { objective: lipoLambda, onPolicy: false },
  "rank-list": { objective: rankList, onPolicy: false },
  dpo: { objective: dpo, onPolicy: false },
  "dpo-all-pairs": { objective: dpoAllPairs, onPolicy: false },
  listmle: { objective: groupListMle, onPolicy: false },
  pro: { objective: pro, onPolicy: false },
  "approx-ndcg": { objective: groupApproxNdcg, onPolicy: false },
  "neural-ndcg": { objective: groupNeuralNdcg, onPolicy: false },
  "leave-one-out": { objective: leaveOneOut, onPolicy: false },
  tournament: { objective: tournament, onPolicy: false },
  "trajectory-balance": { objective: trajectoryBalance, onPolicy: false },
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

/** The settings of groups, with those of what is made of them. */
export const policySchema = groupSchema
  .safeExtend({
    objective: z
      .enum(OBJECTIVES)
      .default("goalrank")
      .describe("What is made of the groups; goalrank is the paper's, the others are for comparison"),
    curriculum: z
      .enum(CURRICULA)
      .exactOptional()
      .describe(
        "Learn from easy requests first: those whose first group's rewards are spread widest, or whose candidates are " +
          "least ambiguous to the DNN; all alike unless given",
      ),
    ...objectiveOptionsSchema.shape,
  })
  .superRefine(({ objective, set }, { addIssue }) => {
    const stranger = isGroupObjective(objective) ? strangerIn(objective, set) : undefined;
    if (stranger === undefined) return;
    addIssue({
      code: "custom",
      path: ["objective"],
      message:
        `the objective ${objective} learns from lists of the policy itself, at temperature 1 and without topP; ` +
        `the set also holds ${JSON.stringify(stranger)}`,
    });
  });

/** How groups of lists are made, and what the generator learns from them. */
export type PolicyOptions = Settings<typeof policySchema>;

/** What {@link PolicyOptions} are unless given. */
export const DEFAULT_POLICY: PolicyOptions = policySchema.parse({});

/** @throws SettingsError for group options out of range, or a set of lists that the objective cannot learn from */
export function checkPolicy(options: PolicyOptions): void {
  checkSettings("groups", policySchema, options);
}

/** Whether an objective learns from groups of lists. */
export function isGroupObjective(name: ObjectiveName): name is GroupObjectiveName {
  return Object.hasOwn(GROUP_OBJECTIVES, name);
}

/** What of a set is not of the policy itself, where the objective needs that. */
function strangerIn(objective: GroupObjectiveName, set: GroupSet): GroupSet[number] | undefined {
  if (!GROUP_OBJECTIVES[objective].onPolicy) return undefined;
  return set.find((entry) => {
    if (entry.count === 0) return false;
    return entry.source !== "policy" || (entry.temperature ?? 1) !== 1 || (entry.topP ?? 1) !== 1;
  });
}
