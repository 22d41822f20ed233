/** What is made of the groups: Eq. 5, or what it is compared with. */
import * as z from "zod";
import type { GroupSet } from "../../goalrank/groups/group-set.ts";
import { groupSchema } from "../../goalrank/groups/group-settings.ts";
import { checkSettings } from "../../settings/check-settings.ts";
import type { Settings } from "../../settings/setting-kinds.ts";
import { objectiveOptionsSchema } from "./evidence.ts";
import { GROUP_OBJECTIVES, type GroupObjectiveName, OBJECTIVES, type ObjectiveName } from "./index.ts";

/** The settings of groups, with those of what is made of them. */
export const policySchema = groupSchema
  .safeExtend({
    objective: z
      .enum(OBJECTIVES)
      .default("goalrank")
      .describe("What is made of the groups; goalrank is the paper's, the others are for comparison"),
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
  return set.find(
    (entry) =>
      entry.count > 0 &&
      (entry.source !== "policy" || (entry.temperature ?? 1) !== 1 || (entry.topP ?? 1) !== 1),
  );
}
