/**
 * Method 7 of appendix C, diversity-oriented: lists drawn one after the other from a scorer's logits, from which every
 * item loses a penalty for each list of the group that already holds it.
 */
import { rankByScore } from "../../evaluation/ranking-metrics.ts";
import { Random } from "../../tensor/index.ts";
import { checkTemperature, countLists, type DrawOptions, pickList, type SourceLists } from "./lists.ts";

export interface DiverseOptions extends DrawOptions {
  /** What an item loses for each earlier list that holds it, in logits after the temperature; not negative. */
  readonly penalty: number;
  /** Softmax sampling without replacement at this temperature; without it, the L highest logits less penalties. */
  readonly temperature?: number;
}

/**
 * `count` lists for each request: [B, count, L].
 *
 * @param logits of every candidate: [B, N]
 * @param existing the group so far
 * @throws RangeError for a temperature that is not positive, or a negative penalty
 */
export function diverseLists(
  logits: ArrayLike<number>,
  existing: readonly SourceLists[],
  requests: number,
  count: number,
  { candidates, length, key, penalty, temperature }: DiverseOptions,
): SourceLists {
  if (temperature !== undefined) checkTemperature("diverse", temperature);
  if (!(penalty >= 0 && penalty < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`groups: the penalty of diverse must be a number of at least 0, got ${penalty}`);
  }
  const random = new Random(key);
  const lists = new Int32Array(requests * count * length);
  const before = countLists(existing);
  for (let request = 0; request < requests; request++) {
    const uses = new Int32Array(candidates);
    const countUses = (list: Int32Array) => {
      for (const candidate of list) uses[candidate]++;
    };
    for (let index = 0; index < before; index++) countUses(pickList(existing, request, index, length));
    for (let copy = 0; copy < count; copy++) {
      const scores = Float64Array.from(uses, (used, n) => {
        const logit = logits[request * candidates + n];
        const drawn = temperature === undefined ? logit : logit / temperature + random.gumbel();
        return drawn - penalty * used;
      });
      const list = rankByScore(scores).subarray(0, length);
      countUses(list);
      lists.set(list, (request * count + copy) * length);
    }
  }
  return { source: "diverse", count, lists };
}
