/**
 * A log of interactions in columns: who met which item when, and with what feedback. Everything later (the core
 * filter, the lists, the histories) reads one user's interactions in time order, so the log is kept that way.
 */
import { type Catalogue, gather } from "./dataset.ts";
import { groupOffsets } from "./row-order.ts";

/**
 * R interactions of U users with I items, sorted by user, each user's rows by time, ties in the order in which
 * they were read. Users and items are numbered from 0 in order of their first appearance in the source.
 *
 * A log may carry the lists in which items were shown, and then also the candidates of a request that were not shown:
 * rows of their own, at negative positions, which are no interactions. The rows of a list stay together, at the time
 * of the earliest of them, by position, those not shown last.
 */
export interface InteractionLog {
  /** User of each interaction: [R], ascending. */
  readonly users: Int32Array;
  /** Item of each interaction: [R]. */
  readonly items: Int32Array;
  /** Feedback as logged, such as a rating or a 0/1 signal: [R]. */
  readonly feedback: Float32Array;
  /** Time in the source's own unit: [R]. */
  readonly timestamps: Float64Array;
  /** The rows of user u are `userOffsets[u]` up to, not including, `userOffsets[u + 1]`: [U + 1]. */
  readonly userOffsets: Int32Array;
  /** Of a log that carries lists, the list of each row, numbered from 0 in order of first appearance, or -1: [R]. */
  readonly listNumbers?: Int32Array;
  /**
   * Of a log that carries lists, the place of each row in its list, from 0, or -1 for a candidate of the request that
   * was not shown; 0 for a row without a list: [R].
   */
  readonly positions?: Int32Array;
  /** Where it is known, the chance at which each item was shown, NaN for one that was not: [R]. */
  readonly propensities?: Float64Array;
  /** Fields that the source lacks; see {@link MissingField}. */
  readonly lacks?: readonly MissingField[];
  /**
   * Of a log out of several files, what the file of each row is for, as a place in `SPLITS`: [R]. A user's training
   * rows then come before those of validation, and these before those of the test, whatever their times.
   */
  readonly fileSplits?: Uint8Array;
  /** The source's name of each user: [U]. */
  readonly userIds: readonly string[];
  /** The source's name of each item: [I]. */
  readonly itemIds: readonly string[];
}

export const MISSING_FIELDS = ["user", "feedback", "timestamp"] as const;
/**
 * What a log may lack: users (every list, or row without one, is then of a user of its own), feedback (every interaction
 * counts 1), or times (rows are in their order).
 */
export type MissingField = (typeof MISSING_FIELDS)[number];

/** The users and items of a log by their names, of whom nothing else is known. */
export function namedCatalogue({ userIds, itemIds }: InteractionLog): Catalogue {
  return { userCount: userIds.length, itemCount: itemIds.length, userIds, itemIds };
}

/** Which rows of a log are positives. Thresholds meet feedback in f32, in which the log holds it. */
export function positiveAt(log: InteractionLog, positiveThreshold: number): (row: number) => boolean {
  const threshold = Math.fround(positiveThreshold);
  return (row) => log.feedback[row] >= threshold;
}

/** The interactions of `log` at `rows`, by user. Users and items keep their numbers and names. */
export function selectInteractions(log: InteractionLog, rows: Int32Array): InteractionLog {
  const { listNumbers, positions, propensities, fileSplits } = log;
  const users = gather(log.users, rows);
  return {
    ...log,
    users,
    items: gather(log.items, rows),
    feedback: gather(log.feedback, rows),
    timestamps: gather(log.timestamps, rows),
    userOffsets: groupOffsets(users, log.userIds.length),
    ...(listNumbers && { listNumbers: gather(listNumbers, rows) }),
    ...(positions && { positions: gather(positions, rows) }),
    ...(propensities && { propensities: gather(propensities, rows) }),
    ...(fileSplits && { fileSplits: gather(fileSplits, rows) }),
  };
}
