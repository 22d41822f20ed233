/** One group for each request from the lists of all sources. */
import type { GroupSource } from "./group-set.ts";
import { countLists, type Groups, pickList, type SourceLists } from "./lists.ts";

/** Puts the sources' lists side by side in one group per request, and marks repetitions. */
export function mergeGroups(sources: readonly SourceLists[], requests: number, length: number): Groups {
  const groupSize = countLists(sources);
  const lists = new Int32Array(requests * groupSize * length);
  const distinct = new Int32Array(requests * groupSize);
  for (let request = 0; request < requests; request++) {
    const seen = new Set<string>();
    for (let place = 0; place < groupSize; place++) {
      const list = pickList(sources, request, place, length);
      const key = list.join();
      distinct[request * groupSize + place] = seen.has(key) ? 0 : 1;
      seen.add(key);
      lists.set(list, (request * groupSize + place) * length);
    }
  }
  const places = sources.flatMap(({ source, count }) => new Array<GroupSource>(count).fill(source));
  return { requests, groupSize, lists, distinct, sources: places };
}
