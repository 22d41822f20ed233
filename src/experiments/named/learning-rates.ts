/** A check of the learning rates of wide models: half of them, and twice. */
import { methodTitle } from "../contenders.ts";
import type { ExperimentRequest } from "../experiment.ts";
import { mainMetric, metricName } from "../ranking-table.ts";
import { rankingTrials } from "../ranking-trials.ts";
import { type Results, seedMean } from "../results.ts";
import { type Table, tableOf } from "../tables.ts";
import type { Trial } from "../trial.ts";
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
  const items = CHECKED.flatMap((size) => METHODS.map((name) => ({ size, method: methodTitle(name) })));
  const rewardAt = ({ size, method }: (typeof items)[number], rate: number) => {
    const row = results.row(method, variantOf(size, rate));
    return row && seedMean(row, metric);
  };
  const tried = items.filter((item) => RATES.filter((rate) => rewardAt(item, rate) !== undefined).length >= 2);
  if (tried.length === 0) return undefined;
  const caption =
    `Other learning rates for wide models on ${results.dataset}, by ${metricName(metric)}: all rates of a size, the judge's ` +
    `too, times ${RATES.join(", ")}.`;
  return tableOf("figure3-rates", caption, tried, [
    { title: "size", of: ({ size }) => titleOf(size) },
    { title: "method", of: ({ method }) => method },
    ...RATES.map((rate) => ({
      title: `rates x ${rate}`,
      isPercent: metric === "ndcg",
      of: (item: (typeof items)[number]) => rewardAt(item, rate),
    })),
  ]);
}
