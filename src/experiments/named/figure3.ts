/**
 * Figure 3 of the paper: quality against the number of trained parameters and against the operations of training, for
 * GoalRank and four methods, with a power law through the points of each.
 */
import { fitPowerLaw, fitSaturatingLaw, type PowerLaw } from "../../evaluation/power-law.ts";
import { mean } from "../../evaluation/statistics.ts";
import { methodTitle } from "../contenders.ts";
import type { DatasetChoice } from "../datasets.ts";
import type { Experiment, ExperimentRequest } from "../experiment.ts";
import { drawLines, markOf, type Picture, type Point } from "../pictures.ts";
import { landmarkEntries, rankingTrials } from "../ranking-trials.ts";
import type { RankingWork } from "../ranking-work.ts";
import { estimateOf, type Results, type Row, seedMean } from "../results.ts";
import { type Column, type ColumnOf, type Estimate, type Table, tableOf } from "../tables.ts";
import type { Trial } from "../trial.ts";
import { atSize, ratesTable, rateTrials, SIZES, TUNED_WIDTH, titleOf } from "./sizes.ts";
import { measureTrainingCost, type TrainingCostWork } from "./training-cost.ts";

const EXPERIMENT = "figure3";
const CONTESTANTS = ["goalrank", "dnn", "rank-mixer", "pier", "mg-e-20"];

/** Lists over which operations are counted. */
const COUNTED_LISTS = 128;

const COST = "cost of ";

function trialsOf(request: ExperimentRequest): Trial[] {
  const { seeds, dataset } = request;
  const sized = SIZES.flatMap((size) => {
    const own = atSize(dataset, size);
    const variant = titleOf(size);
    const entries = CONTESTANTS.map((contender) => ({ contender, variant }));
    const qualities = rankingTrials(EXPERIMENT, { seeds, dataset: own }, entries, variant);
    return [...qualities, ...CONTESTANTS.map((name, i) => costTrial(qualities[i], own, name))];
  });
  const oracle = rankingTrials(EXPERIMENT, request, landmarkEntries(dataset, ["oracle"]));
  return [...oracle, ...sized, ...rateTrials(EXPERIMENT, request)];
}

/** What the trial of a quality costs to train, without training it. */
function costTrial(quality: Trial<RankingWork>, { policy }: DatasetChoice, contestant: string): Trial {
  const { shared } = quality.work;
  const cost = { shared, policy, contestant, requests: COUNTED_LISTS };
  const work: TrainingCostWork = { kind: "training-cost", ...cost };
  return { ...quality, variant: `${COST}${quality.variant}`, work };
}

/** A method at one size. */
interface Measured {
  readonly size: string;
  readonly parameters: number;
  readonly answeringParameters: number;
  readonly operations: number;
  readonly quality: Row;
  /** What it is judged by, of the seeds that have one, and the mean over them. */
  readonly values: ReadonlyMap<number, number>;
  readonly worth: Estimate | undefined;
}

/** A method at every size that was measured. */
interface Curve {
  readonly method: string;
  readonly points: readonly Measured[];
}

/** By the number of trained parameters; a size that changes nothing of the method is left out. */
function curveOf(results: Results, measure: Measure, method: string): Curve {
  const all = SIZES.flatMap((own): Measured[] => {
    const size = titleOf(own);
    const [quality, cost] = [results.row(method, size), results.row(method, `${COST}${size}`)];
    if (quality === undefined || cost === undefined) return [];
    const {
      trainedParameters: parameters,
      trainingOperations: operations,
      answeringParameters,
    } = cost.trials[0].metrics;
    const values = measure.of(quality);
    const worth = estimateOf([...values.values()]);
    return [{ size, parameters, answeringParameters, operations, quality, values, worth }];
  });
  const points = all
    .filter(({ parameters }, i) => all.findIndex((other) => other.parameters === parameters) === i)
    .sort((a, b) => a.parameters - b.parameters);
  return { method, points };
}

/** What a method is judged by: how far it stays under the oracle where there is one, else H@L. */
interface Measure {
  readonly title: string;
  /** Whether less is better, and the law a straight line in logarithms. */
  readonly isGap: boolean;
  /** By seed, of the seeds that have one. */
  of(row: Row): ReadonlyMap<number, number>;
}

