/** From a log as it was read to the lists that are cut from its core, with the counts of each stage. */
import { cutLists, type ExposedLists } from "./exposed-lists.ts";
import { isShown } from "./exposures.ts";
import { type InteractionLog, positiveAt } from "./interactions.ts";
import { kCore } from "./k-core.ts";
import type { SplitName } from "./protocols.ts";
import type { LogCounts, PreparationCounts } from "./report/data-report-schema.ts";
import { type CutOptions, DEFAULT_LOG, type LogOptions } from "./settings.ts";

/** How a log is filtered and cut. */
export type CutLogOptions = CutOptions & Pick<LogOptions, "core">;

/** A filtered log and its lists. */
export interface CutLog extends Readonly<Record<SplitName, ExposedLists>> {
  /** The interactions after the core filter, in which the lists lie. */
  readonly log: InteractionLog;
  readonly counts: PreparationCounts;
}

/**
 * Keeps the k-core of a log, and cuts it into training, validation and test lists. Errors call the log `name`.
 * @throws RangeError when no training list is left, or for an option out of range.
 * @example
 * const { counts } = cutLog(await readInteractions({ format: "movielens", file: "ml-1m/ratings.dat" }));
 * console.log(formatPreparation(counts));
 */
export function cutLog(read: InteractionLog, options: CutLogOptions = {}, name = "the log"): CutLog {
  const { core = DEFAULT_LOG.core } = options;
  const log = kCore(read, core);
  const { counts: lists, ...cut } = cutLists(log, options);
  const { size, listLength, positiveThreshold } = cut.training;
  if (size === 0) {
    throw new RangeError(
      `${name}: no training list is left of ${read.users.length} interactions after the ${core}-core filter ` +
        `(${log.users.length} interactions, ${lists.lists} lists, ${lists.withPositive} with a positive); ` +
        "use a smaller core or a lower positive threshold",
    );
  }
  return {
    log,
    ...cut,
    counts: {
      core,
      listLength,
      read: countLog(read, positiveThreshold),
      kept: countLog(log, positiveThreshold),
      lists,
      trainingListsDrawn: size,
    },
  };
}

function countLog(log: InteractionLog, positiveThreshold: number): LogCounts {
  const isPositive = positiveAt(log, positiveThreshold);
  let interactions = 0;
  let positives = 0;
  for (let row = 0; row < log.users.length; row++) {
    if (!isShown(log, row)) continue;
    interactions++;
    if (isPositive(row)) positives++;
  }
  const repeated = countRepeatedRows(log);
  return {
    users: log.userIds.length,
    items: log.itemIds.length,
    interactions,
    positives,
    ...(repeated > 0 && { repeated }),
    ...(log.listNumbers && { notShown: log.users.length - interactions }),
  };
}

/**
 * Rows that are equal to an earlier one in user, item, feedback and time. They count as interactions like any other:
 * whoever rates a film twice in a second may mean it. Rows of logged lists are not among them: a list that holds an item
 * twice is left out as a whole.
 */
function countRepeatedRows(log: InteractionLog): number {
  const { userOffsets, timestamps, items, feedback, listNumbers } = log;
  let repeated = 0;
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const end = userOffsets[user + 1];
    let next = userOffsets[user];
    for (let row = next; row < end; row = next) {
      next = row + 1;
      while (next < end && timestamps[next] === timestamps[row]) next++;
      if (next === row + 1) continue;
      const seen = new Set<string>();
      for (let same = row; same < next; same++) {
        if (listNumbers !== undefined && listNumbers[same] >= 0) continue;
        const key = `${items[same]} ${feedback[same]}`;
        if (seen.has(key)) repeated++;
        seen.add(key);
      }
    }
  }
  return repeated;
}
