/** Rows that a log holds more than once, as whoever logs "at least once" writes them. */
import { isShown } from "./exposures.ts";
import { type InteractionLog, selectInteractions } from "./interactions.ts";

/** What becomes of rows that are written more than once. */
export const DEDUPE_MODES = ["keep", "first", "last"] as const;
/** One of {@link DEDUPE_MODES}. */
export type DedupeMode = (typeof DEDUPE_MODES)[number];

/**
 * Keeps the first or the last of the rows that have user, item, time and, where the log carries lists, the list in common;
 * the first in a list is the one at the better position. Other numbers, such as the feedback, may differ. All rows stay
 * under `keep`: whoever buys the same twice in a day may mean it.
 */
export function dedupe(log: InteractionLog, mode: DedupeMode): InteractionLog {
  if (mode === "keep") return log;
  const isRepeated = repeatedRows(log, mode);
  const rows = new Int32Array(isRepeated.reduce((count, repeated) => count - repeated, log.users.length));
  let next = 0;
  for (let row = 0; row < isRepeated.length; row++) if (isRepeated[row] === 0) rows[next++] = row;
  return rows.length === log.users.length ? log : withClosedGaps(selectInteractions(log, rows));
}

/** Rows that {@link dedupe} would leave out, of those that were shown. */
export function countRepeatedRows(log: InteractionLog): number {
  return repeatedRows(log, "first").reduce((count, isRepeated, row) => {
    return isRepeated === 1 && isShown(log, row) ? count + 1 : count;
  }, 0);
}

/** 1 for each row that an earlier or, under `last`, a later one repeats, else 0: [R]. */
function repeatedRows(
  { userOffsets, timestamps, items, listNumbers }: InteractionLog,
  keep: "first" | "last",
): Uint8Array {
  const isRepeated = new Uint8Array(items.length);
  // Rows of a list stand together, and all others that can be equal have one time.
  const isTogether = (a: number, b: number) =>
    listNumbers !== undefined && (listNumbers[a] >= 0 || listNumbers[b] >= 0)
      ? listNumbers[a] === listNumbers[b]
      : timestamps[a] === timestamps[b];
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const end = userOffsets[user + 1];
    let next = userOffsets[user];
    for (let first = next; first < end; first = next) {
      next = first + 1;
      while (next < end && isTogether(first, next)) next++;
      if (next === first + 1) continue;
      const met = new Map<string, number>();
      for (let row = first; row < next; row++) {
        const key = `${items[row]} ${timestamps[row]}`;
        const earlier = met.get(key);
        if (earlier !== undefined) isRepeated[keep === "first" ? row : earlier] = 1;
        if (earlier === undefined || keep === "last") met.set(key, row);
      }
    }
  }
  return isRepeated;
}

/** The same log with the places of shown rows numbered anew in every list. */
function withClosedGaps(log: InteractionLog): InteractionLog {
  const { positions, listNumbers } = log;
  if (positions === undefined || listNumbers === undefined) return log;
  const places = positions.slice();
  for (let row = 1, place = 0; row < places.length; row++) {
    place = listNumbers[row] >= 0 && listNumbers[row] === listNumbers[row - 1] ? place + 1 : 0;
    if (places[row] > 0) places[row] = place;
  }
  return { ...log, positions: places };
}
