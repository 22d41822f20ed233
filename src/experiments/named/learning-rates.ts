/** A check of the learning rates of wide models: half of them, and twice. */
import { GOAL_RANK, learnerTitle, namedLearner } from "../contenders.ts";
import type { DatasetChoice } from "../datasets.ts";
import { mainMetric, metricName } from "../ranking-table.ts";
import { rankingTrial } from "../ranking-work.ts";
import { type Results, seedMean } from "../results.ts";
import type { Table } from "../tables.ts";
import type { Trial } from "../trial.ts";
import { atSize, type Size, titleOf, withNamedNeeds } from "./sizes.ts";

const CHECKED: readonly Size[] = [
  { width: 64, layers: 1 },
  { width: 128, layers: 2 },
];
const RATES = [0.5, 1, 2];
const METHODS = [GOAL_RANK, "dnn", "pier"];

/** The rates themselves are those of the size's own trials. */
function variantOf(size: Size, rate: number): string {
  return `${titleOf(size)}${rate === 1 ? "" : `, learning rates x ${rate}`}`;
}

export function rateTrials(experiment: string, dataset: DatasetChoice, seeds: readonly number[]): Trial[] {
  const others = CHECKED.flatMap((size) =>
    RATES.filter((rate) => rate !== 1).map((rate) => ({ size, rate })),
  );
  return others.flatMap(({ size, rate }) => {
    const own = atSize(dataset, size, rate);
    const variant = variantOf(size, rate);
    return seeds.flatMap((seed) =>
      METHODS.map((name) => {
        const label = { experiment, method: learnerTitle(name), seed, variant };
        return withNamedNeeds(rankingTrial(label, own, namedLearner(name, own.policy)), variant);
      }),
    );
  });
}

/** Sizes for which other rates were tried; undefined where none were. */
export function ratesTable(results: Results): Table | undefined {
  const metric = mainMetric(results);
  const rows = CHECKED.flatMap((size) =>
    METHODS.flatMap((name) => {
      const means = RATES.map((rate) => {
        const row = results.row(learnerTitle(name), variantOf(size, rate));
        return row && seedMean(row, metric);
      });
      const known = means.filter((mean) => mean !== undefined);
      return known.length < 2 ? [] : [[titleOf(size), learnerTitle(name), ...means]];
    }),
  );
  if (rows.length === 0) return undefined;
  return {
    name: "figure3-rates",
    caption:
      `Other learning rates for wide models on ${results.dataset}, by ${metricName(metric)}: all rates of a size, the judge's too, times ` +
      `${RATES.join(", ")}.`,
    columns: [
      { title: "size" },
      { title: "method" },
      ...RATES.map((rate) => ({ title: `rates x ${rate}`, isPercent: metric === "ndcg" })),
    ],
    rows,
  };
}
