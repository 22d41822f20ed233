/** The k-core filter, which leaves users and items that are seen often enough to learn from. */
import { type InteractionLog, selectInteractions } from "./interactions.ts";

/**
 * The k-core of a log: its largest part in which every user and every item has at least `k` interactions (repeated
 * interactions of a user with an item count each). Users and items are numbered anew without gaps, in their old
 * order; those left without interactions are gone. The result may be empty.
 *
 * Removing a user can bring an item under `k` and the other way round, so both are removed until nothing changes;
 * the result does not depend on the order of removal.
 *
 * @throws RangeError unless `k` is a positive integer.
 */
export function kCore(log: InteractionLog, k: number): InteractionLog {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`k-core: k must be a positive integer, got ${k}`);
  let rows = Int32Array.from(log.users.keys());
  for (;;) {
    const userCounts = countAt(log.users, rows, log.userIds.length);
    const itemCounts = countAt(log.items, rows, log.itemIds.length);
    const kept = rows.filter((row) => userCounts[log.users[row]] >= k && itemCounts[log.items[row]] >= k);
    if (kept.length === rows.length) return dropUnused(selectInteractions(log, rows));
    rows = kept;
  }
}

/** How often each number from 0 to `count` - 1 occurs in `column` at `rows`. */
function countAt(column: Int32Array, rows: Int32Array, count: number): Int32Array {
  const counts = new Int32Array(count);
  for (const row of rows) counts[column[row]]++;
  return counts;
}

/** The same interactions, with numbers only for the users and items that have any. */
function dropUnused(log: InteractionLog): InteractionLog {
  const users = renumber(log.users, log.userIds);
  const items = renumber(log.items, log.itemIds);
  const userOffsets = log.userOffsets.filter(
    (offset, user) => user === 0 || offset > log.userOffsets[user - 1],
  );
  return {
    ...log,
    users: users.numbers,
    items: items.numbers,
    userOffsets,
    userIds: users.names,
    itemIds: items.names,
  };
}

function renumber(column: Int32Array, names: readonly string[]): { numbers: Int32Array; names: string[] } {
  const used = new Uint8Array(names.length);
  for (const number of column) used[number] = 1;
  const renumbered = new Int32Array(names.length);
  let next = 0;
  for (let number = 0; number < names.length; number++) {
    if (used[number] === 1) renumbered[number] = next++;
  }
  return {
    numbers: column.map((number) => renumbered[number]),
    names: names.filter((_, number) => used[number] === 1),
  };
}
