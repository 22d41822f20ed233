/** Proposition 1 for `theorem1`: trained mixtures as one network, with combiners of more and more pieces. */
import { approximate, divergence, randomTargets } from "../../goalrank/theorem/approximation.ts";
import { embedMixture, networkLogits } from "../../goalrank/theorem/embedding.ts";
import { enumerateLists } from "../../goalrank/theorem/list-space.ts";
import { listLogProbabilities, mixtureLogProbabilities } from "../../goalrank/theorem/small-generators.ts";
import { drawLines, type Picture } from "../pictures.ts";
import type { Results } from "../results.ts";
import { type Table, tableOf } from "../tables.ts";
import type { Trial, TrialOutcome, Work } from "../trial.ts";

interface EmbeddingWork extends Work {
  readonly kind: "theorem1-embedding";
  readonly candidates: number;
  readonly length: number;
  readonly members: number;
  readonly restarts: number;
  readonly steps: number;
  readonly segments: readonly number[];
  readonly seed: number;
}

const SPACE = { candidates: 5, length: 3 };
const MEMBERS = [2, 3, 4, 8];
const SEGMENTS = [1, 2, 4, 8, 16, 32, 64, 128];
const METHOD = "embedded mixture";
const variantOf = (members: number) => `k = ${members}`;

export function embeddingTrials(seed: number): Trial[] {
  return MEMBERS.map((members): Trial => {
    const fit = { members, restarts: 3, steps: 2000 };
    const work: EmbeddingWork = { kind: "theorem1-embedding", ...SPACE, ...fit, segments: SEGMENTS, seed };
    return { experiment: "theorem1", dataset: "", method: METHOD, seed, variant: variantOf(members), work };
  });
}

/** Trains k small generators towards a random target, embeds them, and measures how far that is from their mixture. */
export async function embed(work: EmbeddingWork): Promise<TrialOutcome> {
  const { candidates, length, members, restarts, steps, segments, seed } = work;
  const space = enumerateLists(candidates, length);
  const fit = { seed, restarts, steps };
  const { mixture } = await approximate(space, randomTargets(space, 1, 1, seed), { members, width: 1 }, fit);
  if (mixture === undefined) throw new Error("theorem1: the mixture was not kept");
  const exact = mixtureLogProbabilities(mixture, space).map(Math.exp);
  const found = segments.flatMap((count): [string, number][] => {
    const { network, width, depth, bound } = embedMixture(mixture, space, count);
    const error = divergence(exact, listLogProbabilities(networkLogits(network, space), space));
    return [
      [`error at ${count}`, Math.max(error, 0)],
      [`bound at ${count}`, length * bound],
      [`width at ${count}`, width],
      ["depth", depth],
    ];
  });
  return { metrics: Object.fromEntries(found) };
}

/** One mixture, embedded with one number of pieces. */
interface Embedded {
  readonly members: number;
  readonly segments: number;
  readonly width: number;
  readonly depth: number;
  readonly error: number;
  readonly bound: number;
}

function embedded(results: Results): Embedded[] {
  return MEMBERS.flatMap((members) => {
    const metrics = results.row(METHOD, variantOf(members))?.trials[0].metrics;
    if (metrics === undefined) return [];
    return SEGMENTS.map((segments) => ({
      members,
      segments,
      depth: metrics.depth,
      width: metrics[`width at ${segments}`],
      error: metrics[`error at ${segments}`],
      bound: metrics[`bound at ${segments}`],
    }));
  });
}

/** Undefined where nothing was embedded. */
export function embeddingTable(results: Results): Table | undefined {
  const items = embedded(results);
  if (items.length === 0) return undefined;
  const caption =
    `Proposition 1: k trained generators of width 1 embedded in one network, N = ${SPACE.candidates}, L = ${SPACE.length}: ` +
    "KL(mixture || network) in nats by the straight pieces of its combiner, and what it cannot exceed.";
  const short = (value: number) => Number(value.toPrecision(2)).toString();
  return tableOf("theorem1-embedding", caption, items, [
    { title: "generators", digits: 0, of: ({ members }) => members },
    { title: "pieces", digits: 0, of: ({ segments }) => segments },
    { title: "width", digits: 0, of: ({ width }) => width },
    { title: "hidden layers", digits: 0, of: ({ depth }) => depth },
    { title: "error", of: ({ error }) => short(error) },
    { title: "bound", of: ({ bound }) => short(bound) },
  ]);
}

export function embeddingPicture(results: Results): Picture {
  const items = embedded(results);
  const lines = MEMBERS.map((members) => ({
    name: `k = ${members}`,
    points: items
      .filter((item) => item.members === members)
      // Rounding leaves no more than this to be drawn on an axis that never reaches 0.
      .map(({ segments, error }) => ({ x: segments, value: Math.max(error, 1e-12) })),
  }));
  return drawLines({
    name: "theorem1-embedding",
    caption:
      "KL(mixture || network) of k trained generators that are embedded in one network, against the straight pieces of its " +
      "combiner.",
    description: "Error of the embedding against the size of its combiner",
    x: { label: "straight pieces of softplus", type: "log", ticks: SEGMENTS },
    y: { label: "KL(mixture || network), nats", type: "log" },
    lines: lines.filter(({ points }) => points.length > 0),
  });
}
