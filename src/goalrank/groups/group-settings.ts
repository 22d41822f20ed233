/** How groups of lists are made, and what the generator learns from them: every setting of section 3.3, and of ours. */
import * as z from "zod";
import { checkSettings } from "../../settings/check-settings.ts";
import { count, nonNegative, positive, type Settings } from "../../settings/setting-kinds.ts";
import { IMITATIONS } from "../imitation-task.ts";
import { DEFAULT_GROUP_SET, groupSetSchema, groupSizeOf } from "./group-set.ts";

/** `referenceTemperature` is 1 in the paper (Eq. 4), and `imitationWeight` 0. */
export const groupSchema = z
  .strictObject({
    set: groupSetSchema
      .default(() => [...DEFAULT_GROUP_SET])
      .describe("Where the lists of a group come from, and how many of each source"),
    spaced: z
      .int()
      .min(2)
      .optional()
      .describe("Keep this many of the lists drawn, uniformly spaced by reward; all unless given"),
    minimumGap: nonNegative
      .default(0)
      .describe(
        "Least difference in predicted reward between two lists of a group (Eq. 3's delta): of those that lie nearer, the " +
          "better one stays, and a group of which fewer than two stay teaches nothing",
      ),
    referenceTemperature: positive.default(0.5).describe("Temperature of the reference policy"),
    imitationWeight: nonNegative
      .default(0)
      .describe("Weight of the likelihood of the logged list beside GoalRank's loss"),
    imitation: z.enum(IMITATIONS).default("list").describe("Whether that is of the whole list or of its positives"),
    refreshEvery: count.default(1).describe("Batches between two copies of the policy that lists are sampled from"),
  })
  .superRefine(({ set, spaced = 2 }, { addIssue }) => {
    const drawn = groupSizeOf(set);
    if (spaced <= drawn) return;
    addIssue({
      code: "custom",
      path: ["spaced"],
      message: `at most the ${drawn} lists drawn can be kept, got ${spaced}`,
    });
  });

/** How groups are made, and what is learned from them. */
export type GroupOptions = Settings<typeof groupSchema>;

/** What {@link GroupOptions} are unless given. */
export const DEFAULT_GROUPS: GroupOptions = groupSchema.parse({});

/** @throws SettingsError for group options out of range */
export function checkGroups(options: GroupOptions): void {
  // Settings of what is made of groups may stand beside them.
  checkSettings("groups", groupSchema.strip(), options);
}
