/**
 * Figure 3 of the paper: quality against the number of trained parameters and against the operations of training, for
 * GoalRank and four methods, with a power law through the points of each.
 */
import { mean, meanHalfWidth } from "../../evaluation/statistics.ts";
import { GOAL_RANK, learnerTitle, namedLearner } from "../contenders.ts";
import type { DatasetChoice } from "../datasets.ts";
import { type Experiment, workRunner } from "../experiment.ts";
import { drawLines, type Line, type Picture } from "../pictures.ts";
import { rankingTrial } from "../ranking-work.ts";
import { type Results, type Row, seedMean } from "../results.ts";
import type { SharedWork } from "../shared-work.ts";
import type { Table } from "../tables.ts";
import type { Trial } from "../trial.ts";
import { injectedCandidates, SMALLER_MODELS } from "./deviations.ts";
import { ratesTable, rateTrials } from "./learning-rates.ts";
import { fitPowerLaw, fitSaturatingLaw, type SizedValue } from "./power-law.ts";
import { atSize, SIZES, TUNED_WIDTH, titleOf, withNamedNeeds } from "./sizes.ts";
import { measureTrainingCost, type TrainingCostWork } from "./training-cost.ts";

const CONTESTANTS = [GOAL_RANK, "dnn", "rank-mixer", "pier", "mg-e-20"];

/** Lists over which operations are counted. */
const COUNTED_LISTS = 128;

const COST = "cost of ";

function trialsOf(dataset: DatasetChoice, seeds: readonly number[]): Trial[] {
  const experiment = "figure3";
  const oracles =
    dataset.settings.source === "world"
      ? seeds.map((seed) => rankingTrial({ experiment, method: "oracle", seed }, dataset, { name: "oracle" }))
      : [];
  const sized = SIZES.flatMap((size) => {
    const own = atSize(dataset, size);
    const variant = titleOf(size);
    const qualities = seeds.flatMap((seed) =>
      CONTESTANTS.map((name) => {
        const label = { experiment, method: learnerTitle(name), seed, variant };
        return withNamedNeeds(rankingTrial(label, own, namedLearner(name, own.policy)), variant);
      }),
    );
    const costs = qualities
      .slice(0, CONTESTANTS.length)
      .map((quality, i) => costTrial(quality, own, CONTESTANTS[i]));
    return [...qualities, ...costs];
  });
  return [...oracles, ...sized, ...rateTrials(experiment, dataset, seeds)];
}

/** What the trial of a quality costs to train, without training it. */
function costTrial(quality: Trial, { policy }: DatasetChoice, contestant: string): Trial {
  const shared = quality.needs?.work as SharedWork;
  const work: TrainingCostWork = {
    ...{ kind: "training-cost", shared, policy, contestant, requests: COUNTED_LISTS },
  };
  return { ...quality, variant: `${COST}${quality.variant}`, work };
}

/** One method at one size. */
interface Measured {
  readonly size: string;
  readonly parameters: number;
  readonly answeringParameters: number;
  readonly operations: number;
  readonly quality: Row;
}

/** By the number of trained parameters; a size that changes nothing of the method is left out. */
function measuredOf(results: Results, method: string): readonly Measured[] {
  const all = SIZES.flatMap((own): Measured[] => {
    const size = titleOf(own);
    const [quality, cost] = [results.row(method, size), results.row(method, `${COST}${size}`)];
    if (quality === undefined || cost === undefined) return [];
    const [{ metrics }] = cost.trials;
    return [
      {
        ...{ size, quality, parameters: metrics.trainedParameters, operations: metrics.trainingOperations },
        answeringParameters: metrics.answeringParameters,
      },
    ];
  });
  return all
    .filter(({ parameters }, i) => all.findIndex((other) => other.parameters === parameters) === i)
    .sort((a, b) => a.parameters - b.parameters);
}

/** What a method is judged by: how far it stays under the oracle where there is one, else H@L. */
interface Measure {
  readonly title: string;
  readonly type: "linear" | "log";
  /** By seed, of the seeds that have one. */
  of(row: Row): readonly { readonly seed: number; readonly value: number }[];
}

function measureOf(results: Results): Measure {
  const oracle = results.row("oracle");
  if (oracle === undefined) {
    return {
      ...{ title: "H@L", type: "linear" },
      of: ({ trials }) => trials.map(({ seed, metrics }) => ({ seed, value: metrics.hit })),
    };
  }
  return {
    ...{ title: "gap to the oracle (true reward)", type: "log" },
    of: ({ trials }) =>
      trials.flatMap(({ seed, metrics }) => {
        const best = oracle.trials.find((trial) => trial.seed === seed)?.metrics.trueReward;
        return best === undefined ? [] : [{ seed, value: best - metrics.trueReward }];
      }),
  };
}

