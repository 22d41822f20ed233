/** Why a split of a log has no list: which setting left nothing, told from the counts of the preparation. */
import type { SplitName } from "./protocols.ts";
import type { PreparationCounts } from "./report/data-report-schema.ts";
import type { LogOptions } from "./settings.ts";

/** The settings that can leave nothing. */
export type EmptyingSettings = Required<
  Pick<LogOptions, "core" | "listLength" | "positiveThreshold" | "split" | "protocol" | "maxUserShare">
>;

/** Where the core keeps less than this share of the interactions, it is to blame for what follows, too. */
const SMALL_SHARE = 0.5;

const NOTHING_SHOWN =
  "no list of the log shows an item: its column of positions must hold numbers from 0 for what was shown";

const WITHOUT_USERS =
  "it has no users, so that every list is its user's first and last: set core to 1 and split to global-time " +
  "(--core 1 --split global-time)";

/** In one line: what is left of the log at each stage, and the setting to change at the first one that leaves nothing. */
export function explainEmptySplit(split: SplitName, counts: PreparationCounts, settings: EmptyingSettings): string {
  const { read, kept, lists } = counts;
  return (
    `no ${split} list is left of ${read.interactions} interactions after the ${settings.core}-core filter ` +
    `(${kept.interactions} interactions, ${lists.lists} lists, ${lists.withPositive} with a positive); ` +
    remedyOf(split, counts, settings)
  );
}

function remedyOf(split: SplitName, counts: PreparationCounts, settings: EmptyingSettings): string {
  const { read, kept, dropped = 0, metNearlyAll } = counts;
  const left = read.interactions - dropped - (metNearlyAll?.interactions ?? 0);
  if (left === 0 && metNearlyAll !== undefined) {
    return (
      `every user has met more than ${settings.maxUserShare} of all items: use maxUserShare 1 (--data.maxUserShare 1), ` +
      "repeats for items that are met again (--data.repeats true), or the protocol logged"
    );
  }
  if (read.interactions === 0) return NOTHING_SHOWN;
  if (counts.lacks?.includes("user")) return WITHOUT_USERS;
  if (kept.interactions === 0) return `use a smaller core (--data.core 1 keeps all)`;
  const share = kept.interactions / left;
  const orCore =
    share < SMALL_SHARE ? `, or a smaller core, which keeps ${(100 * share).toFixed(1)}% (--data.core 1)` : "";
  return `${lostLists(split, kept.positives, counts, settings)}${orCore}`;
}

/** What left no list of a core that has interactions. */
function lostLists(
  split: SplitName,
  positives: number,
  { lists, kept }: PreparationCounts,
  { listLength, positiveThreshold, split: by, protocol }: EmptyingSettings,
): string {
  const { repeated = 0 } = kept;
  if (lists.lists === 0) {
    return lists.nothingShown === undefined
      ? `no user has as many interactions as a list: use a smaller listLength than ${listLength} (--data.listLength)`
      : NOTHING_SHOWN;
  }
  if (positives === 0)
    return `no feedback reaches the positiveThreshold ${positiveThreshold}: use a lower one (--positive)`;
  if (lists.withPositive === 0)
    return `use a smaller core or a lower positiveThreshold than ${positiveThreshold} (--positive)`;
  if (lists.withPositive === lists.withRepeat) {
    return repeated > 0
      ? `${repeated} rows repeat an earlier one's user, item and time, and ${lists.withRepeat} lists hold an item twice, ` +
          "which leaves them out: keep one row of each with dedupe first (--data.dedupe first)"
      : `${lists.withRepeat} lists hold an item twice, which leaves them out: use a smaller listLength than ${listLength} ` +
          "(--data.listLength)";
  }
  if (lists[split] === 0) return tooFewLists(split, lists, by, listLength);
  return withoutChoice(lists.withoutChoice ?? 0, protocol);
}

/** Lists that could be used lie in other splits. */
function tooFewLists(
  split: SplitName,
  lists: PreparationCounts["lists"],
  by: EmptyingSettings["split"],
  listLength: number,
): string {
  if (split === "test" && lists.testUsersWithoutPositive + lists.testUsersWithRepeat > 0) {
    return (
      `of the users' test lists ${lists.testUsersWithoutPositive} have no positive and ${lists.testUsersWithRepeat} hold ` +
      "an item twice: use a lower positiveThreshold (--positive), or another split (--split)"
    );
  }
  const shorter = `use a smaller listLength than ${listLength} (--data.listLength)`;
  return by === "last-list"
    ? `users have too few lists, of which the last is the test and the one before it validation: ${shorter}, or the ` +
        "split global-time (--split global-time)"
    : `no list lies in the time of ${split}: ${shorter}, or another trainingFraction (--data.trainingFraction)`;
}

/** Every list of the split had fewer than two candidates. */
function withoutChoice(count: number, protocol: EmptyingSettings["protocol"]): string {
  return protocol === "logged"
    ? `the log names fewer than two candidates for ${count} lists: give those that were not shown as rows of the list, ` +
        "with a blank position, or use the protocol injected (--protocol injected)"
    : `the users of ${count} lists had met nearly all items: use repeats for items that are met again (--data.repeats true), a smaller ` +
        "core, which keeps more items (--data.core), or the protocol logged (--protocol logged)";
}
