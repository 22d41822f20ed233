/** The table of methods that most experiments show: every metric, the tests against a reference, and the cost. */
import type { Comparison } from "./best-baseline.ts";
import { highest } from "./best-baseline.ts";
import { estimateOf, type Results, type Row, rowName, seedMean } from "./results.ts";
import type { Cell, Column, Estimate, Table } from "./tables.ts";

/** What methods are compared by: the truth where it is known, else the paper's NDCG. */
export function mainMetric(results: Results): "trueReward" | "ndcg" {
  return results.measured("trueReward").length > 0 ? "trueReward" : "ndcg";
}

/** The main metric in words. */
export function metricName(metric: ReturnType<typeof mainMetric>): string {
  return metric === "trueReward" ? "true reward (expected positives per list)" : "NDCG@L";
}

const PERCENT = { isPercent: true };
/** Against what was exposed and liked. */
export const FEEDBACK_METRICS: readonly (Column & { readonly metric: string })[] = [
  { metric: "hit", title: "H@L", ...PERCENT },
  { metric: "ndcg", title: "NDCG@L", ...PERCENT },
  { metric: "map", title: "MAP@L", ...PERCENT },
  { metric: "f1", title: "F1@L", ...PERCENT },
  { metric: "auc", title: "AUC", ...PERCENT },
];
const METRICS = [
  { metric: "trueReward", title: "true reward" },
  ...FEEDBACK_METRICS,
  { metric: "predictedReward", title: "predicted reward" },
];

export interface RankingTableOptions {
  readonly name: string;
  readonly caption: string;
  /** In the order of the table. */
  readonly rows: readonly Row[];
  /** Of the first column, and what it holds of a row: its name unless given. */
  readonly head?: string;
  readonly title?: (row: Row) => string;
  /** Rows of which the best by the main metric is printed bold: all unless given. */
  readonly competes?: (row: Row) => boolean;
  readonly comparison?: Comparison | undefined;
}

export function rankingTable(results: Results, options: RankingTableOptions): Table {
  const {
    name,
    caption,
    rows,
    comparison,
    head = "method",
    title = rowName,
    competes = () => true,
  } = options;
  const main = mainMetric(results);
  const metrics = METRICS.filter(({ metric }) => rows.some((row) => seedMean(row, metric) !== undefined));
  const best = highest(rows.filter(competes), main);
  const hasShares = rows.some((row) => shareOfLead(results, row) !== undefined);
  return {
    ...{ name, caption },
    columns: [
      { title: head },
      ...metrics,
      ...(hasShares ? [{ title: "share of the oracle's lead", ...PERCENT }] : []),
      ...(comparison ? [{ title: `less ${rowName(comparison.reference)}` }, { title: "p (Holm)" }] : []),
      { title: "parameters", digits: 0 },
      { title: "CPU s", digits: 0 },
    ],
    rows: rows.map((row): Cell[] => {
      const contrast = comparison?.contrasts.find((own) => own.row === row);
      return [
        title(row),
        ...metrics.map(({ metric }) => {
          const found = seedMean(row, metric);
          return found && { ...found, isBest: row === best && metric === main };
        }),
        ...(hasShares ? [shareOfLead(results, row)] : []),
        ...(comparison ? [contrast, contrast && pText(contrast.adjustedPValue)] : []),
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
function shareOfLead(results: Results, row: Row): Estimate | undefined {
  const rewardOf = (method: string, seed: number) =>
    results.row(method)?.trials.find((trial) => trial.seed === seed)?.metrics.trueReward;
  return estimateOf(
    row.trials.flatMap(({ seed, metrics: { trueReward } }) => {
      const [start, end] = [rewardOf("logging policy", seed), rewardOf("oracle", seed)];
      if (start === undefined || end === undefined || trueReward === undefined) return [];
      return [(trueReward - start) / (end - start)];
    }),
  );
}

function pText(value: number): string {
  return value < 0.001 ? "< 0.001" : value.toFixed(3);
}
