/** The lists of a log that carries them: which rows are one list, its number, and the places in it. */
import type { InteractionLog } from "./interactions.ts";
import { GrowableColumn } from "./readers/growable-column.ts";
import { Numbering } from "./readers/numbering.ts";
import type { CompareRows } from "./row-order.ts";

/** The lists of rows that are yet to be put in order. */
export interface UnorderedLists {
  /** First row of the list that a row belongs to; of a row without a list, the row itself: [R]. */
  readonly firstRows: Int32Array;
  /** Number of the list in order of first appearance, or -1: [R]. */
  readonly listNumbers: Int32Array;
  /** What orders the rows of a list, -1 for a candidate that was not shown: [R]. */
  readonly positions: Int32Array;
}

/** Collects the list and position of one row after another. */
export class ListCollector {
  private readonly names = new Numbering();
  private readonly nameNumbers = new GrowableColumn(Int32Array);
  private readonly positions = new GrowableColumn(Int32Array);

  /** Starts with rows that have no list. */
  constructor(rowsWithout: number) {
    for (let row = 0; row < rowsWithout; row++) this.add("", 0);
  }

  /** Adds a row; an empty name stands for no list. */
  add(name: string, position: number): void {
    this.nameNumbers.push(name === "" ? -1 : this.names.numberOf(name));
    this.positions.push(name === "" ? 0 : Math.max(position, -1));
  }

  /** Tells one user's lists from another's of the same name, given the users and an order of rows by user: [R]. */
  build(users: Int32Array, rowsByUser: Int32Array): UnorderedLists {
    const nameNumbers = this.nameNumbers.values();
    const firstRows = this.firstRows(nameNumbers, users, rowsByUser);
    const listNumbers = new Int32Array(users.length);
    let next = 0;
    for (let row = 0; row < users.length; row++) {
      if (nameNumbers[row] < 0) listNumbers[row] = -1;
      else listNumbers[row] = firstRows[row] === row ? next++ : listNumbers[firstRows[row]];
    }
    return { firstRows, listNumbers, positions: this.positions.values() };
  }

  private firstRows(nameNumbers: Int32Array, users: Int32Array, rowsByUser: Int32Array): Int32Array {
    const firstRows = new Int32Array(users.length);
    // The user who had a list of a name last, and its first row.
    const owners = new Int32Array(this.names.names.length).fill(-1);
    const starts = new Int32Array(this.names.names.length);
    for (const row of rowsByUser) {
      const name = nameNumbers[row];
      if (name >= 0 && owners[name] !== users[row]) {
        owners[name] = users[row];
        starts[name] = row;
      }
      firstRows[row] = name < 0 ? row : starts[name];
    }
    return firstRows;
  }
}

/**
 * By time, the rows of a list together at the time of the earliest that was shown, as a split by time reads them; a
 * list of which nothing was shown stands at its earliest row. Within a list by position, those not shown at the end,
 * ties by row.
 */
export function compareLists(timestamps: Float64Array, { firstRows, positions }: UnorderedLists): CompareRows {
  const earliest = (isOfInterest: (row: number) => boolean) => {
    const times = new Float64Array(firstRows.length).fill(Number.POSITIVE_INFINITY);
    firstRows.forEach((first, row) => {
      if (isOfInterest(row)) times[first] = Math.min(times[first], timestamps[row]);
    });
    return times;
  };
  const shown = earliest((row) => positions[row] >= 0);
  const listTimes = earliest((row) => positions[row] >= 0 || shown[firstRows[row]] === Number.POSITIVE_INFINITY);
  return (a, b) => {
    const listA = firstRows[a];
    const listB = firstRows[b];
    if (listA !== listB) return listTimes[listA] - listTimes[listB] || listA - listB;
    // As an unsigned number, -1 is over all other positions.
    return (positions[a] >>> 0) - (positions[b] >>> 0) || a - b;
  };
}

/** The log's columns of lists, for rows in `order`, in which the rows of a list follow each other. */
export function orderedLists(
  { firstRows, listNumbers, positions }: UnorderedLists,
  order: Int32Array,
): Required<Pick<InteractionLog, "listNumbers" | "positions">> {
  const places = new Int32Array(order.length);
  for (let row = 1; row < order.length; row++) {
    places[row] = firstRows[order[row]] === firstRows[order[row - 1]] ? places[row - 1] + 1 : 0;
  }
  return {
    listNumbers: order.map((row) => listNumbers[row]),
    positions: places.map((place, row) => (positions[order[row]] < 0 ? -1 : place)),
  };
}
