/** What `anatomy.json` holds; items are numbers of the catalogue. */
import * as z from "zod";

const feedbackOnItem = z.object({ item: z.number(), liked: z.boolean() });

const judgedList = z.object({
  items: z.array(z.number()),
  /** By the judge. */
  reward: z.number(),
  /** Expected positives, where a world knows them. */
  trueReward: z.number().exactOptional(),
});

const groupList = judgedList.extend({
  /** A `GroupSource`. */
  source: z.string(),
  /** (reward - mean) / deviation; 0 where the group has no spread. */
  z: z.number(),
  /** pi_ref (Eq. 4); 0 where the group has no spread. */
  reference: z.number(),
  /** pi_theta over the lists of the group alone. */
  policy: z.number(),
  /** log pi_theta of the list, over all lists there are. */
  logProbability: z.number(),
});

const groupAnatomy = z.object({
  meanReward: z.number(),
  rewardDeviation: z.number(),
  /** Lists that repeat another of the group; they do not count. */
  repetitions: z.number(),
  /** By falling reward. */
  lists: z.array(groupList),
});

const requestAnatomy = z.object({
  /** The user's name in the log, or number. */
  user: z.string(),
  /** Oldest first. */
  history: z.array(feedbackOnItem),
  /** The list that was shown, in its order. */
  shown: z.array(feedbackOnItem),
  /** Items that were shown but are not among the candidates. */
  shownOutside: z.number(),
  /** All candidates, best first, with the DNN's probability that each is liked. */
  candidates: z.array(z.object({ item: z.number(), probability: z.number() })),
  lists: z.object({
    /** Missing where something that was shown is not among the candidates. */
    shown: judgedList.exactOptional(),
    dnn: judgedList,
    /** With the probability of each item at its place, given those before it: [L]. */
    goalRank: judgedList.extend({ probabilities: z.array(z.number()) }),
  }),
  group: groupAnatomy,
});

const itemName = z.object({ id: z.string(), title: z.string().exactOptional() });

/** The form of {@link Anatomy}. */
export const anatomySchema = z.object({
  listLength: z.number(),
  /** Of the reference policy. */
  referenceTemperature: z.number(),
  /** Names of all items that are mentioned, by their number in the catalogue. */
  items: z.record(z.string(), itemName),
  requests: z.array(requestAnatomy),
});

/** What happens inside training and ranking for a few requests. */
export type Anatomy = z.infer<typeof anatomySchema>;
/** One request, its lists and its group. */
export type RequestAnatomy = z.infer<typeof requestAnatomy>;
/** A group as training builds it. Means and deviations are over its distinct lists. */
export type GroupAnatomy = z.infer<typeof groupAnatomy>;
/** A list of a group as the generator learns from it. */
export type GroupList = z.infer<typeof groupList>;
/** A list and what it is worth. */
export type JudgedList = z.infer<typeof judgedList>;
/** An item that was shown, and whether the user liked it. */
export type FeedbackOnItem = z.infer<typeof feedbackOnItem>;
/** What an item is called: its name in the log, or its number in the catalogue where it has none. */
export type ItemName = z.infer<typeof itemName>;
