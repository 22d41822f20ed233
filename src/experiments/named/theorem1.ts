/**
 * Theorem 1: a policy over lists that gives every list a positive probability is approximated better by one generator of
 * width at least k alpha + n and depth at least beta + 1 than by any mixture of k generators of width alpha and depth beta.
 * Here alpha and beta are 1, the lists are few enough to enumerate, and the error KL(target || model) is exact.
 */
import { mean } from "../../evaluation/statistics.ts";
import { approximate, randomTargets } from "../../goalrank/theorem/approximation.ts";
import { mixtureDimension } from "../../goalrank/theorem/dimension.ts";
import { enumerateLists } from "../../goalrank/theorem/list-space.ts";
import type { Experiment, ExperimentRequest } from "../experiment.ts";
import { drawLines, type Picture } from "../pictures.ts";
import type { Results } from "../results.ts";
import { type Table, tableOf } from "../tables.ts";
import type { Trial, TrialOutcome, Work } from "../trial.ts";
import { embed, embeddingPicture, embeddingTable, embeddingTrials } from "./theorem1-embedding.ts";

/** How each class is fitted; the deviation is that of the normal logits of the targets. */
const FIT = { targets: 5, deviation: 1, restarts: 3, steps: 2000 };

interface TheoremWork extends Work, Readonly<typeof FIT> {
  readonly kind: "theorem1";
  /** N and L. */
  readonly candidates: number;
  readonly length: number;
  readonly members: number;
  readonly width: number;
  readonly depth: number;
  readonly seed: number;
}

const SIZES = [5, 6];
const LENGTH = 3;
const MEMBERS = [1, 2, 3, 4, 5, 6, 7, 8];
const WIDTHS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24];
/** Hidden layers of the one generator: those of the small ones, and more. */
const DEPTHS = [1, 2, 3];
/** Errors under this are rounding in f32, and shown as this. */
const FLOOR = 1e-5;

const MIXTURE = "mixture of small generators";
const SINGLE = "one generator";
const singleOf = (depth: number) => (depth === 1 ? SINGLE : `${SINGLE}, ${depth} layers`);

function trialsOf({ seeds: [seed] }: ExperimentRequest): Trial[] {
  const fits = SIZES.flatMap((candidates) => {
    const trial = (method: string, name: string, members: number, width: number, depth = 1): Trial => {
      const variant = `N = ${candidates}, ${name}`;
      const work: TheoremWork = { kind: "theorem1", candidates, length: LENGTH, members, width, depth, ...FIT, seed };
      return { experiment: "theorem1", dataset: "", method, seed, variant, work };
    };
    return [
      ...MEMBERS.map((members) => trial(MIXTURE, `k = ${members}`, members, 1)),
      ...DEPTHS.flatMap((depth) => WIDTHS.map((width) => trial(singleOf(depth), `width ${width}`, 1, width, depth))),
    ];
  });
  return [...fits, ...embeddingTrials(seed)];
}

async function fit(work: TheoremWork): Promise<TrialOutcome> {
  const { candidates, length, members, width, depth, targets, deviation, restarts, steps, seed } = work;
  const space = enumerateLists(candidates, length);
  const wanted = randomTargets(space, targets, deviation, seed);
  const found = await approximate(space, wanted, { members, width, depth }, { seed, restarts, steps });
  const errors = found.errors.map((error) => Math.max(error, 0));
  const dimension = depth === 1 ? mixtureDimension(space, { members, width }, seed).rank : undefined;
  return {
    metrics: {
      ...(dimension !== undefined && { dimension }),
      error: mean(errors),
      lowest: Math.min(...errors),
      highest: Math.max(...errors),
      parameters: found.parameters,
    },
    values: { error: errors },
  };
}

/** A fitted class of policies. */
interface Fitted {
  readonly name: string;
  /** Of its set of policies, where that is known. */
  readonly dimension: number | undefined;
  readonly parameters: number;
  readonly error: number;
  readonly low: number;
  readonly high: number;
}

/** What was fitted for N candidates, by growing number of parameters. */
function fitted({ rows }: Results, method: string, candidates: number): Fitted[] {
  const prefix = `N = ${candidates}, `;
  return rows
    .filter((row) => row.method === method && row.variant.startsWith(prefix))
    .map(({ variant, trials: [{ metrics }] }) => {
      const { parameters, error, lowest: low, highest: high, dimension } = metrics;
      return { name: variant.slice(prefix.length), dimension, parameters, error, low, high };
    })
    .sort((a, b) => a.parameters - b.parameters);
}

