/** Queries whose grades follow from their candidates' features, for tests. */
import type { GradedQuery } from "../src/data/queries/query-table.ts";
import { Random } from "../src/kernels/index.ts";

/**
 * So many queries of 4 to 8 candidates with 3 numbers by name: `match`, which tells the grade from 0 to 2 but for the
 * noise; `noise`, which tells nothing; and `length`, which has a long tail.
 */
export function gradedQueries(count: number, seed = 1): GradedQuery[] {
  return Array.from({ length: count }, (_, query) => {
    const random = new Random({ seed, stream: "graded queries", step: query });
    const candidates = Array.from({ length: 4 + random.integer(5) }, () => {
      const match = random.uniform();
      const grade = Math.min(2, Math.floor(3 * match));
      return { grade, features: { match, noise: random.normal(), length: Math.exp(3 * random.normal()) } };
    });
    return { query: `q${query}`, candidates };
  });
}

/** The same with arrays in place of names, a vector of each query, and names of the candidates. */
export function namedQueries(count: number): GradedQuery[] {
  return gradedQueries(count).map(({ query, candidates }, place) => ({
    query,
    features: [place % 2, 1],
    candidates: candidates.map(({ grade, features }, n) => ({
      item: n === 0 ? `only ${place}` : `item ${n}`,
      grade,
      features: Object.values(features ?? {}) as number[],
    })),
  }));
}
