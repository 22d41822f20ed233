/** Which queries are learned from, which are for validation, and which for the test. */
import { Random } from "../../kernels/index.ts";
import { SPLITS, type SplitName } from "../protocols.ts";
import type { QueryTable } from "./query-table.ts";

/** Queries of one table, in the order in which they are used. */
export interface QueryRows {
  readonly table: QueryTable;
  readonly queries: Int32Array;
}

/** Tables of queries: one to cut, and those that lie in files of their own. */
export interface QueryTables {
  readonly training: QueryTable;
  readonly validation?: QueryTable | undefined;
  readonly test?: QueryTable | undefined;
}

/**
 * Splits by queries. What has a table of its own takes that; the others are cut from the first, whose queries are drawn
 * with the seed (stream "queries"): the first `trainingFraction` of them for training, the rest for validation, for the
 * test, or half for each.
 * @throws RangeError where one of them would have no query
 */
export function splitQueries(
  { training: table, ...own }: QueryTables,
  { trainingFraction, seed }: { readonly trainingFraction: number; readonly seed: number },
): Record<SplitName, QueryRows> {
  const count = table.names.length;
  const cut = SPLITS.slice(1).filter((split) => own[split as keyof typeof own] === undefined);
  const order = new Random({ seed, stream: "queries", step: 0 }).permutation(count);
  // The margin undoes the rounding of, say, 0.29 * 100.
  const learned = cut.length === 0 ? count : Math.floor(trainingFraction * count + 1e-9);
  const shares: Record<string, Int32Array> = { training: order.subarray(0, learned) };
  let next = learned;
  cut.forEach((split, place) => {
    const end = next + Math.round((count - next) / (cut.length - place));
    shares[split] = order.subarray(next, end);
    next = end;
  });
  const rowsOf = (split: SplitName): QueryRows => {
    const given = split === "training" ? undefined : own[split];
    const queries = given === undefined ? shares[split].slice().sort() : Int32Array.from(given.names.keys());
    if (queries.length > 0) return { table: given ?? table, queries };
    throw new RangeError(
      `queries: ${count} queries with a training fraction of ${trainingFraction} leave none for ${split}; ` +
        "use another trainingFraction, more queries, or a file of their own",
    );
  };
  return { training: rowsOf("training"), validation: rowsOf("validation"), test: rowsOf("test") };
}
