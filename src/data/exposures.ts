/**
 * Where a user's exposed lists lie in a log. A log that carries lists says so itself; in any other, consecutive runs
 * of interactions stand for them (section 4.1.1, appendix D.1 of arXiv 2509.22046): aligned to the end of the user's
 * sequence, the reading of the paper that gives its own count of lists.
 */
import type { InteractionLog } from "./interactions.ts";

/** A list of a user: the `length` rows of the log from `start` on. */
export interface ListSpan {
  readonly start: number;
  readonly length: number;
}

/** The lists of one user, in time order. */
export interface UserLists {
  readonly lists: readonly ListSpan[];
  /** Logged lists of which nothing was shown, which are not among `lists`. */
  readonly nothingShown: number;
}

/**
 * Whether a row is an interaction: something that the user was shown. The other rows are candidates of a request that
 * were not shown, which are no part of a history, and nothing to learn from.
 */
export function isShown({ positions }: InteractionLog, row: number): boolean {
  return positions === undefined || positions[row] >= 0;
}

/** What the user of a row was shown before it, in rows. */
export function shownBefore(log: InteractionLog, row: number): number {
  const first = log.userOffsets[log.users[row]];
  if (log.positions === undefined) return row - first;
  let shown = 0;
  for (let earlier = first; earlier < row; earlier++) if (isShown(log, earlier)) shown++;
  return shown;
}

/** The distinct items that were shown in the rows from `first` to before `end`. */
export function shownItems(log: InteractionLog, first: number, end: number): Set<number> {
  if (log.positions === undefined) return new Set(log.items.subarray(first, end));
  const items = new Set<number>();
  for (let row = first; row < end; row++) if (isShown(log, row)) items.add(log.items[row]);
  return items;
}

/**
 * The lists of `user`: of L items, or as many as a logged list shows where these are fewer. Of a logged list with more
 * than L shown items the first L count, in the order of their positions.
 * @throws RangeError when the shown rows of a logged list do not follow each other.
 */
export function listsOfUser(log: InteractionLog, user: number, listLength: number): UserLists {
  const first = log.userOffsets[user];
  const end = log.userOffsets[user + 1];
  if (log.listNumbers !== undefined) return carriedLists(log, log.listNumbers, first, end, listLength);
  const lists: ListSpan[] = [];
  for (let part = first; part < end; ) {
    const partEnd = fileEnd(log, part, end);
    for (let start = part + ((partEnd - part) % listLength); start < partEnd; start += listLength) {
      lists.push({ start, length: listLength });
    }
    part = partEnd;
  }
  return { lists, nothingShown: 0 };
}

/** The first row after `row`, and at most `end`, that is for another split: no list lies in two files. */
function fileEnd({ fileSplits }: InteractionLog, row: number, end: number): number {
  if (fileSplits === undefined) return end;
  let next = row + 1;
  while (next < end && fileSplits[next] === fileSplits[row]) next++;
  return next;
}

function carriedLists(
  log: InteractionLog,
  listNumbers: Int32Array,
  first: number,
  end: number,
  listLength: number,
): UserLists {
  const lists: ListSpan[] = [];
  let nothingShown = 0;
  let next = first;
  for (let row = first; row < end; row = next) {
    next = listEnd(listNumbers, row, end);
    if (listNumbers[row] < 0) continue;
    const shown: number[] = [];
    for (let member = row; member < next; member++) if (isShown(log, member)) shown.push(member);
    const length = Math.min(listLength, shown.length);
    if (length === 0) {
      nothingShown++;
      continue;
    }
    if (shown[length - 1] !== shown[0] + length - 1) {
      throw new RangeError(
        `lists: the shown rows of list ${listNumbers[row]} of user "${log.userIds[log.users[row]]}" do not follow ` +
          "each other; sort the rows of a list by position, those not shown before or after all others",
      );
    }
    lists.push({ start: shown[0], length });
  }
  return { lists, nothingShown };
}

/** The first row after `row`, and at most `end`, that is not of its list. */
function listEnd(listNumbers: Int32Array, row: number, end: number): number {
  let next = row + 1;
  while (next < end && listNumbers[next] === listNumbers[row]) next++;
  return next;
}

/**
 * The rows of the logged list that a row belongs to, shown or not: from the first to before the second number. The
 * log must carry lists.
 */
export function rowsOfList(log: InteractionLog, row: number): [first: number, end: number] {
  const { listNumbers, userOffsets, users } = log;
  if (listNumbers === undefined) throw new RangeError("lists: this log carries no lists of its own");
  let first = row;
  const user = users[row];
  while (first > userOffsets[user] && listNumbers[first - 1] === listNumbers[row]) first--;
  return [first, listEnd(listNumbers, row, userOffsets[user + 1])];
}
