/**
 * The hundred generators of MG-E: which network each reads, and how it makes a list of what it reads. Fleets of 3 and 20
 * are the first of them, so that a larger fleet proposes all that a smaller one does.
 *
 * Networks, in the order in which fleets come to need them, and in which they are trained:
 *
 *   pointwise      the shared DNN
 *   judged         the autoregressive generator, trained to write what the judge likes
 *   complement     likewise, trained to write what the judge likes and the networks before leave out
 *   imitation      the shared generator that imitates the log
 *   matching       the generator of NAR4Rec
 *   complement 2   as complement, after all others
 *
 * So a fleet of 3 trains two networks, one of 20 three, and one of 100 four: a hundred proposals are affordable as many
 * samples of few networks. The members:
 *
 *    1-3    the best list of pointwise, of judged, and of complement
 *    4-20   matching by contrastive decoding, and the best list of imitation; judged and complement, sampled; pointwise
 *           sampled at the temperature that suits the judge best, as the plain generator-evaluator is; of appendix C,
 *           diversity and substitution on pointwise
 *   21-100  complement 2, best and sampled; further samples of judged, complement and imitation, at other temperatures, from
 *           nuclei and with shares of the candidates left out; thirty further samples of pointwise; matching at further
 *           penalties and temperatures; of appendix C, the Markov chain and the tree on imitation, and random lists
 *
 * No two members are alike. The list is ours: the paper says that generators differ, not how.
 */

/** Those that are trained on the judge, in the order of their training: each later one complements those before. */
export const JUDGED_NETWORKS = ["judged", "complement", "complement 2"] as const;
export type JudgedNetwork = (typeof JUDGED_NETWORKS)[number];

export const AUTOREGRESSIVE_NETWORKS = [...JUDGED_NETWORKS, "imitation"] as const;
export type AutoregressiveNetwork = (typeof AUTOREGRESSIVE_NETWORKS)[number];

/** The best list, item by item: the highest score, or the likeliest item. */
interface Best {
  readonly method: "best";
  /** Share of the candidates that is left out at random, of those that are not needed to fill a list; 0 without it. */
  readonly leftOut?: number;
}

interface Sampled {
  readonly method: "sampled";
  /** Over that which all samples of networks are drawn at. */
  readonly temperature: number;
}

export type PointwiseDecoding =
  | Best
  /** Sampled at the temperature of all such members; the draw tells them apart. */
  | { readonly method: "tuned"; readonly draw: number }
  /** By scores less a penalty for the items of the best list. */
  | { readonly method: "diverse"; readonly penalty: number }
  /** The best list with up to two items replaced at random. */
  | { readonly method: "substituted" };

export type AutoregressiveDecoding =
  | Best
  | Sampled
  /** At temperature 1. */
  | { readonly method: "nucleus"; readonly topP: number }
  | { readonly method: "markov"; readonly temperature: number }
  /** The list of this place, from 1, of the tree whose first position branches. */
  | { readonly method: "tree"; readonly place: number };

export type MatchingDecoding = Best | Sampled | { readonly method: "contrastive"; readonly penalty: number };

/** One generator. */
export type FleetMember =
  | { readonly network: "pointwise"; readonly decoding: PointwiseDecoding }
  | { readonly network: AutoregressiveNetwork; readonly decoding: AutoregressiveDecoding }
  | { readonly network: "matching"; readonly decoding: MatchingDecoding }
  | { readonly network: "none"; readonly decoding: { readonly method: "random" } };

/** Branches of the trees: the highest place that a member takes. */
export const TREE_BRANCHES = 4;

const BEST: Best = { method: "best" };
const sampled = (...temperatures: number[]): Sampled[] =>
  temperatures.map((temperature) => ({ method: "sampled", temperature }));
const leavingOut = (...shares: number[]): Best[] => shares.map((leftOut) => ({ method: "best", leftOut }));
const penalised = (...penalties: number[]) => penalties.map((penalty) => ({ method: "contrastive", penalty }) as const);

const pointwise = (...decodings: PointwiseDecoding[]): FleetMember[] =>
  decodings.map((decoding) => ({ network: "pointwise", decoding }));
const autoregressive = (network: AutoregressiveNetwork, ...decodings: AutoregressiveDecoding[]): FleetMember[] =>
  decodings.map((decoding) => ({ network, decoding }));
const matching = (...decodings: MatchingDecoding[]): FleetMember[] =>
  decodings.map((decoding) => ({ network: "matching", decoding }));
/** Samples of the pointwise ranker, numbered from `first`. */
const tuned = (first: number, count: number): FleetMember[] =>
  pointwise(...Array.from({ length: count }, (_, i) => ({ method: "tuned", draw: first + i }) as const));

/** All hundred, in order. */
export const FLEET: readonly FleetMember[] = [
  ...pointwise(BEST),
  ...autoregressive("judged", BEST),
  ...autoregressive("complement", BEST),
  // A fleet of 3 ends here.
  ...matching(...penalised(0.1)),
  ...autoregressive("imitation", BEST),
  ...autoregressive("judged", ...sampled(0.5, 1, 1.5)),
  ...autoregressive("complement", ...sampled(0.5, 1, 1.5)),
  ...tuned(1, 7),
  ...pointwise({ method: "diverse", penalty: 1 }, { method: "substituted" }),
  // A fleet of 20 ends here.
  ...autoregressive("complement 2", BEST, ...sampled(0.3, 0.5, 0.7, 0.85, 1, 1.5, 2)),
  ...autoregressive("judged", ...sampled(0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 1.2, 2), ...leavingOut(0.1, 0.2, 0.3, 0.4)),
  ...autoregressive("complement", ...sampled(0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 1.2, 2), ...leavingOut(0.1, 0.2, 0.3, 0.4)),
  ...tuned(8, 30),
  ...pointwise(...leavingOut(0.1, 0.2, 0.3, 0.4)),
  ...autoregressive("imitation", ...sampled(0.5, 1), { method: "nucleus", topP: 0.9 }),
  ...autoregressive("imitation", { method: "markov", temperature: 0.5 }, { method: "tree", place: 2 }),
  ...matching(BEST, ...penalised(0.05, 0.2, 0.3, 0.5), ...sampled(0.5, 1)),
  { network: "none", decoding: { method: "random" } },
  { network: "imitation", decoding: { method: "tree", place: TREE_BRANCHES } },
];
