/** Collects interactions in any order, in typed columns, and sorts them into a log. */
import { type InteractionLog, selectInteractions } from "../interactions.ts";
import { compareLists, ListCollector, orderedLists } from "../logged-lists.ts";
import { groupOffsets, rowsByGroup, sortRowsOfUsers } from "../row-order.ts";
import { GrowableColumn } from "./growable-column.ts";
import { Numbering } from "./numbering.ts";

/**
 * Collects interactions in any order: 20 bytes for each, 28 in a log that carries lists, and every name once.
 * @example
 * const builder = new InteractionLogBuilder();
 * builder.add("ann", "film-7", 4, 1700000000);
 * const log = builder.build();
 */
export class InteractionLogBuilder {
  private readonly userNumbers = new Numbering();
  private readonly itemNumbers = new Numbering();
  private readonly users = new GrowableColumn(Int32Array);
  private readonly items = new GrowableColumn(Int32Array);
  private readonly feedback = new GrowableColumn(Float32Array);
  private readonly timestamps = new GrowableColumn(Float64Array);
  /** What the timestamps lack, where any lacks something. */
  private roundings: GrowableColumn<Float64Array> | undefined;
  private lists: ListCollector | undefined;
  private propensities: GrowableColumn<Float64Array> | undefined;

  /** Interactions added so far, with the candidates that were not shown. */
  get size(): number {
    return this.users.length;
  }

  /** Whether a user has interactions already. */
  hasUser(userId: string): boolean {
    return this.userNumbers.has(userId);
  }

  /**
   * Adds one interaction or, at a negative `position` of a list, a candidate of the request that was not shown.
   * Positions only order the rows of a list: they may start anywhere and leave gaps. A user's rows with the same
   * `listId` are one list; two users' lists are different ones, whatever they are called. An empty `listId` stands for
   * no list. `rounding` is what the timestamp lacks of the true time, in its unit, and orders rows whose timestamps are
   * equal. The propensity is the chance at which the item was shown, NaN where that is not known.
   * @throws RangeError unless feedback and timestamp are finite, the feedback as a number of 32 bits, and the position is
   * a 32-bit integer; also when there are too many users or items, or no memory is left.
   */
  add(
    userId: string,
    itemId: string,
    feedback: number,
    timestamp: number,
    listId = "",
    position = 0,
    rounding = 0,
    propensity = Number.NaN,
  ): void {
    if (!Number.isFinite(Math.fround(feedback)) || !Number.isFinite(timestamp)) {
      throw new RangeError(`interactions: feedback and timestamp must be finite, got ${feedback} and ${timestamp}`);
    }
    if (position !== (position | 0)) {
      throw new RangeError(`interactions: the position must be a 32-bit integer, got ${position}`);
    }
    if (listId !== "") this.lists ??= new ListCollector(this.size);
    this.lists?.add(listId, position);
    if (!Number.isNaN(propensity)) this.propensities ??= this.unknownPropensities();
    this.propensities?.push(propensity);
    if (rounding !== 0) this.roundings ??= zeros(this.size);
    this.roundings?.push(rounding);
    this.users.push(this.userNumbers.numberOf(userId));
    this.items.push(this.itemNumbers.numberOf(itemId));
    this.feedback.push(feedback);
    this.timestamps.push(timestamp);
  }

  /** The sorted log of what was added. */
  build(): InteractionLog {
    const users = this.users.values();
    const userIds = [...this.userNumbers.names];
    const propensities = this.propensities?.values();
    const added = {
      users,
      items: this.items.values(),
      feedback: this.feedback.values(),
      timestamps: this.timestamps.values(),
      userOffsets: groupOffsets(users, userIds.length),
      userIds,
      itemIds: [...this.itemNumbers.names],
      ...(propensities && { propensities }),
    };
    const order = rowsByGroup(users, added.userOffsets);
    const lists = this.lists?.build(users, order);
    const { timestamps } = added;
    const roundings = this.roundings?.values();
    const byTime = (a: number, b: number) =>
      timestamps[a] - timestamps[b] || (roundings ? roundings[a] - roundings[b] : 0);
    const compare = lists === undefined ? byTime : compareLists(timestamps, lists);
    sortRowsOfUsers(order, added.userOffsets, compare);
    return { ...selectInteractions(added, order), ...(lists && orderedLists(lists, order)) };
  }

  /** Those of the rows that were added before the first that has one. */
  private unknownPropensities(): GrowableColumn<Float64Array> {
    const column = new GrowableColumn(Float64Array);
    for (let row = 0; row < this.size; row++) column.push(Number.NaN);
    return column;
  }
}

function zeros(count: number): GrowableColumn<Float64Array> {
  const column = new GrowableColumn(Float64Array);
  for (let row = 0; row < count; row++) column.push(0);
  return column;
}
