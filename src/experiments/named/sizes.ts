/**
 * Sizes of models: how a dataset's models are made as wide and as deep as asked, and a check of the learning rates of wide
 * ones: half of them, and twice.
 */
import { methodTitle } from "../contenders.ts";
import type { DatasetChoice } from "../datasets.ts";
import type { ExperimentRequest } from "../experiment.ts";
import { mainMetric, metricName } from "../ranking-table.ts";
import { rankingTrials } from "../ranking-trials.ts";
import { type Results, seedMean } from "../results.ts";
import { type Table, tableOf } from "../tables.ts";
import type { Trial } from "../trial.ts";

export interface Size {
  /** D */
  readonly width: number;
  readonly layers: number;
}

export const SIZES: readonly Size[] = [
  { width: 8, layers: 1 },
  { width: 16, layers: 1 },
  { width: 32, layers: 1 },
  { width: 64, layers: 1 },
  { width: 64, layers: 2 },
  { width: 128, layers: 2 },
];

/** The width that the learning rates of the datasets are for. */
export const TUNED_WIDTH = 32;

export function titleOf({ width, layers }: Size): string {
  return `width ${width}, ${layers} ${layers === 1 ? "layer" : "layers"}`;
}

/**
 * All models of one size, the judge too. Wider models learn at rates that fall with the root of the width: at the rates of
 * narrow ones the widest do not learn well.
 *
 * @param rate what all learning rates are multiplied with besides
 */
export function atSize(dataset: DatasetChoice, { width, layers }: Size, rate = 1): DatasetChoice {
  const factor = rate * Math.sqrt(TUNED_WIDTH / Math.max(width, TUNED_WIDTH));
  const scaled = <Training extends { readonly learningRate: number }>(training: Training): Training => ({
    ...training,
    learningRate: training.learningRate * factor,
  });
  const { shared, policy } = dataset;
  // A judge that starts from the imitation has as many layers.
  const contextLayers = shared.reward.start === "imitation" ? layers : shared.reward.contextLayers;
  return {
    ...dataset,
    shared: {
      ...shared,
      width,
      layers,
      reward: { ...shared.reward, contextLayers },
      feedbackTraining: scaled(shared.feedbackTraining),
      rewardTraining: scaled(shared.rewardTraining),
      imitationTraining: scaled(shared.imitationTraining),
    },
    policy: { ...policy, policyTraining: scaled(policy.policyTraining) },
  };
}

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