function nearestTable(results: Results, candidates: number): Table {
  const policies = enumerateLists(candidates, LENGTH).listCount - 1;
  const caption =
    "KL(target || model) in nats of the best mixture of k generators of width 1 and one layer, and of the narrowest single " +
    `generator of 1, 2 and 3 layers that is at least as near, N = ${candidates}, L = ${LENGTH}: mean (lowest to highest) over ` +
    `${FIT.targets} random targets. The dimension of a class is the rank of its Jacobian, of the ${policies} that all policies ` +
    "have: where it has all of them the hypothesis of the theorem, that the mixtures miss almost every target, does not hold.";
  const singles = DEPTHS.map((depth) => ({ depth, fits: fitted(results, singleOf(depth), candidates) }));
  const nearest = (mixture: Fitted, fits: readonly Fitted[]) =>
    fits.find(({ error }) => floored(error) <= floored(mixture.error));
  return tableOf(`theorem1-n${candidates}`, caption, fitted(results, MIXTURE, candidates), [
    { title: "mixture", of: ({ name }) => name },
    { title: "parameters", digits: 0, of: ({ parameters }) => parameters },
    { title: "dimension", digits: 0, of: ({ dimension }) => dimension },
    {
      title: "hypothesis",
      of: ({ dimension }) => (dimension === undefined || dimension < policies ? "holds" : "does not hold"),
    },
    { title: "error", of: range },
    ...singles
      .filter(({ fits }) => fits.length > 0)
      .flatMap(({ depth, fits }) => [
        {
          title: `as near with ${depth} ${depth === 1 ? "layer" : "layers"}`,
          of: (mixture: Fitted) => nearest(mixture, fits)?.name ?? "none",
        },
        {
          title: "its error",
          of: (mixture: Fitted) => nearest(mixture, fits) && range(nearest(mixture, fits) ?? mixture),
        },
      ]),
  ]);
}

function range({ error, low, high }: Fitted): string {
  if (high < FLOOR) return errorText(high);
  return `${errorText(error)} (${errorText(low)} to ${errorText(high)})`;
}

function errorText(error: number): string {
  return error < FLOOR ? "under 1e-5" : Number(error.toPrecision(2)).toString();
}

function pictureOf(results: Results, candidates: number): Picture {
  const lines = [MIXTURE, ...DEPTHS.map(singleOf)].map((method) => ({
    name: method,
    points: fitted(results, method, candidates).map(({ parameters, error, low, high }) => ({
      x: parameters,
      value: floored(error),
      low: floored(low),
      high: floored(high),
    })),
  }));
  return drawLines({
    name: `theorem1-n${candidates}`,
    caption:
      `Error against number of parameters, N = ${candidates}, L = ${LENGTH}; bands run from the lowest to the highest of ` +
      `${FIT.targets} targets. Errors under ${FLOOR} are rounding, and drawn there.`,
    description: `KL error of mixtures of small generators and of one generator against their size, N = ${candidates}`,
    x: { label: "parameters", type: "log" },
    y: { label: "KL(target || model), nats", type: "log", ticks: [1, 0.1, 0.01, 0.001, 0.0001, FLOOR] },
    lines: lines.filter(({ points }) => points.length > 0),
  });
}

function floored(error: number): number {
  return Math.max(error, FLOOR);
}

export const theorem1: Experiment = {
  name: "theorem1",
  title: "Theorem 1: mixtures of small generators against one that grows",
  summary: "exact error of k small generators and of one larger one, all lists enumerated",
  data: "none",
  trials: trialsOf,
  works: { theorem1: fit, "theorem1-embedding": embed },
  notes: [
    "The paper proves the theorem and reports no experiment on it. An error is of the best of " +
      `${FIT.restarts} fits by gradient descent on the exact KL, so it is an upper bound of the class's error.`,
  ],
  present(results) {
    const sizes = SIZES.filter((candidates) => fitted(results, MIXTURE, candidates).length > 0);
    const embedding = embeddingTable(results);
    return {
      tables: [...sizes.map((candidates) => nearestTable(results, candidates)), ...(embedding ? [embedding] : [])],
      pictures: [
        ...sizes.map((candidates) => pictureOf(results, candidates)),
        ...(embedding ? [embeddingPicture(results)] : []),
      ],
    };
  },
};
