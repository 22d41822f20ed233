/** Which of two methods is the simpler to train, to serve and to understand: of equally good ones it is the one to take. */
import type { Method } from "./method.ts";

/**
 * Methods that can be served, the simplest first: the retriever, which is there anyhow; what scores candidates one by one,
 * then all together; what writes a list item by item; what makes many lists, of which a judge chooses.
 */
export const SIMPLEST_FIRST: readonly string[] = [
  "retriever",
  "dnn",
  "list-net",
  "rank-mixer",
  "dlcm",
  "prm",
  "set-rank",
  "set-rank-induced",
  "group-sort",
  "mir",
  "goalrank-start",
  "judge",
  "tsp-rank",
  "seq2slate",
  "assignment",
  "imitation",
  "nlgr",
  "prefix-comparison",
  "goalrank",
  "iterative-dpo",
  "eg-rerank",
  "nar4rec",
  "pier",
  "pier-permutations",
  "mg-e-3",
  "mg-e-20",
  "mg-e-100",
];

/** The same methods, the simplest first; those of no place in {@link SIMPLEST_FIRST}, such as numbered ones, come last. */
export function bySimplicity<Named extends Pick<Method, "name">>(methods: readonly Named[]): Named[] {
  const place = ({ name }: Named) => {
    const at = SIMPLEST_FIRST.indexOf(name);
    return at >= 0 ? at : SIMPLEST_FIRST.length;
  };
  return methods.toSorted((a, b) => place(a) - place(b));
}
