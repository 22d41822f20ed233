/** The table of methods that most experiments show: every metric, the tests against the best baseline, and the cost. */
import { mean, meanHalfWidth } from "../evaluation/statistics.ts";
import type { Comparison, Contrast } from "./best-baseline.ts";
import { highest } from "./best-baseline.ts";
import { type Results, type Row, rowName, type SeedMean, seedMean } from "./results.ts";
import { type Cell, type Column, type Estimate, formatNumber, type Table } from "./tables.ts";

/** What methods are compared by: the truth where it is known, else the paper's NDCG. */
export function mainMetric(results: Results): "trueReward" | "ndcg" {
  return results.measured("trueReward").length > 0 ? "trueReward" : "ndcg";
}

/** The main metric in a sentence. */
export function metricName(metric: ReturnType<typeof mainMetric>): string {
  return metric === "trueReward" ? "true reward (expected positives per list)" : "NDCG@L";
}

const PERCENT = { isPercent: true };
const METRICS: readonly (Column & { readonly metric: string })[] = [
  { metric: "trueReward", title: "true reward" },
  { metric: "hit", title: "H@L", ...PERCENT },
  { metric: "ndcg", title: "NDCG@L", ...PERCENT },
  { metric: "map", title: "MAP@L", ...PERCENT },
  { metric: "f1", title: "F1@L", ...PERCENT },
  { metric: "auc", title: "AUC", ...PERCENT },
  { metric: "predictedReward", title: "predicted reward" },
];

export interface RankingTableOptions {
  readonly name: string;
  readonly caption: string;
  /** In the order of the table. */
  readonly rows: readonly { readonly title: string; readonly row: Row }[];
  /** Of the first column. */
  readonly head?: string;
  /** Rows of which the best by the main metric is printed bold: all unless given. */
  readonly competes?: (row: Row) => boolean;
  readonly comparison?: Comparison | undefined;
}

export function rankingTable(results: Results, options: RankingTableOptions): Table {
  const { rows, comparison, competes = () => true } = options;
  const main = mainMetric(results);
  const metrics = METRICS.filter(({ metric }) => rows.some(({ row }) => seedMean(row, metric) !== undefined));
  const best = highest(rows.map(({ row }) => row).filter(competes), main);
  const hasShares = rows.some(({ row }) => shareOfLead(results, row) !== undefined);
  return {
    name: options.name,
    caption: options.caption,
    columns: [
      { title: options.head ?? "method" },
      ...metrics,
      ...(hasShares ? [{ title: "share of the oracle's lead", ...PERCENT }] : []),
      ...(comparison ? [{ title: `less ${rowName(comparison.reference)}` }, { title: "p (Holm)" }] : []),
      { title: "parameters", digits: 0 },
      { title: "CPU s", digits: 0 },
    ],
    rows: rows.map(({ title, row }): Cell[] => {
      const contrast = comparison?.contrasts.find((own) => own.row === row);
      const isBest = row === best;
      return [
        title,
        ...metrics.map(({ metric }) => estimate(seedMean(row, metric), isBest && metric === main)),
        ...(hasShares ? [estimate(shareOfLead(results, row))] : []),
        ...(comparison
          ? [contrast && differenceOf(contrast), contrast && pText(contrast.adjustedPValue)]
          : []),
        seedMean(row, "parameters")?.mean,
        seedMean(row, "cpuSeconds")?.mean,
      ];
    }),
  };
}

/**
 * How far a method gets from the logging policy to the oracle, over the seeds: worlds differ in what can be had in them,
 * and intervals of the true reward over seeds mostly show that. Undefined where these two ends were not measured.
 */
export function shareOfLead(results: Results, row: Row): SeedMean | undefined {
  const rewardOf = (method: string, seed: number) =>
    results.row(method)?.trials.find((trial) => trial.seed === seed)?.metrics.trueReward;
  const values = row.trials.flatMap(({ seed, metrics: { trueReward } }) => {
    const [start, end] = [rewardOf("logging policy", seed), rewardOf("oracle", seed)];
    if (start === undefined || end === undefined || trueReward === undefined) return [];
    return [(trueReward - start) / (end - start)];
  });
  if (values.length === 0) return undefined;
  return { mean: mean(values), halfWidth: meanHalfWidth(values), values };
}

function estimate(value: SeedMean | undefined, isBest = false): Estimate | undefined {
  return value && { mean: value.mean, halfWidth: value.halfWidth, isBest };
}

/** A difference over pooled requests, with its interval. */
export function differenceOf({ mean, halfWidth }: Contrast): Estimate {
  return { mean, halfWidth };
}

export function pText(value: number): string {
  return value < 0.001 ? "< 0.001" : value.toFixed(3);
}

/** `3.152 ± 0.021`. */
export function estimateText(
  { mean, halfWidth }: Pick<SeedMean, "mean" | "halfWidth">,
  format: Omit<Column, "title"> = {},
): string {
  const numbers = halfWidth === undefined ? [mean] : [mean, halfWidth];
  return numbers.map((value) => formatNumber(value, format)).join(" ± ");
}
