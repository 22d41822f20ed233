/** One log out of several, each with what its interactions are for. */
import { type InteractionLog, selectInteractions } from "./interactions.ts";
import { SPLITS, type SplitName } from "./protocols.ts";
import { Numbering } from "./readers/numbering.ts";
import { groupOffsets, rowsByGroup } from "./row-order.ts";

/** A log, and what its interactions are for. */
export interface LogPart {
  readonly split: SplitName;
  readonly log: InteractionLog;
}

/**
 * The interactions of all parts, users and items of the same name under one number. Each user's rows are in the order of
 * the parts, which must be that of `SPLITS`, and within a part by time. Lists of two parts are different ones, whatever
 * they are called.
 */
export function joinLogs(parts: readonly LogPart[]): InteractionLog {
  const users = new Numbering();
  const items = new Numbering();
  const size = parts.reduce((sum, { log }) => sum + log.users.length, 0);
  const [{ log: first }] = parts;
  const hasLists = parts.some(({ log }) => log.listNumbers !== undefined);
  const hasPropensities = parts.some(({ log }) => log.propensities !== undefined);
  const columns = {
    users: new Int32Array(size),
    items: new Int32Array(size),
    feedback: new Float32Array(size),
    timestamps: new Float64Array(size),
    fileSplits: new Uint8Array(size),
    ...(hasPropensities && { propensities: new Float64Array(size).fill(Number.NaN) }),
    ...(hasLists && { listNumbers: new Int32Array(size).fill(-1), positions: new Int32Array(size) }),
  };
  let end = 0;
  let lists = 0;
  for (const { split, log } of parts) {
    // Users without a name are others in every file, however they are counted.
    const prefix = log.lacks?.includes("user") ? `${split} ` : "";
    const userNumbers = Int32Array.from(log.userIds, (name) => users.numberOf(`${prefix}${name}`));
    const itemNumbers = Int32Array.from(log.itemIds, (name) => items.numberOf(name));
    columns.users.set(
      log.users.map((user) => userNumbers[user]),
      end,
    );
    columns.items.set(
      log.items.map((item) => itemNumbers[item]),
      end,
    );
    columns.feedback.set(log.feedback, end);
    columns.timestamps.set(log.timestamps, end);
    if (log.propensities !== undefined) columns.propensities?.set(log.propensities, end);
    columns.fileSplits.fill(SPLITS.indexOf(split), end, end + log.users.length);
    if (log.listNumbers !== undefined && log.positions !== undefined) {
      const before = lists;
      columns.listNumbers?.set(
        log.listNumbers.map((list) => (list < 0 ? list : before + list)),
        end,
      );
      columns.positions?.set(log.positions, end);
      lists += log.listNumbers.reduce((most, list) => Math.max(most, list + 1), 0);
    }
    end += log.users.length;
  }
  const names = { userIds: users.names, itemIds: items.names, ...(first.lacks && { lacks: first.lacks }) };
  const userOffsets = groupOffsets(columns.users, users.names.length);
  return selectInteractions({ ...columns, userOffsets, ...names }, rowsByGroup(columns.users, userOffsets));
}
