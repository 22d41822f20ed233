/** The order in which a log holds its rows. */

/** Where each group's rows start once rows are sorted by their group: the running sum of counts, [count + 1]. */
export function groupOffsets(groups: Int32Array, count: number): Int32Array {
  const offsets = new Int32Array(count + 1);
  for (const group of groups) offsets[group + 1]++;
  for (let group = 0; group < count; group++) offsets[group + 1] += offsets[group];
  return offsets;
}

/** The order that sorts rows by their group, stable: a counting sort, given {@link groupOffsets}. */
export function rowsByGroup(groups: Int32Array, offsets: Int32Array): Int32Array {
  const order = new Int32Array(groups.length);
  const next = offsets.slice();
  for (let row = 0; row < groups.length; row++) order[next[groups[row]]++] = row;
  return order;
}

/** Which of two rows comes first, as `Array.prototype.sort` wants it. */
export type CompareRows = (a: number, b: number) => number;

/** Sorts each user's rows of `order` in place; rows that compare equal keep their order. */
export function sortRowsOfUsers(order: Int32Array, userOffsets: Int32Array, compare: CompareRows): void {
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const first = userOffsets[user];
    const end = userOffsets[user + 1];
    // Most logs are written as time passes, and are in order already.
    if (!isInOrder(order, first, end, compare)) order.subarray(first, end).sort(compare);
  }
}

function isInOrder(order: Int32Array, first: number, end: number, compare: CompareRows): boolean {
  for (let place = first + 1; place < end; place++) {
    if (compare(order[place - 1], order[place]) > 0) return false;
  }
  return true;
}