function measureOf(results: Results): Measure {
  const oracle = results.row("oracle");
  const best = new Map(oracle?.trials.map(({ seed, metrics }) => [seed, metrics.trueReward]));
  if (oracle === undefined) {
    const of = ({ trials }: Row) => new Map(trials.map(({ seed, metrics }) => [seed, metrics.hit]));
    return { title: "H@L", isGap: false, of };
  }
  return {
    title: "gap to the oracle (true reward)",
    isGap: true,
    of: ({ trials }) => {
      const known = trials.filter(({ seed }) => best.has(seed));
      return new Map(known.map(({ seed, metrics }) => [seed, (best.get(seed) ?? 0) - metrics.trueReward]));
    },
  };
}

/** What quality is drawn against; axes count in units. */
const ABSCISSAS = {
  parameters: { title: "trained parameters", axis: "trained parameters", unit: 1 },
  operations: { title: "operations of training", axis: "operations of training, GFLOP", unit: 1e9 },
} as const;
type Abscissa = keyof typeof ABSCISSAS;
const BOTH: readonly Abscissa[] = ["parameters", "operations"];

function sizesTable(results: Results, curves: readonly Curve[], measure: Measure): Table {
  const caption =
    `Size, cost and quality on ${results.place}: mean ± 95% interval over seeds. Trained are all parameters without which the ` +
    "method cannot learn, the judge's included; answering are those that read a request. Operations are of matrix products and " +
    "attention, a multiply-add counting twice.";
  const points = curves.flatMap((curve) => curve.points.map((point) => ({ ...curve, point })));
  const mean = (metric: string, title: string, format: Omit<Column, "title"> = {}) => ({
    title,
    ...format,
    of: ({ point }: (typeof points)[number]) => seedMean(point.quality, metric),
  });
  return tableOf(EXPERIMENT, caption, points, [
    { title: "method", of: ({ method }) => method },
    { title: "size", of: ({ point }) => point.size },
    { title: "trained parameters", digits: 0, of: ({ point }) => point.parameters },
    { title: "answering parameters", digits: 0, of: ({ point }) => point.answeringParameters },
    { title: "training, GFLOP", digits: 1, of: ({ point }) => point.operations / 1e9 },
    ...(measure.isGap
      ? [
          mean("trueReward", "true reward"),
          { title: "gap to the oracle", of: ({ point }: (typeof points)[number]) => point.worth },
        ]
      : []),
    mean("hit", "H@L", { isPercent: true }),
    { title: "CPU s", digits: 0, of: ({ point }) => seedMean(point.quality, "cpuSeconds")?.mean },
  ]);
}

/** Sizes under which no law is fitted: two parameters go through two points, three through three. */
const LEAST_SIZES = 4;

interface Law extends PowerLaw {
  readonly curve: Curve;
  readonly abscissa: Abscissa;
  /** Seeds that have a value (of a gap, over 0) at every size, each with a law of its own. */
  readonly seeds: number;
  readonly exponents: Estimate | undefined;
  /** What the value comes near to: 0 for a gap. */
  readonly limit: number;
}

function lawOf(curve: Curve, measure: Measure, abscissa: Abscissa): Law[] {
  const { points } = curve;
  const sizes = points.map((point) => point[abscissa]);
  if (new Set(sizes).size < LEAST_SIZES) return [];
  const values = points.map((point) => point.values);
  const seeds = [...values[0].keys()].filter((seed) =>
    values.every((own) => own.has(seed) && !(measure.isGap && (own.get(seed) ?? 0) <= 0)),
  );
  if (seeds.length === 0) return [];
  const fit = (value: (i: number) => number) => {
    const sized = sizes.map((size, i) => ({ size, value: value(i) }));
    return measure.isGap ? { ...fitPowerLaw(sized), limit: 0 } : fitSaturatingLaw(sized);
  };
  const ofSeed = (seed: number) => (i: number) => values[i].get(seed) ?? Number.NaN;
  const exponents = estimateOf(seeds.map((seed) => fit(ofSeed(seed)).exponent));
  const law = fit((i) => mean(seeds.map((seed) => ofSeed(seed)(i))));
  return [{ ...law, curve, abscissa, seeds: seeds.length, exponents }];
}

