/** From queries with graded candidates to requests ready for training: every stage in its order, and a report on them. */
import { gainOfGrade } from "../../evaluation/graded-metrics.ts";
import { Random } from "../../kernels/index.ts";
import { type Catalogue, emptyDataset, type ListDataset } from "../dataset.ts";
import { type FeatureScale, learnScale, scaled } from "../features/feature-scale.ts";
import type { PreparedDescription } from "../prepared/prepared-metadata.ts";
import { eachSplit, type SplitName } from "../protocols.ts";
import { rowsOf } from "../request-features.ts";
import type { LogOptions } from "../settings.ts";
import { gradeShares, type QueryReport, reportSplit } from "./query-report.ts";
import { type QueryRows, type QueryTables, splitQueries } from "./query-splits.ts";
import type { NamedFeatures, QueryTable } from "./query-table.ts";
import { UNNAMED_ITEM } from "./unnamed-item.ts";

/** How queries become requests; `seed` is of every random choice. What else a log has to be told makes no difference. */
export type QueryOptions = Pick<
  LogOptions,
  "trainingFraction" | "listLength" | "maxLists" | "maxValidationLists" | "maxTestLists"
> & { readonly seed: number };

/** What is learned from and judged by, and what there is to know of it. */
export interface PreparedQueries
  extends Readonly<Record<SplitName, ListDataset>>,
    Pick<PreparedDescription, "protocols"> {
  readonly catalogue: Catalogue;
  readonly queries: QueryReport;
}

/** Of {@link QueryOptions}, for queries: people look at ten results. */
export const QUERY_DEFAULTS = { trainingFraction: 0.8, listLength: 10 } as const;

/** What reading found besides the tables. */
export type QueryNotes = Pick<QueryReport, "queryFile"> & { readonly unknownValues?: number };

/**
 * Splits queries, learns from those of training how their numbers are scaled, and makes a request of each query that has
 * a gain: all of its candidates, shuffled with the seed, with their gains as labels; as the list that was shown, the best
 * there is.
 * @throws RangeError when a split has no query with a gain
 */
export function prepareQueries(
  tables: QueryTables,
  options: QueryOptions,
  { queryFile, unknownValues = 0 }: QueryNotes = {},
): PreparedQueries {
  const settings = { ...QUERY_DEFAULTS, ...options };
  const all = [tables.training, tables.validation, tables.test].filter((table) => table !== undefined);
  const maxGrade = Math.max(...all.map(({ grades }) => grades.reduce((most, grade) => Math.max(most, grade), 0)));
  const splits = splitQueries(tables, settings);
  const used = eachSplit((split) => {
    const { table, queries } = splits[split];
    return { table, queries: usedQueries(split, splits[split], settings), all: queries };
  });
  const scales = learnScales(used.training);
  const items = recurringItems(used.training);
  const shape = { maxGrade, listLength: settings.listLength, seed: settings.seed };
  const datasets = eachSplit((split) => buildRequests(used[split], { ...shape, ...scales, items }));
  const { queryScale, candidateScale } = scales;
  const constant = (scale: FeatureScale | undefined) => scale?.scales.filter((own) => own === 0).length ?? 0;
  const logarithmic = (scale: FeatureScale | undefined) => scale?.units.filter((own) => own > 0).length ?? 0;
  return {
    catalogue: {
      userCount: 0,
      // The last one stands for all that are not learned of by name.
      itemCount: items.size === 0 ? 0 : items.size + 1,
      ...(items.size > 0 && { itemIds: [...items.keys(), UNNAMED_ITEM] }),
      ...(queryScale && { queryScale }),
      ...(candidateScale && { candidateScale }),
      ...(tables.training.scores !== undefined && { areScored: true }),
    },
    ...datasets,
    protocols: { split: "queries", candidates: eachSplit(() => "logged" as const) },
    queries: {
      files: { validation: tables.validation !== undefined, test: tables.test !== undefined },
      ...(queryFile !== undefined && { queryFile }),
      maxGrade,
      gradeShares: gradeShares(all, maxGrade),
      features: {
        query: queryScale?.names.length ?? 0,
        candidate: candidateScale?.names.length ?? 0,
        constant: constant(candidateScale),
        logarithmic: logarithmic(queryScale) + logarithmic(candidateScale),
      },
      unknownValues,
      items: items.size,
      splits: {
        training: reportSplit(splits.training, used.training.queries),
        validation: reportSplit(splits.validation, used.validation.queries),
        test: reportSplit(splits.test, used.test.queries),
      },
    },
  };
}

/**
 * The queries of a split that become its requests, in their order: those with a gain, or as many of them as are asked for.
 * @throws RangeError where none has a gain
 */
export function usedQueries(
  split: SplitName,
  rows: QueryRows,
  { maxLists, maxValidationLists, maxTestLists, seed }: QueryOptions,
): Int32Array {
  const most = { training: maxLists, validation: maxValidationLists, test: maxTestLists };
  return drawn(withGain(split, rows), most[split], seed);
}

