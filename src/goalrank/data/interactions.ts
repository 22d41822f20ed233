/**
 * A log of interactions in columns: who met which item when, and with what feedback. Everything later (the core
 * filter, the lists, the histories) reads one user's interactions in time order, so the log is kept that way.
 */

/**
 * R interactions of U users with I items, sorted by user, each user's rows by time, ties in the order in which
 * they were read. Users and items are numbered from 0 in order of their first appearance in the source.
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
  /** The source's name of each user: [U]. */
  readonly userIds: readonly string[];
  /** The source's name of each item: [I]. */
  readonly itemIds: readonly string[];
}

/** Numbers names from 0 in order of first appearance. */
class Numbering {
  readonly names: string[] = [];
  private readonly numbers = new Map<string, number>();

  numberOf(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.numbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

/**
 * Collects interactions in any order.
 *
 * @example
 * const builder = new InteractionLogBuilder();
 * builder.add("ann", "film-7", 4, 1700000000);
 * const log = builder.build();
 */
export class InteractionLogBuilder {
  private readonly userNumbers = new Numbering();
  private readonly itemNumbers = new Numbering();
  private readonly users: number[] = [];
  private readonly items: number[] = [];
  private readonly feedback: number[] = [];
  private readonly timestamps: number[] = [];

  /** Interactions added so far. */
  get size(): number {
    return this.users.length;
  }

  /** Adds one interaction. Throws a RangeError unless feedback and timestamp are finite. */
  add(userId: string, itemId: string, feedback: number, timestamp: number): void {
    if (!Number.isFinite(feedback) || !Number.isFinite(timestamp)) {
      throw new RangeError(
        `interactions: feedback and timestamp must be finite, got ${feedback} and ${timestamp}`,
      );
    }
    this.users.push(this.userNumbers.numberOf(userId));
    this.items.push(this.itemNumbers.numberOf(itemId));
    this.feedback.push(feedback);
    this.timestamps.push(timestamp);
  }

  /** The sorted log of what was added. */
  build(): InteractionLog {
    const { users, items, feedback, timestamps } = this;
    const userIds = [...this.userNumbers.names];
    const userOffsets = offsetsOfUsers(users, userIds.length);
    const order = timeOrder(users, timestamps, userOffsets);
    return {
      users: gather(users, order, new Int32Array(order.length)),
      items: gather(items, order, new Int32Array(order.length)),
      feedback: gather(feedback, order, new Float32Array(order.length)),
      timestamps: gather(timestamps, order, new Float64Array(order.length)),
      userOffsets,
      userIds,
      itemIds: [...this.itemNumbers.names],
    };
  }
}

/** Writes `column` at `rows` to `out`. */
function gather<Column extends Int32Array | Float32Array | Float64Array>(
  column: ArrayLike<number>,
  rows: Int32Array,
  out: Column,
): Column {
  for (let i = 0; i < rows.length; i++) out[i] = column[rows[i]];
  return out;
}

/** Where each user's rows start once rows are sorted by user: the running sum of the users' counts, [U + 1]. */
function offsetsOfUsers(users: ArrayLike<number>, userCount: number): Int32Array {
  const offsets = new Int32Array(userCount + 1);
  for (let row = 0; row < users.length; row++) offsets[users[row] + 1]++;
  for (let user = 0; user < userCount; user++) offsets[user + 1] += offsets[user];
  return offsets;
}

/** The order that sorts rows by user, then time, then row: a counting sort by user, then a stable sort of each. */
function timeOrder(
  users: ArrayLike<number>,
  timestamps: ArrayLike<number>,
  userOffsets: Int32Array,
): Int32Array {
  const order = new Int32Array(users.length);
  const next = userOffsets.slice();
  for (let row = 0; row < users.length; row++) order[next[users[row]]++] = row;
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const rows = order.subarray(userOffsets[user], userOffsets[user + 1]);
    rows.sort((a, b) => timestamps[a] - timestamps[b]);
  }
  return order;
}

/** The interactions of `log` at `rows`, which must ascend. Users and items keep their numbers and names. */
export function selectInteractions(log: InteractionLog, rows: Int32Array): InteractionLog {
  const users = gather(log.users, rows, new Int32Array(rows.length));
  return {
    users,
    items: gather(log.items, rows, new Int32Array(rows.length)),
    feedback: gather(log.feedback, rows, new Float32Array(rows.length)),
    timestamps: gather(log.timestamps, rows, new Float64Array(rows.length)),
    userOffsets: offsetsOfUsers(users, log.userIds.length),
    userIds: log.userIds,
    itemIds: log.itemIds,
  };
}
