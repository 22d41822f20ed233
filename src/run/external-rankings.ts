/** What rankings that others made are worth, by judgements in files: the rows of a table beside our own. */
import type { QueryTable } from "../data/queries/query-table.ts";
import type { ByRequest } from "../data/trec/read-trec.ts";
import {
  JUDGED_MEASURES,
  type JudgedMetrics,
  type JudgedRanking,
  judgedMetrics,
} from "../evaluation/judged-rankings.ts";
import { mean, meanHalfWidth } from "../evaluation/statistics.ts";

/** A ranking's row: means over requests, with half their 95% intervals. */
export interface ExternalRow {
  readonly name: string;
  readonly means: Partial<Readonly<Record<keyof JudgedMetrics, number>>>;
  readonly halfWidths: Partial<Readonly<Record<keyof JudgedMetrics, number>>>;
  /** Requests with something relevant, over which the means are. */
  readonly requests: number;
  /** Those of them that the ranking has nothing for, and that count 0. */
  readonly missing: number;
  /** Requests of the ranking that nobody judged, which are left out. */
  readonly unjudged: number;
}

/**
 * A ranking in a file, against judgements. Documents of equal score are ranked by their names from the last to the first,
 * as trec_eval does.
 * @throws RangeError where no request has anything relevant
 */
export function rowOfRun(name: string, run: ByRequest, qrels: ByRequest, k: number): ExternalRow {
  let missing = 0;
  const rankings: JudgedRanking[] = [];
  for (const [request, judgements] of qrels) {
    const judged = [...judgements.values()];
    if (!judged.some((grade) => grade > 0)) continue;
    const found = run.get(request);
    if (found === undefined) missing++;
    const order = [...(found ?? [])].sort(([a, x], [b, y]) => y - x || (a < b ? 1 : -1));
    rankings.push({ judged, ranked: order.map(([document]) => judgements.get(document) ?? 0) });
  }
  const unjudged = [...run.keys()].filter((request) => !qrels.has(request)).length;
  return { ...rowOf(name, rankings, k), missing, unjudged };
}

/**
 * Scores of the documents of queries with grades, in their order; equal scores keep it.
 * @throws RangeError where no query has a document of a grade over 0
 */
export function rowOfScores(
  name: string,
  scores: Float64Array,
  { grades, offsets }: Pick<QueryTable, "grades" | "offsets">,
  k: number,
): ExternalRow {
  const rankings: JudgedRanking[] = [];
  for (let query = 0; query + 1 < offsets.length; query++) {
    const rows = Array.from({ length: offsets[query + 1] - offsets[query] }, (_, at) => offsets[query] + at);
    const judged = rows.map((row) => grades[row]);
    if (!judged.some((grade) => grade > 0)) continue;
    const order = rows.toSorted((a, b) => scores[b] - scores[a] || a - b);
    rankings.push({ judged, ranked: order.map((row) => grades[row]) });
  }
  return { ...rowOf(name, rankings, k), missing: 0, unjudged: 0 };
}

function rowOf(name: string, rankings: readonly JudgedRanking[], k: number) {
  if (rankings.length === 0)
    throw new RangeError("metrics: no request has anything relevant, so there is nothing to average");
  const maxGrade = rankings.reduce((most, { judged }) => Math.max(most, ...judged), 0);
  const worths = rankings.map((ranking) => judgedMetrics(ranking, k, maxGrade));
  const means: Partial<Record<keyof JudgedMetrics, number>> = {};
  const halfWidths: Partial<Record<keyof JudgedMetrics, number>> = {};
  for (const measure of JUDGED_MEASURES) {
    const values = worths.flatMap((worth) => worth[measure] ?? []);
    if (values.length === 0) continue;
    means[measure] = mean(values);
    const halfWidth = meanHalfWidth(values);
    if (halfWidth !== undefined) halfWidths[measure] = halfWidth;
  }
  return { name, means, halfWidths, requests: rankings.length };
}

/** The rows as a table for people, in percent. */
export function externalTable(rows: readonly ExternalRow[], k: number): string[][] {
  const titles: Record<keyof JudgedMetrics, string> = {
    ndcg: `NDCG@${k}`,
    map: "MAP",
    hit: `H@${k}`,
    reciprocalRank: "MRR",
    err: "ERR",
  };
  const measures = JUDGED_MEASURES.filter((measure) => rows.some(({ means }) => means[measure] !== undefined));
  return [
    ["ranking", ...measures.map((measure) => titles[measure]), "requests"],
    ...rows.map(({ name, means, halfWidths, requests }) => [
      name,
      ...measures.map((measure) => formatMean(means[measure], halfWidths[measure])),
      String(requests),
    ]),
  ];
}

function formatMean(mean: number | undefined, halfWidth: number | undefined): string {
  if (mean === undefined) return "";
  const around = halfWidth === undefined ? "" : ` ± ${(100 * halfWidth).toFixed(1)}`;
  return `${(100 * mean).toFixed(1)}%${around}`;
}
