/**
 * The hundred generators of MG-E: which network each reads, and how it makes a list of what it reads. Fleets of 3 and 20
 * are the first of them, so that a larger fleet proposes all that a smaller one does.
 *
 * Networks, in the order in which larger fleets come to need them:
 *
 *   pointwise      the shared DNN, trained for all methods
 *   lists          the autoregressive generator, trained to imitate logged lists
 *   matching       the generator of NAR4Rec
 *   positives      the autoregressive generator, trained to imitate the positives of logged lists
 *   lists 2        as lists, from other weights and with the rows in another order
 *   positives 2    as positives, likewise
 *
 * So a fleet of 3 trains two networks, one of 20 three, and one of 100 five. The members:
 *
 *    1-3    the best list of pointwise; that of lists; matching by contrastive decoding
 *    4-20   the best list of positives and of matching; that of pointwise and of lists with a fifth of the candidates left
 *           out; pointwise, lists and positives, sampled; lists from a nucleus; of appendix C, the Markov chain and the
 *           tree on lists, diversity and substitution on pointwise, and random lists
 *   21-100  the best lists of the second trainings; all four autoregressive networks at further temperatures, nuclei,
 *           shares left out, chains and branches of the tree; pointwise and matching at further temperatures, penalties
 *           and shares
 *
 * No two members are alike. All of this is ours: the paper says that generators differ, not how.
 */

export const AUTOREGRESSIVE_NETWORKS = ["lists", "positives", "lists 2", "positives 2"] as const;
export type AutoregressiveNetwork = (typeof AUTOREGRESSIVE_NETWORKS)[number];

/** The best list, item by item: the highest score, or the likeliest item. */
interface Best {
  readonly method: "best";
  /** Share of the candidates that is left out at random, of those that are not needed to fill a list; 0 without it. */
  readonly leftOut?: number;
}

interface Sampled {
  readonly method: "sampled";
  readonly temperature: number;
}

export type PointwiseDecoding =
  | Best
  | Sampled
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

const FIRST_TWENTY: readonly FleetMember[] = [
  { network: "pointwise", decoding: { method: "best" } },
  { network: "lists", decoding: { method: "best" } },
  { network: "matching", decoding: { method: "contrastive", penalty: 0.1 } },
  // A fleet of 3 ends here.
  { network: "positives", decoding: { method: "best" } },
  { network: "matching", decoding: { method: "best" } },
  { network: "pointwise", decoding: { method: "best", leftOut: 0.2 } },
  { network: "lists", decoding: { method: "best", leftOut: 0.2 } },
  { network: "pointwise", decoding: { method: "sampled", temperature: 0.2 } },
  { network: "pointwise", decoding: { method: "sampled", temperature: 0.5 } },
  { network: "pointwise", decoding: { method: "sampled", temperature: 1 } },
  { network: "lists", decoding: { method: "sampled", temperature: 0.5 } },
  { network: "lists", decoding: { method: "sampled", temperature: 1 } },
  { network: "positives", decoding: { method: "sampled", temperature: 0.5 } },
  { network: "positives", decoding: { method: "sampled", temperature: 1 } },
  { network: "lists", decoding: { method: "nucleus", topP: 0.9 } },
  { network: "lists", decoding: { method: "markov", temperature: 0.5 } },
  { network: "lists", decoding: { method: "tree", place: 2 } },
  { network: "pointwise", decoding: { method: "diverse", penalty: 1 } },
  { network: "pointwise", decoding: { method: "substituted" } },
  { network: "none", decoding: { method: "random" } },
];

const sampled = (...temperatures: number[]): Sampled[] =>
  temperatures.map((temperature) => ({ method: "sampled", temperature }));
const leavingOut = (...shares: number[]): Best[] => shares.map((leftOut) => ({ method: "best", leftOut }));

/** What all four autoregressive networks add to a fleet of 100. */
const AUTOREGRESSIVE: readonly AutoregressiveDecoding[] = [
  ...sampled(0.3, 0.7, 1.5),
  ...leavingOut(0.1, 0.4),
  { method: "nucleus", topP: 0.8 },
  { method: "nucleus", topP: 0.95 },
  { method: "markov", temperature: 0.3 },
  { method: "markov", temperature: 1 },
  { method: "tree", place: 3 },
  { method: "tree", place: TREE_BRANCHES },
];

/** What the second trainings add, as their firsts have it already. */
const SECOND_TRAINING: readonly AutoregressiveDecoding[] = [{ method: "best" }, ...sampled(0.5, 1)];

const POINTWISE: readonly PointwiseDecoding[] = [
  ...sampled(0.1, 0.15, 0.3, 0.4, 0.7, 0.85, 1.5, 2),
  ...leavingOut(0.1, 0.3, 0.4, 0.5, 0.6),
  { method: "diverse", penalty: 0.5 },
  { method: "diverse", penalty: 2 },
];

const MATCHING: readonly MatchingDecoding[] = [
  ...[0.05, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9].map((penalty) => ({ method: "contrastive", penalty }) as const),
  ...sampled(0.3, 0.5, 0.7, 1, 1.5),
  ...leavingOut(0.2, 0.4, 0.6),
];

/** All hundred, in order. */
export const FLEET: readonly FleetMember[] = [
  ...FIRST_TWENTY,
  ...(["lists 2", "positives 2"] as const).flatMap((network) =>
    SECOND_TRAINING.map((decoding) => ({ network, decoding })),
  ),
  ...AUTOREGRESSIVE_NETWORKS.flatMap((network) => AUTOREGRESSIVE.map((decoding) => ({ network, decoding }))),
  ...POINTWISE.map((decoding) => ({ network: "pointwise", decoding }) as const),
  ...MATCHING.map((decoding) => ({ network: "matching", decoding }) as const),
];
