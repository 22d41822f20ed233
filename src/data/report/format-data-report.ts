/** A data report as lines for people. */
import { explainEmptySplit } from "../empty-splits.ts";
import { SPLITS, type SplitName } from "../protocols.ts";
import type {
  DataReport,
  LogCounts,
  PreparationCounts,
  SplitReport,
  UniformPolicyValue,
} from "./data-report-schema.ts";

/** The report in lines; the checks come last, those that failed in capitals. */
export function formatDataReport(report: DataReport): string {
  const { lists, listsPerUser: own, preparation, excludedByFuture, passedOver } = report;
  return [
    `protocol ${report.split}: ${number(report.users)} users, ${number(report.items)} items, ` +
      `${number(report.interactions)} interactions, of which the retriever learned from ${number(report.learned)}`,
    ...(preparation === undefined ? [] : [formatPreparation(preparation)]),
    ...leftOut(lists.unused, "lists lie between two splits, or after their user's list of one"),
    ...leftOut(lists.nothingShown, "logged lists of which nothing was shown"),
    ...leftOut(lists.withoutChoice, "lists have fewer than two candidates, so that there is nothing to choose"),
    `lists per user: minimum ${own.minimum}, quartiles ${own.lowerQuartile}, ${own.median}, ${own.upperQuartile}, ` +
      `maximum ${own.maximum}`,
    `interactions with an item met before: ${percent(report.repeatedShare)}`,
    ...SPLITS.map((split) => formatSplit(split, report)),
    `the retriever has ${percent(report.recallAt50)} of the test lists' positives in its top 50, and learned nothing ` +
      `of ${number(report.unknownTestUsers)} of ${number(lists.test)} test users`,
    ...(excludedByFuture === undefined
      ? []
      : [
          `known property of injection: a training list's candidates leave out ${excludedByFuture.toFixed(1)} items ` +
            "on average only because the user meets them later",
        ]),
    `of the test lists' candidates, ${percent(passedOver.liked)} of the liked and ${percent(passedOver.others)} of the ` +
      "others counted 0 in a training list of the same user",
    ...report.checks.map(({ name, passed, count }) =>
      passed ? `pass: ${name}` : `FAIL: ${name} (${number(count)} do not hold)`,
    ),
  ].join("\n");
}

/** The counts in a few lines for people; what did not occur (nothing left out, nothing drawn) is not mentioned. */
export function formatPreparation(counts: PreparationCounts): string {
  const { core, listLength, dropped, read, kept, lists, trainingListsDrawn } = counts;
  const drawn = trainingListsDrawn < lists.training ? ` (${number(trainingListsDrawn)} of them drawn)` : "";
  const { metNearlyAll, listLengthAsked, fewerCandidates } = counts;
  const asked =
    listLengthAsked === undefined ? "" : ` at most (no list is as long as the listLength ${listLengthAsked})`;
  const untested = [
    ...counted(lists.testUsersWithoutPositive, "whose list has no positive"),
    ...counted(lists.testUsersWithRepeat, "whose list holds an item twice"),
  ];
  return [
    `read: ${formatLog(read)}`,
    ...(counts.lacks ?? []).map((field) => LACKING[field]),
    ...(counts.uniformPolicy === undefined ? [] : [formatUniformPolicy(counts.uniformPolicy)]),
    ...(metNearlyAll === undefined
      ? []
      : [
          `left out: ${number(metNearlyAll.users)} users with ${number(metNearlyAll.interactions)} interactions, who met ` +
            "nearly all items (maxUserShare)",
        ]),
    ...leftOut(dropped, "rows that repeat another's user, item and time"),
    ...(kept.repeated === undefined
      ? []
      : [
          "rows that repeat an earlier one's user, item and time: dedupe first (--data.dedupe first) keeps one of each",
        ]),
    `${core}-core: ${formatLog(kept)}; it keeps ${percent(keptShare(counts))} of the interactions`,
    `lists of ${listLength}${asked}: ${number(lists.lists)}, of which ${number(lists.withPositive)} with a positive`,
    `training ${number(lists.training)}${drawn}, validation ${number(lists.validation)}, test ${number(lists.test)}`,
    ...leftOut(lists.withRepeat, "lists that hold an item twice"),
    ...(fewerCandidates === undefined
      ? []
      : [`no list has the candidateCount ${fewerCandidates.asked}: at most ${fewerCandidates.most} candidates`]),
    ...(untested.length === 0 ? [] : [`users without a test list: ${untested.join(", ")}`]),
  ].join("\n");
}

