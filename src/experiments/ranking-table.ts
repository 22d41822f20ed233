/** The table of methods that most experiments show: every metric, the tests against a reference, and the cost. */
import type { Comparison } from "./best-baseline.ts";
import { highest } from "./best-baseline.ts";
import { estimateOf, type Results, type Row, rowName, seedMean } from "./results.ts";
import { type Column, type ColumnOf, type Estimate, type Table, tableOf } from "./tables.ts";
import { type Standing, wordOf } from "./verdict.ts";

/** What methods are compared by: the truth where it is known, else the paper's NDCG. */
export function mainMetric(results: Results): "trueReward" | "ndcg" {
  return results.measured("trueReward").length > 0 ? "trueReward" : "ndcg";
}

/** The main metric in words. */
export function metricName(metric: ReturnType<typeof mainMetric>): string {
  return metric === "trueReward" ? "true reward (expected positives per list)" : "NDCG@L";
}

/** Metrics against what was exposed and liked: means over seeds. */
export const FEEDBACK_COLUMNS: readonly MetricColumn[] = [
  metricColumn("hit", "H@L", { isPercent: true }),
  metricColumn("ndcg", "NDCG@L", { isPercent: true }),
  metricColumn("map", "MAP@L", { isPercent: true }),
  metricColumn("f1", "F1@L", { isPercent: true }),
  metricColumn("auc", "AUC", { isPercent: true }),
];
const COLUMNS = [
  metricColumn("trueReward", "true reward"),
  ...FEEDBACK_COLUMNS,
  metricColumn("predictedReward", "predicted reward"),
];

interface MetricColumn extends ColumnOf<Row> {
  readonly metric: string;
  of(row: Row): Estimate | undefined;
}

/** The mean over seeds with its interval. */
function metricColumn(metric: string, title: string, format: Omit<Column, "title"> = {}): MetricColumn {
  return { metric, title, ...format, of: (row) => seedMean(row, metric) };
}

/** The mean over seeds alone. */
export function meanColumn(metric: string, title: string, format: Omit<Column, "title"> = {}): ColumnOf<Row> {
  return { title, ...format, of: (row) => seedMean(row, metric)?.mean };
}

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
  /** For a column that says in words how each row stands. */
  readonly standing?: Standing | undefined;
}

export function rankingTable(results: Results, options: RankingTableOptions): Table {
  const { name, rows, comparison, standing, head = "method", title = rowName, competes = () => true } = options;
  const main = mainMetric(results);
  const best = highest(rows.filter(competes), main);
  const emphasised = (column: MetricColumn): ColumnOf<Row> => ({
    ...column,
    of: (row) => {
      const found = column.of(row);
      return found && { ...found, isBest: row === best && column.metric === main };
    },
  });
  const contrastOf = (row: Row) => comparison?.contrasts.find((own) => own.row === row);
  const share: ColumnOf<Row> = {
    title: "share of the oracle's lead",
    isPercent: true,
    of: (row) => shareOfLead(results, row),
  };
  return tableOf(name, [options.caption, ...temperatureNote(rows)].join(" "), rows, [
    { title: head, of: title },
    ...COLUMNS.filter((column) => rows.some((row) => column.of(row) !== undefined)).map(emphasised),
    ...(rows.some((row) => share.of(row) !== undefined) ? [share] : []),
    ...(comparison === undefined
      ? []
      : [
          { title: `less ${rowName(comparison.reference)}`, of: contrastOf },
          { title: "p (Holm)", of: (row: Row) => pText(contrastOf(row)?.adjustedPValue) },
        ]),
    ...(standing === undefined ? [] : [{ title: "by the test", of: (row: Row) => wordOf(standing, row) }]),
    meanColumn("parameters", "parameters", { digits: 0 }),
    meanColumn("cpuSeconds", "CPU s", { digits: 0 }),
    meanColumn("totalCpuSeconds", "CPU s with all it needs", { digits: 0 }),
  ]);
}

/** The temperature of Eq. 4, which is 1 in the paper, where GoalRank is among the rows. */
function temperatureNote(rows: readonly Row[]): string[] {
  const all = rows.flatMap(({ trials }) =>
    trials.map(({ metrics }): number | undefined => metrics.referenceTemperature),
  );
  const known = [...new Set(all.filter((temperature) => temperature !== undefined))].sort((a, b) => a - b);
  return known.length === 0 ? [] : [`GoalRank's reference temperature (Eq. 4): ${known.join(" and ")}.`];
}

/** What each row was given and took, beside the table of what it came to. */
export function budgetTable(results: Results, { name, rows }: Pick<RankingTableOptions, "name" | "rows">): Table {
  const caption =
    `What each method learned with on ${results.place}: means over seeds. Lists judged are those that its judge was ` +
    "asked about, for each training request in all and for each answer. CPU s are those of one core, of learning and " +
    "answering; with all it needs adds the shared models that it starts from or asks; the search is of all its settings.";
  const factOf = (fact: string) => (row: Row) =>
    [...new Set(row.trials.map(({ facts }) => facts[fact] ?? ""))].join("; ");
  const learned = rows.filter(({ trials }) => trials.some(({ metrics }) => "steps" in metrics));
  return tableOf(`${name}-budget`, caption, learned, [
    { title: "method", of: rowName },
    meanColumn("learningRate", "learning rate", { digits: 5 }),
    meanColumn("batchSize", "batch", { digits: 0 }),
    meanColumn("epochs", "epochs", { digits: 0 }),
    meanColumn("steps", "steps", { digits: 0 }),
    meanColumn("weightDecay", "weight decay", { digits: 4 }),
    { title: "its own settings", of: factOf("hyperparameters") },
    { title: "starts from", of: factOf("start") },
    meanColumn("judgedLearning", "lists judged, learning", { digits: 1 }),
    meanColumn("judgedServing", "an answer", { digits: 1 }),
    meanColumn("cpuSeconds", "CPU s", { digits: 0 }),
    meanColumn("totalCpuSeconds", "with all it needs", { digits: 0 }),
    { title: "search", digits: 0, of: ({ method }) => results.searchSeconds(method) },
  ]);
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

function pText(value: number | undefined): string {
  if (value === undefined) return "";
  return value < 0.001 ? "< 0.001" : value.toFixed(3);
}
