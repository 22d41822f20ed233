/** What a report on data holds, all numbers as JSON has them: written to `data-report.json` and to prepared files. */
import * as z from "zod";
import { measured } from "../../files/measured.ts";
import { MISSING_FIELDS } from "../interactions.ts";
import { CANDIDATE_PROTOCOLS, SPLIT_ORIGINS, SPLITS } from "../protocols.ts";

const count = z.number();

const logCounts = z.object({
  users: count,
  items: count,
  interactions: count,
  /** Interactions whose feedback reaches the positive threshold. */
  positives: count,
  /** Interactions that have user, item, time and list in common with an earlier one, where there are any. */
  repeated: count.optional(),
  /** Of a log that carries lists: candidates that were not shown, which are no interactions. */
  notShown: count.optional(),
});

const listCounts = z.object({
  /** Lists of L items, or of fewer where the log carries lists, whatever they hold. */
  lists: count,
  /** Those with at least one positive. */
  withPositive: count,
  /** Those with a positive that hold an item twice, which no ranker could have shown: left out. */
  withRepeat: count,
  /** Users left out of the test because their test list has no positive. */
  testUsersWithoutPositive: count,
  /** Users left out of the test because their test list has a positive, but an item twice. */
  testUsersWithRepeat: count,
  training: count,
  /** At most one list per user, and so is the test, unless they are files. */
  validation: count,
  test: count,
  /** Those between two splits, or after their user's validation or test list, where there are any. */
  unused: count.optional(),
  /** Of a log that carries lists only: those of which nothing was shown, which are not among `lists`. */
  nothingShown: count.optional(),
  /** Lists of the splits that have fewer than two candidates, where there are any: left out. */
  withoutChoice: count.optional(),
});

/** What a log with propensities says of the policy that shows every item as often. */
const uniformPolicyValue = z.object({
  /** Rows that were shown, and different items among them. */
  size: count,
  items: count,
  /** Feedback of an item, by inverse propensity scoring. */
  value: count,
  selfNormalised: count,
  /** Of the self-normalised value. */
  standardError: count,
  /** Rows that count as much as equally weighted ones would. */
  effectiveSize: count,
  /** 1 but for chance, where the propensities are right. */
  meanWeight: count,
  smallestPropensity: count,
  /** Whether the log can tell: enough rows count. */
  isKnown: z.boolean(),
});

/** See {@link uniformPolicyValue}. */
export type UniformPolicyValue = z.infer<typeof uniformPolicyValue>;

/** What is left of a log at each stage, in a file. */
export const preparationCountsSchema = z.object({
  core: count,
  /** The most items of a list. */
  listLength: count,
  /** Items of a list that were asked for, where no list has as many. */
  listLengthAsked: count.optional(),
  /** Candidates of a list that were asked for, and the most that one has, where no list has as many. */
  fewerCandidates: z.object({ asked: count, most: count }).optional(),
  /** Users who had met more than `maxUserShare` of all items, and their interactions, where there are any: left out. */
  metNearlyAll: z.object({ users: count, interactions: count }).optional(),
  /** Fields that the log does not have. */
  lacks: z.array(z.enum(MISSING_FIELDS)).optional(),
  /** Of a log with propensities. */
  uniformPolicy: uniformPolicyValue.optional(),
  /** Interactions that repeat another and were left out before the core filter, where there are any. */
  dropped: count.optional(),
  /** All that was read. */
  read: logCounts,
  /** After the core filter. */
  kept: logCounts,
  lists: listCounts,
  /** Training lists after the draw of `maxLists`. */
  trainingListsDrawn: count,
});

/** From the first interaction to the last, in the log's unit; dates where that looks like seconds, or a finer unit. */
const timeSpan = z.object({
  first: z.number(),
  last: z.number(),
  firstDate: z.string().optional(),
  lastDate: z.string().optional(),
});

/** Five numbers that say how values are spread. */
const quantiles = z.object({
  minimum: measured,
  lowerQuartile: measured,
  median: measured,
  upperQuartile: measured,
  maximum: measured,
});

const splitReport = z.object({
  lists: count,
  candidates: z.enum(CANDIDATE_PROTOCOLS),
  /** Share of positives at each position, over the lists that have it: [L]. */
  positiveRate: z.array(measured),
  /** How many candidates and positions lists have, where not all have as many. */
  sizes: z.object({ candidates: quantiles.optional(), positions: quantiles.optional() }).optional(),
  /** Undefined where there is no list. */
  span: timeSpan.optional(),
  /**
   * How well the retriever's score alone tells exposed from other candidates (area under the curve, mean over lists):
   * 0.5 tells nothing, under 0.5 the exposed ones score lower. Undefined where nothing can be compared.
   */
  scoreToExposure: measured,
});

/** A report on data, in a file. */
export const dataReportSchema = z.object({
  split: z.enum(SPLIT_ORIGINS),
  /** Of a log whose reading and filtering is known. */
  preparation: preparationCountsSchema.optional(),
  users: count,
  items: count,
  interactions: count,
  /** Interactions that the retriever learned from. */
  learned: count,
  lists: listCounts,
  /** Lists of all splits per user, users without one included. */
  listsPerUser: quantiles,
  /** Share of interactions with an item that the same user had met before. */
  repeatedShare: measured,
  /** Share of the positives of the test lists that the retriever has among its best 50. */
  recallAt50: measured,
  /** Test users of whom the retriever learned nothing. */
  unknownTestUsers: count,
  splits: z.record(z.enum(SPLITS), splitReport),
  /**
   * Under `injected`, items that a training list's candidates leave out only because the user meets them after that
   * list: the mean per list. This is how injection works, and uses the future to choose negatives.
   */
  excludedByFuture: measured,
  /**
   * Candidates of test lists that counted 0 in a training list of the same user, as shares of the liked ones and of the
   * others: where both are high, a model that remembers what a user passed over is wrong about what comes next.
   */
  passedOver: z.object({ liked: z.number(), others: z.number() }),
  /** Whether anything of the test has leaked into what is learned from, and how many interactions, rows or items. */
  checks: z.array(z.object({ name: z.string(), passed: z.boolean(), count })),
});

/** The size of a log. */
export type LogCounts = z.infer<typeof logCounts>;
/**
 * How many lists there are and what became of them: training + validation + test (+ unused) = withPositive - withRepeat.
 */
export type ListCounts = z.infer<typeof listCounts>;
/** What is left of a log at each stage of its preparation. */
export type PreparationCounts = z.infer<typeof preparationCountsSchema>;
/** What a report says of the training, validation or test lists. */
export type SplitReport = z.infer<typeof splitReport>;
/** What a dataset is made of, and whether it leaks. */
export type DataReport = z.infer<typeof dataReportSchema>;
