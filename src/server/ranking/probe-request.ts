/** A request that a ranker can answer, whatever it learned from: it shows that it ranks, and what that costs. */
import type { Ranker } from "../../ranker/ranker.ts";
import type { RankRequest } from "../../ranker/requests.ts";

/** As many candidates as the ranker learned from, with features of 0 where it reads any. */
export function probeRequest({ description, items }: Pick<Ranker, "description" | "items">): RankRequest {
  const { candidateCount, listLength, features } = description;
  if (features === undefined) {
    return { candidates: items.slice(0, candidateCount).map((item) => ({ item, score: 0 })) };
  }
  const zeros = (names: readonly string[]) => new Array<number>(names.length).fill(0);
  const { query, candidate } = features;
  return {
    ...(query.length > 0 && { features: zeros(query) }),
    candidates: Array.from({ length: Math.max(candidateCount, listLength) }, (_, place) => ({
      item: items[place] ?? `candidate ${place}`,
      score: 0,
      ...(candidate.length > 0 && { features: zeros(candidate) }),
    })),
  };
}
