/** A check of the learning rates, which are those of narrow models, on wide ones: half of them, and twice. */
import { GOAL_RANK, learnerTitle, namedLearner } from "../contenders.ts";
import type { DatasetChoice } from "../datasets.ts";
import { mainMetric, metricName } from "../ranking-table.ts";
import { rankingTrial } from "../ranking-work.ts";
import { type Results, seedMean } from "../results.ts";
import type { Table } from "../tables.ts";
import type { Trial } from "../trial.ts";
import { atSize, type Size, titleOf, withNamedNeeds } from "./sizes.ts";

const SIZE: Size = { width: 64, layers: 1 };
const RATES = [0.5, 1, 2];
const METHODS = [GOAL_RANK, "dnn", "pier"];

/** The rates themselves are those of the size's own trials. */
const variantOf = (rate: number) => `${titleOf(SIZE)}${rate === 1 ? "" : `, learning rates x ${rate}`}`;

export function rateTrials(experiment: string, dataset: DatasetChoice, seeds: readonly number[]): Trial[] {
  return RATES.filter((rate) => rate !== 1).flatMap((rate) => {
    const own = atSize(dataset, SIZE, rate);
    const variant = variantOf(rate);
    return seeds.flatMap((seed) =>
      METHODS.map((name) => {
        const label = { experiment, method: learnerTitle(name), seed, variant };
        return withNamedNeeds(rankingTrial(label, own, namedLearner(name, own.policy)), variant);
      }),
    );
  });
}

/** Undefined where no other rate was tried. */
export function ratesTable(results: Results): Table | undefined {
  const metric = mainMetric(results);
  const rows = METHODS.map((name) => [
    learnerTitle(name),
    ...RATES.map((rate) => {
      const row = results.row(learnerTitle(name), variantOf(rate));
      return row && seedMean(row, metric);
    }),
  ]);
  if (rows.every(([, half, , twice]) => half === undefined && twice === undefined)) return undefined;
  return {
    name: "figure3-rates",
    caption:
      `Other learning rates for ${titleOf(SIZE)} on ${results.dataset}, by ${metricName(metric)}: half and twice those of all sizes, ` +
      "for all models, the judge's too.",
    columns: [
      { title: "method" },
      ...RATES.map((rate) => ({
        title: `rates x ${rate}`,
        isPercent: metric === "ndcg",
      })),
    ],
    rows,
  };
}
