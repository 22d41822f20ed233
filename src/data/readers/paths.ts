/**
 * Paths into values that hold others, as JSON does: `user.id` goes into an object, `items[].id` through all entries of a
 * list, and `clicks[i]` to the entry at the item's own place.
 */

/** A path, cut where it goes into a list. */
export interface ValuePath {
  readonly text: string;
  /** From the record to the value, or to the list. */
  readonly start: readonly string[];
  /** Which of the list's entries are meant; undefined where the path goes into none. */
  readonly entries: "every" | "same" | undefined;
  /** From an entry to the value. */
  readonly end: readonly string[];
}

/** `items[].id`: what comes before the list's mark, the mark, and what comes after. */
const LIST = /^([^[]+)\[(i?)\](?:\.(.+))?$/s;

/** @throws RangeError for a path with several lists, or with nothing between two dots */
export function parsePath(text: string): ValuePath {
  const [, before = text, mark, after = ""] = LIST.exec(text) ?? [];
  const start = before.split(".");
  const end = after === "" ? [] : after.split(".");
  if (LIST.test(after)) throw new RangeError(`columns: "${text}" goes through several lists; one is the most`);
  if ([...start, ...end].includes("")) {
    throw new RangeError(`columns: "${text}" has nothing before or after a dot; expected a path such as user.id`);
  }
  return { text, start, entries: mark === undefined ? undefined : mark === "i" ? "same" : "every", end };
}

/** What lies at `steps` of a value; undefined where nothing does. */
export function valueAt(value: unknown, steps: readonly string[]): unknown {
  let found = value;
  for (const step of steps) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Record<string, unknown>)[step];
  }
  return found;
}
