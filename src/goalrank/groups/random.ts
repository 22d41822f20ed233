/** Method 5 of appendix C: random lists. */
import { Random } from "../../tensor/index.ts";
import { type DrawOptions, drawUnused, type SourceLists } from "./lists.ts";

/** Lists drawn uniformly from all of N candidates: [B, count, L]. */
export function randomLists(requests: number, count: number, { candidates, length, key }: DrawOptions): SourceLists {
  const random = new Random(key);
  const lists = new Int32Array(requests * count * length);
  for (let start = 0; start < lists.length; start += length) {
    for (let t = 0; t < length; t++) lists[start + t] = drawUnused(random, candidates, lists, start, start + t);
  }
  return { source: "random", count, lists };
}
