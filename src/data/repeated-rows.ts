/** Rows that a log holds more than once, as a file that was written twice does. */
import type { InteractionLog } from "./interactions.ts";

/**
 * Rows that are equal to an earlier one in user, item, feedback and time. They count as interactions like any other:
 * whoever rates a film twice in a second may mean it. Rows of logged lists are not among them: a list that holds an item
 * twice is left out as a whole.
 */
export function countRepeatedRows(log: InteractionLog): number {
  const { userOffsets, timestamps, items, feedback, listNumbers } = log;
  let repeated = 0;
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const end = userOffsets[user + 1];
    let next = userOffsets[user];
    for (let row = next; row < end; row = next) {
      next = row + 1;
      while (next < end && timestamps[next] === timestamps[row]) next++;
      if (next === row + 1) continue;
      const seen = new Set<string>();
      for (let same = row; same < next; same++) {
        if (listNumbers !== undefined && listNumbers[same] >= 0) continue;
        const key = `${items[same]} ${feedback[same]}`;
        if (seen.has(key)) repeated++;
        seen.add(key);
      }
    }
  }
  return repeated;
}