/** Share of the interactions, each counted once where repeats are left out, that the core keeps. */
function keptShare({ dropped = 0, read, kept }: PreparationCounts): number | undefined {
  const interactions = read.interactions - dropped;
  return interactions === 0 ? undefined : kept.interactions / interactions;
}

/** What takes the place of a field that a log does not have. */
const LACKING = {
  user: "the log has no users: every list, or row without one, is of a user of its own",
  feedback: "the log has no feedback: every interaction counts 1",
  timestamp: "the log has no times: rows are in the order of the file",
} as const;

function formatUniformPolicy(policy: UniformPolicyValue): string {
  const { size, value, selfNormalised, standardError, effectiveSize, meanWeight, smallestPropensity, isKnown } = policy;
  const counted = `${effectiveSize.toFixed(1)} of ${number(size)} rows count`;
  if (!isKnown) {
    return (
      `by its propensities the log cannot tell what items at random would earn: ${counted}, the smallest propensity is ` +
      `${smallestPropensity}, the mean weight ${meanWeight.toFixed(2)}`
    );
  }
  return (
    `by its propensities, items at random would earn ${value.toFixed(5)} of feedback each, self-normalised ` +
    `${selfNormalised.toFixed(5)} +- ${standardError.toFixed(5)} (${counted}, mean weight ${meanWeight.toFixed(2)})`
  );
}

function formatLog({ users, items, interactions, positives, notShown = 0, repeated = 0 }: LogCounts): string {
  const share = interactions === 0 ? 0 : positives / interactions;
  const candidates = notShown === 0 ? "" : `, ${number(notShown)} candidates that were not shown`;
  const twice = repeated === 0 ? "" : `, ${number(repeated)} of them repeat an earlier one`;
  return (
    `${number(users)} users, ${number(items)} items, ${number(interactions)} interactions${twice}, ` +
    `${percent(share)} positive${candidates}`
  );
}

function formatSizes({ sizes = {} }: SplitReport): string {
  const parts = [
    ...(sizes.positions === undefined ? [] : [`${spread(sizes.positions)} items`]),
    ...(sizes.candidates === undefined ? [] : [`${spread(sizes.candidates)} candidates`]),
  ];
  return parts.length === 0 ? "" : ` of ${parts.join(" and ")}`;
}

function spread({ minimum, median, maximum }: DataReport["listsPerUser"]): string {
  return `${minimum} to ${maximum} (median ${median})`;
}

function formatSplit(name: SplitName, { splits, split: origin, preparation: counts }: DataReport): string {
  const split = splits[name];
  const { span, scoreToExposure } = split;
  if (span === undefined) {
    const reason = counts === undefined ? "" : `, ${explainEmptySplit({ split: name, counts, origin })}`;
    return `${name}: no lists${reason}`;
  }
  const area =
    scoreToExposure === undefined
      ? ""
      : `; the retriever's score tells exposed candidates with an AUC of ${scoreToExposure.toFixed(3)}`;
  return (
    `${name}: ${number(split.lists)} lists${formatSizes(split)}, candidates ${split.candidates}, from ${span.firstDate ?? span.first} to ` +
    `${span.lastDate ?? span.last}; positives by position ${split.positiveRate.map(percent).join(" ")}${area}`
  );
}

function leftOut(count: number | undefined, what: string): string[] {
  return counted(count, what).map((some) => `left out: ${some}`);
}

/** Nothing where there are none. */
function counted(count: number | undefined, what: string): string[] {
  return count === undefined || count === 0 ? [] : [`${number(count)} ${what}`];
}

function percent(share: number | undefined): string {
  return share === undefined ? "an unknown share" : `${(100 * share).toFixed(1)}%`;
}

/** 1234567 as 1,234,567, whatever the machine's language. */
function number(value: number): string {
  return value.toLocaleString("en-US");
}