type Abscissa = "parameters" | "operations";
const ABSCISSA_TITLES: Readonly<Record<Abscissa, string>> = {
  parameters: "trained parameters",
  operations: "operations of training",
};
/** For axes: what a unit is called, and how many of the numbers make one. */
const UNITS: Readonly<Record<Abscissa, { readonly suffix: string; readonly size: number }>> = {
  parameters: { suffix: "", size: 1 },
  operations: { suffix: ", GFLOP", size: 1e9 },
};

/** A law through the points of one method, one for each seed. */
interface FittedLaw {
  readonly method: string;
  readonly abscissa: Abscissa;
  readonly exponent: number;
  /** Over seeds; undefined for one. */
  readonly exponentHalfWidth: number | undefined;
  /** Of the means over seeds. */
  readonly coefficient: number;
  readonly limit: number | undefined;
  readonly explained: number | undefined;
  /** Seeds with a value over 0 at every size, without which there is no law. */
  readonly seeds: number;
}

/** Sizes under which no law is fitted: two parameters go through two points, three through three. */
const LEAST_SIZES = 4;

function fitLaw(
  method: string,
  points: readonly Measured[],
  measure: Measure,
  abscissa: Abscissa,
): FittedLaw[] {
  const sizes = new Set(points.map((point) => point[abscissa]));
  if (sizes.size < LEAST_SIZES) return [];
  const fit = measure.type === "log" ? fitPowerLaw : fitSaturatingLaw;
  const bySeed = new Map<number, SizedValue[]>();
  for (const point of points) {
    for (const { seed, value } of measure.of(point.quality)) {
      bySeed.set(seed, [...(bySeed.get(seed) ?? []), { size: point[abscissa], value }]);
    }
  }
  const complete = [...bySeed.values()].filter(
    (own) =>
      own.length === points.length && (measure.type === "linear" || own.every(({ value }) => value > 0)),
  );
  if (complete.length === 0) return [];
  const middle = points.map((point, i) => ({
    size: point[abscissa],
    value: mean(complete.map((own) => own[i].value)),
  }));
  const law = fit(middle);
  const exponents = complete.map((own) => fit(own).exponent);
  return [
    {
      ...{ method, abscissa, exponent: mean(exponents), exponentHalfWidth: meanHalfWidth(exponents) },
      ...{ coefficient: law.coefficient, explained: law.explained },
      seeds: complete.length,
      limit: "limit" in law ? Number(law.limit) : undefined,
    },
  ];
}

function meanOf(measure: Measure, row: Row) {
  const values = measure.of(row).map(({ value }) => value);
  return { mean: mean(values), halfWidth: meanHalfWidth(values) };
}

/** Methods that were measured, with their points. */
type Curves = readonly { readonly method: string; readonly points: readonly Measured[] }[];

function sizesTable(results: Results, curves: Curves, measure: Measure): Table {
  const isWorld = measure.type === "log";
  return {
    name: "figure3",
    caption:
      `Size, cost and quality on ${results.dataset}: mean ± 95% interval over seeds ${results.seeds.join(", ")}. Trained are all ` +
      "parameters without which the method cannot learn, the judge's included; answering are those that read a request. " +
      "Operations are of matrix products and attention, a multiply-add counting twice.",
    columns: [
      { title: "method" },
      { title: "size" },
      { title: "trained parameters", digits: 0 },
      { title: "answering parameters", digits: 0 },
      { title: "training, GFLOP", digits: 1 },
      ...(isWorld ? [{ title: "true reward" }, { title: "gap to the oracle" }] : []),
      { title: "H@L", isPercent: true },
      { title: "CPU s", digits: 0 },
    ],
    rows: curves.flatMap(({ method, points }) =>
      points.map(({ size, quality, ...point }) => [
        ...[method, size, point.parameters, point.answeringParameters, point.operations / 1e9],
        ...(isWorld ? [seedMean(quality, "trueReward"), meanOf(measure, quality)] : []),
        seedMean(quality, "hit"),
        seedMean(quality, "cpuSeconds")?.mean,
      ]),
    ),
  };
}

function lawsTable(laws: readonly FittedLaw[], measure: Measure): Table {
  const form = measure.type === "log" ? "gap = b x^-c" : "H@L = a - b x^-c";
  return {
    name: "figure3-laws",
    caption:
      `Power laws, ${form}, by least squares${measure.type === "log" ? " in logarithms" : ""}: the exponent is the mean over seeds with its ` +
      "95% interval; R2 is the share of the variance of the means that the law explains.",
    columns: [
      { title: "method" },
      { title: "against" },
      { title: "seeds", digits: 0 },
      { title: "exponent c" },
      { title: "b" },
      ...(measure.type === "log" ? [] : [{ title: "limit a" }]),
      { title: "R2" },
    ],
    rows: laws.map(
      ({ method, abscissa, exponent, exponentHalfWidth, coefficient, limit, explained, seeds }) => [
        ...[method, ABSCISSA_TITLES[abscissa], seeds, { mean: exponent, halfWidth: exponentHalfWidth }],
        Number(coefficient.toPrecision(3)).toString(),
        ...(measure.type === "log" ? [] : [limit]),
        explained,
      ],
    ),
  };
}

