/** Methods against the best baseline: tests over seeds and requests (`seed-differences.ts`), adjusted by Holm. */
import { differenceOverSeeds, type TestedDifference } from "../evaluation/seed-differences.ts";
import { holm } from "../evaluation/statistics.ts";
import { type Results, type Row, rowName, seedMean } from "./results.ts";

/** A row against the reference. */
export interface Contrast extends TestedDifference {
  readonly row: Row;
  /** Over all contrasts of the comparison. */
  readonly adjustedPValue: number;
}

export interface Comparison {
  /** The baseline with the highest mean over seeds. */
  readonly reference: Row;
  readonly contrasts: readonly Contrast[];
}

/**
 * Every row that has values of `measure` for the requests and seeds of the reference, against the best of the baselines.
 * @returns undefined where no baseline was measured
 */
export function compareWithBest(
  results: Results,
  measure: string,
  isBaseline: (row: Row) => boolean,
): Comparison | undefined {
  const reference = highest(results.measured(measure).filter(isBaseline), measure);
  if (reference === undefined) return undefined;
  const moments = results.momentsWith(
    reference.trials.map(({ seed }) => seed),
    measure,
  );
  if (moments === undefined) return undefined;
  const differences = results.rows.flatMap((row) => {
    const found = row === reference ? undefined : moments.difference(rowName(row), rowName(reference));
    return found === undefined ? [] : [{ row, ...differenceOverSeeds(found) }];
  });
  const adjusted = holm(differences.map(({ pValue }) => pValue));
  const contrasts = differences.map((own, i) => ({ ...own, adjustedPValue: adjusted[i] }));
  return { reference, contrasts };
}

/** The row with the highest mean of a metric. */
export function highest(rows: readonly Row[], metric: string): Row | undefined {
  const meanOf = (row: Row) => seedMean(row, metric)?.mean ?? Number.NEGATIVE_INFINITY;
  return rows.toSorted((a, b) => meanOf(b) - meanOf(a))[0];
}