function bestSize({ points }: Curve, measure: Measure): string | undefined {
  const worth = (point: Measured) => (measure.isGap ? -1 : 1) * (point.worth?.mean ?? Number.NaN);
  return points.toSorted((a, b) => worth(b) - worth(a))[0]?.size;
}

function lawsTable(curves: readonly Curve[], measure: Measure): Table {
  const form = measure.isGap
    ? "gap = b x^-c, by least squares in logarithms: twice the size leaves 2^-c of the gap"
    : "H@L = a - b x^-c, by least squares";
  const caption =
    `Power laws, ${form}. The exponent is the mean over seeds with its 95% interval; R2 is the share of the variance of the ` +
    "means that the law explains.";
  const laws = BOTH.flatMap((abscissa) => curves.flatMap((curve) => lawOf(curve, measure, abscissa)));
  const left: ColumnOf<Law> = {
    title: "left by twice the size",
    isPercent: true,
    digits: 0,
    of: ({ exponents }) => exponents && 2 ** -exponents.mean,
  };
  return tableOf("figure3-laws", caption, laws, [
    { title: "method", of: ({ curve }) => curve.method },
    { title: "against", of: ({ abscissa }) => ABSCISSAS[abscissa].title },
    { title: "seeds", digits: 0, of: ({ seeds }) => seeds },
    { title: "exponent c", of: ({ exponents }) => exponents },
    { title: "b", of: ({ coefficient }) => Number(coefficient.toPrecision(3)).toString() },
    measure.isGap ? left : { title: "limit a", of: ({ limit }) => limit },
    { title: "R2", of: ({ explained }) => explained },
    { title: "best at", of: ({ curve }) => bestSize(curve, measure) },
  ]);
}

function panel(curves: readonly Curve[], measure: Measure, abscissa: Abscissa, dataset: string): Picture {
  const { title, axis, unit } = ABSCISSAS[abscissa];
  const pointOf = (point: Measured): Point[] => {
    const { worth } = point;
    if (worth === undefined) return [];
    const { low, ...mark } = markOf(worth);
    // On a logarithmic axis nothing may reach 0.
    const least = measure.isGap ? worth.mean / 10 : Number.NEGATIVE_INFINITY;
    return [{ x: point[abscissa] / unit, ...mark, low: low && Math.max(low, least) }];
  };
  return drawLines({
    name: `figure3-${abscissa}`,
    caption: `${measure.title} against ${title} on ${dataset}; bands are 95% intervals over seeds.`,
    description: `${measure.title} against ${title}`,
    x: { label: axis, type: "log" },
    y: { label: measure.title, type: measure.isGap ? "log" : "linear" },
    lines: curves.map(({ method, points }) => ({
      name: method,
      points: points.flatMap(pointOf).sort((a, b) => a.x - b.x),
    })),
  });
}

export const figure3: Experiment = {
  name: EXPERIMENT,
  title: "Figure 3: quality against size and training",
  summary: "GoalRank, DNN, RankMixer, PIER and MG-E at growing sizes, with fitted power laws",
  data: "any",
  trials: trialsOf,
  works: { "training-cost": measureTrainingCost },
  notes: [
    "The paper goes from 1 million to 100 million parameters; these sizes are what two cores train in hours.",
    "All models of a method grow together, the judge that it learns from or asks included. Learning rates fall with the " +
      `root of the width over ${TUNED_WIDTH}; nothing else is tuned for a size, and every size has the same lists, requests and epochs.`,
  ],
  present(results) {
    const measure = measureOf(results);
    const all = CONTESTANTS.map((name) => curveOf(results, measure, methodTitle(name)));
    const curves = all.filter(({ points }) => points.length > 0);
    if (curves.length === 0) return { tables: [], pictures: [] };
    const rates = ratesTable(results);
    return {
      tables: [sizesTable(results, curves, measure), lawsTable(curves, measure), ...(rates ? [rates] : [])],
      pictures: BOTH.map((abscissa) => panel(curves, measure, abscissa, results.dataset)),
    };
  },
};