function panel(curves: Curves, measure: Measure, abscissa: Abscissa, dataset: string): Picture {
  const { suffix, size } = UNITS[abscissa];
  const title = `${ABSCISSA_TITLES[abscissa]}${suffix}`;
  const lines = curves.map(({ method, points }): Line => {
    const ordered = points.toSorted((a, b) => a[abscissa] - b[abscissa]);
    return {
      name: method,
      points: ordered.map((point) => {
        const { mean, halfWidth } = meanOf(measure, point.quality);
        const x = point[abscissa] / size;
        if (halfWidth === undefined) return { x, y: mean };
        // On a logarithmic axis nothing may reach 0.
        const least = measure.type === "log" ? mean / 10 : Number.NEGATIVE_INFINITY;
        return {
          ...{ x, y: mean },
          low: Math.max(mean - halfWidth, least),
          high: mean + halfWidth,
        };
      }),
    };
  });
  return {
    name: `figure3-${abscissa}`,
    caption: `${measure.title} against ${ABSCISSA_TITLES[abscissa]} on ${dataset}; bands are 95% intervals over seeds.`,
    draw: () =>
      drawLines({
        description: `${measure.title} against ${ABSCISSA_TITLES[abscissa]}`,
        x: { label: title, type: "log" },
        y: { label: measure.title, type: measure.type },
        lines,
      }),
  };
}

function findings(laws: readonly FittedLaw[], curves: Curves, measure: Measure): readonly string[] {
  return laws
    .filter(({ abscissa }) => abscissa === "parameters")
    .map(({ method, exponent, exponentHalfWidth, limit = 0, explained }) => {
      const interval = exponentHalfWidth === undefined ? "" : ` ± ${exponentHalfWidth.toFixed(3)}`;
      const closing =
        measure.type === "log"
          ? `twice the parameters leave ${(100 * 2 ** -exponent).toFixed(0)}% of the gap to the oracle`
          : `H@L rises towards ${(100 * limit).toFixed(1)}%`;
      const isFlat = exponentHalfWidth !== undefined && Math.abs(exponent) <= exponentHalfWidth;
      return (
        `${method}: ${closing} (c = ${exponent.toFixed(3)}${interval}` +
        `${explained === undefined ? "" : `, R2 ${explained.toFixed(2)}`})${bestSize(method, curves, measure)}` +
        `${isFlat ? "; over these seeds the exponent is not told apart from 0." : "."}`
      );
    });
}

/** Where a method is best, unless it is its largest size: a law goes on, and a method may not. */
function bestSize(method: string, curves: Curves, measure: Measure): string {
  const points = curves.find((curve) => curve.method === method)?.points ?? [];
  const worth = ({ quality }: Measured) => meanOf(measure, quality).mean * (measure.type === "log" ? -1 : 1);
  const best = points.toSorted((a, b) => worth(b) - worth(a))[0];
  return best === undefined || best === points.at(-1)
    ? ""
    : `; it is best at ${best.size}, and not at its largest`;
}

export const figure3: Experiment = {
  name: "figure3",
  title: "Figure 3: quality against size and training",
  summary: "GoalRank, DNN, RankMixer, PIER and MG-E at growing sizes, with fitted power laws",
  usesData: true,
  trials: ({ seeds, dataset }) => trialsOf(dataset, seeds),
  works: { "training-cost": workRunner(measureTrainingCost) },
  present(results) {
    const measure = measureOf(results);
    const curves = CONTESTANTS.map((name) => {
      const method = learnerTitle(name);
      return { method, points: measuredOf(results, method) };
    }).filter(({ points }) => points.length > 0);
    const rates = ratesTable(results);
    const laws = (["parameters", "operations"] as const).flatMap((abscissa) =>
      curves.flatMap(({ method, points }) => fitLaw(method, points, measure, abscissa)),
    );
    return {
      findings: findings(laws, curves, measure),
      deviations: [
        SMALLER_MODELS,
        "The paper goes from 1 million to 100 million parameters; these sizes are what two cores train in hours.",
        "All models of a method grow together, the judge that it learns from or asks included. Learning rates fall with the " +
          `root of the width over ${TUNED_WIDTH}; nothing else is tuned for a size, and every size has the same lists, requests and epochs.`,
        ...injectedCandidates(results.dataset),
      ],
      tables:
        curves.length === 0
          ? []
          : [sizesTable(results, curves, measure), lawsTable(laws, measure), ...(rates ? [rates] : [])],
      pictures:
        curves.length === 0
          ? []
          : (["parameters", "operations"] as const).map((abscissa) =>
              panel(curves, measure, abscissa, results.dataset),
            ),
    };
  },
};
