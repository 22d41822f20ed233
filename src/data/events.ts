/** A log out of interactions in memory: objects, or columns of equal length. */
import type { InteractionLog } from "./interactions.ts";
import { InteractionLogBuilder } from "./readers/interaction-log-builder.ts";

/** Somebody met an item. */
export interface InteractionEvent {
  readonly user: string | number;
  readonly item: string | number;
  /** What the user thought of it, such as a rating; 1 unless given. */
  readonly feedback?: number | undefined;
  /** When, in any unit; events without one are in the order in which they are given. */
  readonly timestamp?: number | Date | undefined;
}

/** Interactions as columns, one entry each. */
export interface EventColumns {
  readonly users: ArrayLike<string | number>;
  readonly items: ArrayLike<string | number>;
  readonly feedback?: ArrayLike<number> | undefined;
  readonly timestamps?: ArrayLike<number> | undefined;
}

/**
 * The log of interactions in any order.
 * @throws RangeError that names the event and what is wrong with it
 */
export function logOfEvents(events: readonly InteractionEvent[] | EventColumns): InteractionLog {
  const builder = new InteractionLogBuilder();
  const rows = "users" in events ? rowsOf(events) : events;
  let place = 0;
  for (const { user, item, feedback = 1, timestamp = place } of rows) {
    try {
      builder.add(nameOf("user", user), nameOf("item", item), feedback, Number(timestamp));
    } catch (cause) {
      throw new RangeError(`events[${place}]: ${(cause as Error).message}`, { cause });
    }
    place++;
  }
  if (place === 0) throw new RangeError("events: there is none; expected interactions of users with items");
  return builder.build();
}

function nameOf(what: string, value: string | number): string {
  if ((typeof value === "string" && value !== "") || Number.isFinite(value)) return String(value);
  throw new RangeError(`the ${what} must be a name or a number, got ${JSON.stringify(value) ?? value}`);
}

function* rowsOf({ users, items, feedback, timestamps }: EventColumns): Iterable<InteractionEvent> {
  for (const [name, column] of Object.entries({ items, feedback, timestamps })) {
    if (column !== undefined && column.length !== users.length) {
      throw new RangeError(`events: ${name} has ${column.length} entries, users ${users.length}`);
    }
  }
  for (let at = 0; at < users.length; at++) {
    yield { user: users[at], item: items[at], feedback: feedback?.[at], timestamp: timestamps?.[at] };
  }
}