/** The rows of a query's candidates in the order of its request: shuffled, as a file may have them in that of their grades. */
export function requestOrder({ offsets }: Pick<QueryTable, "offsets">, query: number, seed: number): Int32Array {
  const [first, end] = [offsets[query], offsets[query + 1]];
  return new Random({ seed, stream: "candidates", step: first }).permutation(end - first).map((place) => first + place);
}

/** The queries with a candidate of a grade over 0. */
function withGain(split: SplitName, { table, queries }: QueryRows): Int32Array {
  const found = queries.filter((query) => {
    return table.grades.subarray(table.offsets[query], table.offsets[query + 1]).some((grade) => grade > 0);
  });
  if (found.length > 0) return found;
  throw new RangeError(`queries: none of the ${queries.length} for ${split} has a candidate with a grade over 0`);
}

/** At most so many, drawn uniformly with the seed (stream "lists"), in their old order. */
function drawn(queries: Int32Array, most = Number.MAX_SAFE_INTEGER, seed: number): Int32Array {
  if (queries.length <= most) return queries;
  const order = new Random({ seed, stream: "lists", step: 0 }).permutation(queries.length);
  return order
    .subarray(0, most)
    .sort()
    .map((place) => queries[place]);
}

/** The rows of the candidates of those queries, one after another. */
function candidateRows({ table, queries }: QueryRows): Int32Array {
  const rows: number[] = [];
  for (const query of queries)
    for (let row = table.offsets[query]; row < table.offsets[query + 1]; row++) rows.push(row);
  return Int32Array.from(rows);
}

/** What training says of the numbers of queries and candidates. */
function learnScales(training: QueryRows): Pick<Catalogue, "queryScale" | "candidateScale"> {
  const learn = (features: NamedFeatures | undefined, rows: () => Int32Array) =>
    features && learnScale(features.names, { width: features.width, data: rowsOf(features, rows()) });
  const queryScale = learn(training.table.queryFeatures, () => training.queries);
  const candidateScale = learn(training.table.candidateFeatures, () => candidateRows(training));
  return { ...(queryScale && { queryScale }), ...(candidateScale && { candidateScale }) };
}

/** Numbers for the names that at least two queries of training have as candidates: of others nothing is learned by name. */
function recurringItems(training: QueryRows): ReadonlyMap<string, number> {
  const { items } = training.table;
  const counts = new Map<string, number>();
  if (items !== undefined) {
    for (const row of candidateRows(training)) counts.set(items[row], (counts.get(items[row]) ?? 0) + 1);
  }
  const recurring = [...counts].filter(([item, count]) => item !== UNNAMED_ITEM && count > 1);
  return new Map(recurring.map(([item], number) => [item, number]));
}

interface BuildOptions extends Pick<Catalogue, "queryScale" | "candidateScale"> {
  readonly maxGrade: number;
  readonly listLength: number;
  readonly seed: number;
  /** Numbers of names; any other has the one after them. */
  readonly items: ReadonlyMap<string, number>;
}

/** A request for each of the queries. */
function buildRequests({ table, queries }: QueryRows, options: BuildOptions): ListDataset {
  const { maxGrade, seed, items, queryScale, candidateScale } = options;
  const counts = Int32Array.from(queries, (query) => table.offsets[query + 1] - table.offsets[query]);
  const candidateCount = counts.reduce((most, count) => Math.max(most, count), 0);
  const listLength = Math.min(options.listLength, candidateCount);
  const size = queries.length;
  const dataset = emptyDataset({ size, candidateCount, listLength, historyLength: 0 });
  const labels = new Float32Array(size * candidateCount);
  const lengths = counts.map((count) => Math.min(count, listLength));
  const starts = new Int32Array(size);
  const order: number[] = [];
  dataset.candidates.fill(-1);
  dataset.exposed.fill(-1);
  queries.forEach((query, row) => {
    const shuffled = requestOrder(table, query, seed);
    starts[row] = order.length;
    const gains = Array.from(shuffled, (source) => gainOfGrade(table.grades[source], maxGrade));
    shuffled.forEach((source, n) => {
      order.push(source);
      dataset.candidates[row * candidateCount + n] = items.get(table.items?.[source] ?? "") ?? items.size;
      dataset.retrieverScores[row * candidateCount + n] = table.scores?.[source] ?? 0;
    });
    labels.set(gains, row * candidateCount);
    const best = [...gains.keys()].sort((a, b) => gains[b] - gains[a] || a - b).slice(0, lengths[row]);
    dataset.exposed.set(best, row * listLength);
    dataset.feedback.set(
      best.map((n) => gains[n]),
      row * listLength,
    );
    dataset.users[row] = 0;
  });
  const { queryFeatures, candidateFeatures } = table;
  return {
    ...dataset,
    labels,
    maxGrade,
    ...(counts.some((count) => count < candidateCount) && { candidateCounts: counts }),
    ...(lengths.some((length) => length < listLength) && { listLengths: lengths }),
    ...(queryFeatures &&
      queryScale && {
        queryFeatures: { width: queryFeatures.width, data: scaled(queryScale, rowsOf(queryFeatures, queries)) },
      }),
    ...(candidateFeatures &&
      candidateScale && {
        candidateFeatures: {
          width: candidateFeatures.width,
          data: scaled(candidateScale, rowsOf(candidateFeatures, order)),
          starts,
        },
      }),
  };
}
