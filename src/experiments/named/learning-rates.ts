/** A check of the learning rates of wide models: half of them, and twice. */
import { methodTitle } from "../contenders.ts";
import type { ExperimentRequest } from "../experiment.ts";
import { mainMetric, metricName } from "../ranking-table.ts";
import { type Results, seedMean } from "../results.ts";
import type { Table } from "../tables.ts";
import type { Trial } from "../trial.ts";
import { rankingTrials } from "./ranking-trials.ts";
import { atSize, type Size, titleOf } from "./sizes.ts";

const CHECKED: readonly Size[] = [
  { width: 64, layers: 1 },
  { width: 128, layers: 2 },
];
const RATES = [0.5, 1, 2];
const METHODS = ["goalrank", "dnn", "pier"];

/** The rates themselves are those of the size's own trials. */
function variantOf(size: Size, rate: number): string {
  return `${titleOf(size)}${rate === 1 ? "" : `, learning rates x ${rate}`}`;
}

export function rateTrials(experiment: string, { seeds, dataset }: ExperimentRequest): Trial[] {
  return CHECKED.flatMap((size) =>
    RATES.filter((rate) => rate !== 1).flatMap((rate) => {
      const own = atSize(dataset, size, rate);
      const variant = variantOf(size, rate);
      const entries = METHODS.map((contender) => ({ contender, variant }));
      return rankingTrials(experiment, { seeds, dataset: own }, entries, variant);
    }),
  );
}

/** Sizes for which other rates were tried; undefined where none were. */
export function ratesTable(results: Results): Table | undefined {
  const metric = mainMetric(results);
  const rows = CHECKED.flatMap((size) =>
    METHODS.map((name) => {
      const found = RATES.map((rate) => results.row(methodTitle(name), variantOf(size, rate)));
      return [titleOf(size), methodTitle(name), ...found.map((row) => row && seedMean(row, metric))];
    }),
  ).filter(([, , ...means]) => means.filter((mean) => mean !== undefined).length >= 2);
  if (rows.length === 0) return undefined;
  return {
    name: "figure3-rates",
    caption:
      `Other learning rates for wide models on ${results.dataset}, by ${metricName(metric)}: all rates of a size, the judge's ` +
      `too, times ${RATES.join(", ")}.`,
    columns: [
      { title: "size" },
      { title: "method" },
      ...RATES.map((rate) => ({ title: `rates x ${rate}`, isPercent: metric === "ndcg" })),
    ],
    rows,
  };
}
