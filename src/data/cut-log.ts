/** From a log as it was read to the lists that are cut from its core, with the counts of each stage. */
import { emptySplitError } from "./empty-splits.ts";
import { cutLists, type ExposedLists } from "./exposed-lists.ts";
import { isShown } from "./exposures.ts";
import { type InteractionLog, positiveAt } from "./interactions.ts";
import { kCore } from "./k-core.ts";
import type { SplitName } from "./protocols.ts";
import { countRepeatedRows, dedupe } from "./repeats.ts";
import type { LogCounts, PreparationCounts } from "./report/data-report-schema.ts";
import { type CutOptions, DEFAULT_LOG, type LogOptions } from "./settings.ts";
import { uniformPolicyValue } from "./uniform-policy.ts";

/** How a log is filtered and cut. */
export type CutLogOptions = CutOptions & Pick<LogOptions, "core" | "dedupe">;

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
  const { core = DEFAULT_LOG.core, dedupe: mode = DEFAULT_LOG.dedupe } = options;
  const once = dedupe(read, mode);
  const log = kCore(once, core);
  const { counts: lists, ...cut } = cutLists(log, options);
  const { size, listLength, positiveThreshold } = cut.training;
  const { lacks, propensities } = read;
  const counted = countLog(read, positiveThreshold);
  const dropped = once === read ? 0 : counted.interactions - countLog(once, positiveThreshold).interactions;
  const counts = {
    core,
    listLength,
    ...(lacks && { lacks: [...lacks] }),
    ...(propensities && { uniformPolicy: uniformPolicyValue(read) }),
    ...(dropped > 0 && { dropped }),
    read: counted,
    kept: countLog(log, positiveThreshold),
    lists,
    trainingListsDrawn: size,
  };
  if (size === 0) {
    const origin = log.fileSplits === undefined ? (options.split ?? DEFAULT_LOG.split) : "files";
    const empty = { split: "training", counts, origin, repeated: countRepeatedRows(log) } as const;
    throw emptySplitError(name, empty);
  }
  return { log, ...cut, counts };
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
