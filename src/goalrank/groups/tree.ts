/** Method 2 of appendix C, parallel tree: the generator branches over the first K positions and goes on greedily. */
import { decodeTree, type TreeSearchOptions } from "../decoding/search.ts";
import type { Generator, GeneratorMemory } from "../generator.ts";
import type { SourceLists } from "./lists.ts";

/** The `count` likeliest of the tree's lists for each request; where there are fewer, the best is repeated. */
export async function treeLists(
  generator: Generator,
  memory: GeneratorMemory,
  count: number,
  options: TreeSearchOptions,
): Promise<SourceLists> {
  const found = await decodeTree(generator, memory, options);
  const requests = memory.rows.shape[0];
  const { length = generator.listLength } = options;
  const lists = new Int32Array(requests * count * length);
  for (let request = 0; request < requests; request++) {
    for (let place = 0; place < count; place++) {
      const start = (request * found.count + (place < found.count ? place : 0)) * length;
      lists.set(found.lists.subarray(start, start + length), (request * count + place) * length);
    }
  }
  return { source: "tree", count, lists };
}
