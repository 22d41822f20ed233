/** What there is to know of queries with grades before anything is learned from them: plain data, and lines for people. */
import * as z from "zod";
import { SPLITS } from "../protocols.ts";
import type { QueryRows } from "./query-splits.ts";
import type { QueryTable } from "./query-table.ts";

const count = z.number();

const splitReport = z.object({
  /** Those with a gain, which are used. */
  queries: count,
  candidates: count,
  /** Queries whose candidates all have grade 0: no order of them is better than another, so they are left out. */
  withoutGain: count,
  fewestCandidates: count,
  mostCandidates: count,
});

/** A report on queries, in a file. */
export const queryReportSchema = z.object({
  /** Whether validation and test are files of their own, or cut from the queries of one. */
  files: z.object({ validation: z.boolean(), test: z.boolean() }),
  /** The file that told which documents are of one query, where they did not say so themselves. */
  queryFile: z.string().optional(),
  maxGrade: count,
  /** Share of the candidates of all files that have each grade, from 0. */
  gradeShares: z.array(z.number()),
  /** Columns of numbers of queries and of candidates; of the latter, those that are constant in training, and count 0. */
  features: z.object({ query: count, candidate: count, constant: count, logarithmic: count }),
  /** Values in validation and test of features that training does not have: passed over. */
  unknownValues: count,
  /** Candidates with a name; 0 where a candidate is its features alone. */
  items: count,
  splits: z.record(z.enum(SPLITS), splitReport),
});

/** What queries are made of. */
export type QueryReport = z.infer<typeof queryReportSchema>;

/** The share of candidates of each grade. */
export function gradeShares(tables: readonly QueryTable[], maxGrade: number): number[] {
  const counts = new Array<number>(maxGrade + 1).fill(0);
  for (const { grades } of tables) for (const grade of grades) counts[grade]++;
  const total = counts.reduce((sum, own) => sum + own, 0);
  return counts.map((own) => own / total);
}

/** Of one split: `used` are its queries with a gain. */
export function reportSplit({ table, queries }: QueryRows, used: ArrayLike<number>): QueryReport["splits"]["test"] {
  const sizes = Array.from(used, (query) => table.offsets[query + 1] - table.offsets[query]);
  return {
    queries: used.length,
    candidates: sizes.reduce((sum, size) => sum + size, 0),
    withoutGain: queries.length - used.length,
    fewestCandidates: sizes.reduce((least, size) => Math.min(least, size), Number.MAX_SAFE_INTEGER),
    mostCandidates: sizes.reduce((most, size) => Math.max(most, size), 0),
  };
}

/** The report in lines. */
export function formatQueryReport(report: QueryReport): string {
  const { files, queryFile, maxGrade, features, unknownValues, items } = report;
  const cut = (["validation", "test"] as const).filter((split) => !files[split]);
  const origin = cut.length === 0 ? "files of their own" : `${cut.join(" and ")} cut from the first file by queries`;
  const constant = features.constant === 0 ? "" : `, of which ${features.constant} are constant and count 0`;
  return [
    `queries with grades 0 to ${maxGrade}: ${report.gradeShares.map((share) => `${(100 * share).toFixed(1)}%`).join(" ")}; ${origin}`,
    ...(queryFile === undefined ? [] : [`which documents are of one query is said by ${queryFile}`]),
    `features: ${features.candidate} of each candidate${constant}, ${features.query} of each query; the logarithm is ` +
      `taken of ${features.logarithmic} with long tails, and all are standardised as training says`,
    items === 0
      ? "candidates have no names: each is its features"
      : `${number(items)} names of candidates in training, which are learned of by name too`,
    ...(unknownValues === 0 ? [] : [`passed over: ${number(unknownValues)} values of features that training lacks`]),
    ...SPLITS.map((split) => {
      const own = report.splits[split];
      const left = own.withoutGain === 0 ? "" : `; left out: ${number(own.withoutGain)} queries without a gain`;
      return (
        `${split}: ${number(own.queries)} queries with ${number(own.candidates)} candidates, ` +
        `${own.fewestCandidates} to ${own.mostCandidates} each${left}`
      );
    }),
  ].join("\n");
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
