/**
 * What each user of a log has met, for a ranker that is asked about them: all items, which need not be chosen again, and
 * the last ones with the feedback on them, which are the user's history. U users, H interactions of a history.
 */
import type { SafetensorsEntry } from "../nn/index.ts";
import { isShown, shownItems } from "./exposures.ts";
import { type InteractionLog, positiveAt } from "./interactions.ts";
import type { RetrieverQuery } from "./retrievers/retriever.ts";
import type { LogOptions } from "./settings.ts";
import { decodeVarints, encodeVarints, restoredVarints, type VarintGroups, varintTensors } from "./varint-groups.ts";

/** What shapes it. */
export type UserPastOptions = Required<Pick<LogOptions, "positiveThreshold" | "historyLength" | "repeats">>;

/** Users and items of a catalogue. */
interface Counts {
  readonly userCount: number;
  readonly itemCount: number;
}

export class UserPasts {
  private constructor(
    /** Whether users meet items again, so that what they met stays a candidate. */
    readonly repeats: boolean,
    /** The distinct items of each user in ascending order: the first number, then the distances. */
    private readonly met: VarintGroups,
    /** Up to H interactions of each user, the oldest first: twice the item number, and 1 more where it was liked. */
    private readonly last: VarintGroups,
  ) {}

  /** @param log all that is known of its users, whatever models learned from */
  static of(log: InteractionLog, options: UserPastOptions): UserPasts {
    const { positiveThreshold, historyLength, repeats } = options;
    const isPositive = positiveAt(log, positiveThreshold);
    const users = Array.from(log.userIds.keys());
    const met = users.map((user) => {
      const items = Int32Array.from(shownItems(log, log.userOffsets[user], log.userOffsets[user + 1])).sort();
      return items.map((item, n) => (n === 0 ? item : item - items[n - 1]));
    });
    const last = users.map((user) => {
      const rows: number[] = [];
      for (
        let row = log.userOffsets[user + 1] - 1;
        row >= log.userOffsets[user] && rows.length < historyLength;
        row--
      ) {
        if (isShown(log, row)) rows.unshift(row);
      }
      return rows.map((row) => 2 * log.items[row] + Number(isPositive(row)));
    });
    return new UserPasts(repeats, encodeVarints(met), encodeVarints(last));
  }

  /** @throws RangeError for tensors that are not those of {@link tensors}, or name items that there are not */
  static restore(
    repeats: boolean,
    { userCount, itemCount }: Counts,
    tensors: ReadonlyMap<string, SafetensorsEntry>,
  ): UserPasts {
    const pasts = new UserPasts(
      repeats,
      restoredVarints("met", userCount, tensors),
      restoredVarints("last", userCount, tensors),
    );
    for (let user = 0; user < userCount; user++) {
      const met = pasts.metBy(user);
      const isAscending = met.every((item, n) => n === 0 || item > met[n - 1]);
      const highest = Math.max(met.at(-1) ?? 0, ...pasts.lastOf(user).map(({ item }) => item));
      if (!isAscending) throw new RangeError(`what user ${user} met is not in ascending order`);
      if (highest >= itemCount) throw new RangeError(`user ${user} met item ${highest} of ${itemCount}`);
    }
    return pasts;
  }

  /** The distinct items that a user met, in ascending order. */
  metBy(user: number): Int32Array {
    let item = 0;
    return Int32Array.from(decodeVarints(this.met, user), (distance) => {
      item += distance;
      return item;
    });
  }

  /** The last items that a user met, at most H, the oldest first. */
  lastOf(user: number): RetrieverQuery["history"] {
    return decodeVarints(this.last, user).map((value) => ({ item: value >> 1, liked: value % 2 === 1 }));
  }

  /** All of it but `repeats`, as files hold it. */
  tensors(): [string, SafetensorsEntry][] {
    return [...varintTensors("met", this.met), ...varintTensors("last", this.last)];
  }
}
