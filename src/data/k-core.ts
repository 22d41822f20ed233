/** The k-core filter, which leaves users and items that are seen often enough to learn from. */
import { isShown } from "./exposures.ts";
import { type InteractionLog, selectInteractions } from "./interactions.ts";
import { groupOffsets, rowsByGroup } from "./row-order.ts";

/**
 * The k-core of a log: its largest part in which every user and every item has at least `k` interactions (repeated
 * interactions of a user with an item count each). Users and items are numbered anew without gaps, in their old
 * order; those left without interactions are gone. The result may be empty. Candidates that were not shown are no
 * interactions: they count for nobody, and stay where both their user and their item do. Lists keep their numbers. The
 * 1-core is the whole log, with the items that were candidates and never shown.
 *
 * Removing a user can bring an item under `k` and the other way round, so both are removed until nothing changes;
 * the result does not depend on the order of removal. A row is visited when its user goes and when its item goes, so
 * time is linear.
 * @throws RangeError unless `k` is a positive integer.
 */
export function kCore(log: InteractionLog, k: number): InteractionLog {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`k-core: k must be a positive integer, got ${k}`);
  if (k === 1) return log;
  const isKept = new Uint8Array(log.users.length).fill(1);
  const users = new Members(log, log.users, log.userIds.length, k);
  const items = new Members(log, log.items, log.itemIds.length, k);
  while (users.hasFew || items.hasFew) {
    for (const row of users.hasFew ? users.takeFew() : items.takeFew()) {
      isKept[row] = 0;
      if (!isShown(log, row)) continue;
      users.forget(log.users[row]);
      items.forget(log.items[row]);
    }
  }
  const rows = log.users.map((_, row) => row).filter((row) => isKept[row] === 1);
  return dropUnused(selectInteractions(log, rows));
}

/** All users or all items, with the count of interactions that each has left. */
class Members {
  private readonly k: number;
  private readonly offsets: Int32Array;
  /** Rows of the log, sorted by member. */
  private readonly rows: Int32Array;
  private readonly counts: Int32Array;
  /** Members that have fallen under k and whose rows are yet to be removed: each is here at most once in its life. */
  private readonly few: number[] = [];

  constructor(log: InteractionLog, numbers: Int32Array, count: number, k: number) {
    this.k = k;
    this.offsets = groupOffsets(numbers, count);
    this.rows = rowsByGroup(numbers, this.offsets);
    this.counts = new Int32Array(count);
    for (let row = 0; row < numbers.length; row++) if (isShown(log, row)) this.counts[numbers[row]]++;
    for (let member = 0; member < count; member++) if (this.counts[member] < k) this.few.push(member);
  }

  get hasFew(): boolean {
    return this.few.length > 0;
  }

  /** The rows, kept or not, of one member with too few interactions. */
  takeFew(): Int32Array {
    const member = this.few.pop();
    if (member === undefined) return this.rows.subarray(0, 0);
    return this.rows.subarray(this.offsets[member], this.offsets[member + 1]);
  }

  /** Counts one interaction less. */
  forget(member: number): void {
    this.counts[member]--;
    if (this.counts[member] === this.k - 1) this.few.push(member);
  }
}

/** The same interactions, with numbers only for the users and items that have any. */
export function dropUnused(log: InteractionLog): InteractionLog {
  const users = renumber(log.users, log.userIds);
  const items = renumber(log.items, log.itemIds);
  const isUsed = (offset: number, user: number) => user === 0 || offset > log.userOffsets[user - 1];
  return {
    ...log,
    users: users.numbers,
    items: items.numbers,
    userOffsets: log.userOffsets.filter(isUsed),
    userIds: users.names,
    itemIds: items.names,
  };
}

function renumber(column: Int32Array, names: readonly string[]): { numbers: Int32Array; names: string[] } {
  const used = new Uint8Array(names.length);
  for (const number of column) used[number] = 1;
  let next = 0;
  const renumbered = Int32Array.from(used, (isUsed) => (isUsed === 1 ? next++ : -1));
  return {
    numbers: column.map((number) => renumbered[number]),
    names: names.filter((_, number) => used[number] === 1),
  };
}
