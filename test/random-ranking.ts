/** Lists of random candidates, for tests that need some lists. */
import type { RequestColumns } from "../src/data/dataset.ts";
import type { RankedLists } from "../src/methods/answering.ts";
import { RANDOM } from "../src/methods/references.ts";
import { world } from "./small-world.ts";

export function randomRanking(requests: RequestColumns, seed: number): Promise<RankedLists> {
  const { listLength, candidateCount, historyLength } = requests;
  const sizes = { listLength, candidateCount, historyLength, width: 8, heads: 2, layers: 1, dropoutRate: 0 };
  return RANDOM.create({ ...sizes, seed, catalogue: world.catalogue, shared: {} }).rank(requests);
}
