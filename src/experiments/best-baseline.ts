/** Methods against the best baseline: paired randomisation tests over requests pooled over seeds, adjusted by Holm. */
import { holm } from "../evaluation/statistics.ts";
import { type PairedDifference, pairedDifference } from "../run/evaluate-lists.ts";
import { type Results, type Row, seedMean } from "./results.ts";

/** A row against the reference, request by request. */
export interface Contrast extends PairedDifference {
  readonly row: Row;
  /** Over all contrasts of the comparison. */
  readonly adjustedPValue: number;
}

export interface Comparison {
  /** The baseline with the highest mean over seeds. */
  readonly reference: Row;
  readonly contrasts: readonly Contrast[];
}

/** Keys the signs that the tests draw. */
const SEED = 1;

/**
 * Every row that has values of `measure` for the seeds of the reference, against the best of the baselines.
 * @returns undefined where no baseline was measured
 */
export function compareWithBest(
  results: Results,
  measure: string,
  isBaseline: (row: Row) => boolean,
): Comparison | undefined {
  const baselines = results.measured(measure).filter(isBaseline);
  const reference = highest(baselines, measure);
  const known = reference && results.requestValues(reference, measure);
  if (reference === undefined || known === undefined) return undefined;
  const others = results.rows.filter((row) => row !== reference && hasSameSeeds(row, reference));
  const differences = others.flatMap((row) => {
    const own = results.requestValues(row, measure);
    if (own === undefined || own.length !== known.length) return [];
    const pairs = own.flatMap((value, i): [number, number][] => {
      const other = known[i];
      return value === null || other === null ? [] : [[value, other]];
    });
    if (pairs.length < 2) return [];
    const [a, b] = [pairs.map(([value]) => value), pairs.map(([, other]) => other)];
    return [{ row, ...pairedDifference(a, b, SEED) }];
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

function hasSameSeeds(row: Row, reference: Row): boolean {
  const seeds = ({ trials }: Row) => trials.map(({ seed }) => seed).join();
  return seeds(row) === seeds(reference);
}
