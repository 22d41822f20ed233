/** Why a split has no lists, out of the counts of each stage, and what to do about it. */
import type { CandidateProtocol, SplitName, SplitOrigin } from "./protocols.ts";
import type { PreparationCounts } from "./report/data-report-schema.ts";

/** What is known of a log whose split has no lists. */
export interface EmptySplit {
  readonly split: SplitName;
  readonly counts: PreparationCounts;
  readonly origin: SplitOrigin;
  /** Interactions that equal an earlier one of the user, after the core filter. */
  readonly repeated?: number | undefined;
  /** How lists get their candidates, where that is what may have left them none. */
  readonly protocol?: CandidateProtocol | undefined;
}

/** What is wrong and what to do: `the last lists of all 80 users hold no positive; lower the positive threshold ...`. */
export function explainEmptySplit(empty: EmptySplit): string {
  return reasonFor(empty).join("; ");
}

/** The error of a log, called `name`, that leaves a split nothing. */
export function emptySplitError(name: string, empty: EmptySplit): RangeError {
  const { core, read, kept, lists } = empty.counts;
  return new RangeError(
    `${name}: no ${empty.split} list is left of ${read.interactions} interactions after the ${core}-core filter ` +
      `(${kept.interactions} interactions, ${lists.lists} lists, ${lists.withPositive} with a positive); ` +
      explainEmptySplit(empty),
  );
}

const SHORTER = "use a smaller list length (--data.listLength)";
const LOWER = "lower the positive threshold (--positive)";
const BY_TIME = "split by time (--split global-time), which learns from some users and tests on others";

/** Where the core keeps less than this share of the interactions, it is to blame for what it left too little for. */
const SMALL_SHARE = 0.5;

/** What is wrong with all lists, then with those of the split. */
function reasonFor(empty: EmptySplit): readonly [reason: string, remedy: string] {
  const { split, counts, origin, repeated = 0 } = empty;
  const { core, listLength, read, kept, lists, metNearlyAll } = counts;
  if (read.interactions === 0) return NOTHING_SHOWN;
  if (origin === "last-list" && counts.lacks?.includes("user")) {
    const reason = "it has no users, so that every list is its user's first and last";
    return [reason, "set core to 1 and split to global-time (--core 1 --split global-time)"];
  }
  if (kept.interactions === 0 && metNearlyAll !== undefined && 2 * metNearlyAll.users >= read.users) {
    return [
      `${metNearlyAll.users} of ${read.users} users have met nearly all items`,
      "use maxUserShare 1 (--data.maxUserShare 1), repeats for items that are met again (--data.repeats), or --protocol logged",
    ];
  }
  if (kept.interactions === 0) {
    return [`the ${core}-core keeps nothing of ${read.interactions} interactions`, "use a smaller core (--core 1)"];
  }
  if (lists.lists === 0) {
    if (lists.nothingShown !== undefined) return NOTHING_SHOWN;
    return [`none of ${kept.users} users has ${listLength} interactions`, orCore(SHORTER, counts)];
  }
  if (repeated > 0 && lists.withRepeat > 0) {
    const rows = `${repeated} rows repeat an earlier one's user, item and time`;
    const reason = `${rows}, and ${lists.withRepeat} lists hold an item twice, which leaves them out`;
    return [reason, "keep one row of each with dedupe first (--data.dedupe first)"];
  }
  if (lists.withPositive === 0) return [`none of the ${lists.lists} lists has a positive`, orCore(LOWER, counts)];
  if (lists.withPositive === lists.withRepeat) {
    return [`all ${lists.withRepeat} lists with a positive hold an item twice, which leaves them out`, SHORTER];
  }
  if (lists[split] > 0) return withoutChoice(empty);
  if (lists.lists === 1) return ["the log has one list in all", `bring more interactions, or ${SHORTER}`];
  if (origin === "files") return reasonInFiles(split, counts);
  if (split === "test" && lists.testUsersWithoutPositive > 0) {
    const which = origin === "last-list" ? "last lists" : "first lists after the cut in time";
    const other =
      origin === "last-list" ? "test on lists after one time (--split global-time)" : "or --split last-list";
    return [`the ${which} of all ${lists.testUsersWithoutPositive} users hold no positive`, `${LOWER}, or ${other}`];
  }
  if (split === "test" && lists.testUsersWithRepeat > 0) {
    return [`the test lists of all ${lists.testUsersWithRepeat} users hold an item twice`, SHORTER];
  }
  if (origin === "last-list") {
    const most = lists.training + lists.validation === 0 ? "one list, which is the test" : "two lists";
    return [`users have ${most}`, `${BY_TIME}, or ${SHORTER}`];
  }
  return [
    "no list lies wholly in its part of the time",
    "test on each user's last list (--split last-list), or set another --data.trainingFraction",
  ];
}

/** The log has lists, and none that shows an item. */
const NOTHING_SHOWN = [
  "no list of the log shows an item",
  "its column of positions must hold numbers from 0 for what was shown",
] as const;

/** A smaller core beside another remedy, where it keeps little. */
function orCore(remedy: string, { core, read, kept, dropped = 0 }: PreparationCounts): string {
  const share = kept.interactions / (read.interactions - dropped);
  return share < SMALL_SHARE
    ? `${remedy}, or a smaller core than ${core}, which keeps ${(100 * share).toFixed(1)}% of the interactions (--core 1)`
    : remedy;
}

/** There are lists, and each has fewer than two candidates. */
function withoutChoice({ counts: { lists }, protocol }: EmptySplit): readonly [reason: string, remedy: string] {
  const { withoutChoice: count = 0 } = lists;
  if (protocol === "logged") {
    const remedy = "give what was not shown as rows of the list with a blank position, or use --protocol injected";
    return [`the log names fewer than two candidates for ${count} lists`, remedy];
  }
  const remedy = "use repeats for items that are met again (--data.repeats), or --protocol logged";
  return [`the users of ${count} lists had met nearly all items`, remedy];
}

function reasonInFiles(split: SplitName, { listLength, lists }: PreparationCounts): readonly [string, string] {
  if (split === "test" && lists.testUsersWithoutPositive > 0) {
    return [`none of the ${lists.testUsersWithoutPositive} lists of the test file has a positive`, LOWER];
  }
  const reason = `nobody has ${listLength} interactions with a positive in the ${split} file`;
  return [reason, `${SHORTER}, keep more with a smaller core (--core 1), or name another file`];
}
