/** What the users of a world remember: the requests of a user follow one another, and each knows what was shown before. */
import { itemsOfList, type ListDataset } from "../data/dataset.ts";

/** The items that one user was shown, oldest first, and the feedback on them. */
interface Memory {
  readonly items: number[];
  readonly feedback: number[];
}

/**
 * A log with histories: each request knows the last H items that its user was shown before it, list by list in the order
 * of the lists, with the feedback on them. Time runs through the logs of `before`, then through `log`, row by row. What a
 * user feels does not depend on it: the world's feedback stays what it is, and histories only tell of tastes.
 * @param historyLength H; with 0 the log stays without histories
 * @throws RangeError for an H that is no integer of at least 0
 */
export function rememberLists(
  log: ListDataset,
  historyLength: number,
  before: readonly ListDataset[] = [],
): ListDataset {
  if (!Number.isInteger(historyLength) || historyLength < 0) {
    throw new RangeError(`histories: historyLength must be an integer of at least 0, got ${historyLength}`);
  }
  if (historyLength === 0) return log;
  const memories = new Map<number, Memory>();
  const past = (user: number): Memory => memories.get(user) ?? { items: [], feedback: [] };
  const show = (shown: ListDataset, row: number) => {
    const user = shown.users[row];
    const { items, feedback } = past(user);
    const start = row * shown.listLength;
    memories.set(user, {
      items: [...items, ...itemsOfList(shown, shown.exposed, row)].slice(-historyLength),
      feedback: [...feedback, ...shown.feedback.subarray(start, start + shown.listLength)].slice(-historyLength),
    });
  };
  for (const earlier of before) for (let row = 0; row < earlier.size; row++) show(earlier, row);
  const history = new Int32Array(log.size * historyLength).fill(-1);
  const historyFeedback = new Float32Array(history.length);
  for (let row = 0; row < log.size; row++) {
    const { items, feedback } = past(log.users[row]);
    const start = (row + 1) * historyLength - items.length;
    history.set(items, start);
    historyFeedback.set(feedback, start);
    show(log, row);
  }
  return { ...log, historyLength, history, historyFeedback };
}
