/**
 * Learning by differentiable sorting, with group ordering constraints (GroCo, Shvetsova et al. 2023): what is liked more
 * has to stand before what is liked less, and how equally liked candidates stand among each other does not matter.
 *
 *   P = relaxed order of the scores, the shares that each candidate has of each rank      [B, N, N]
 *   loss = - mean over ranks k of log sum of P[k, n] over the n whose feedback is the k-th highest
 *
 * GroCo sorts with a network of relaxed swaps; ours: NeuralSort's relaxation (Grover et al. 2019), and a Transformer over
 * the candidates for the scores.
 */
import { initialWeights, type Method } from "./method.ts";
import { groupOrder } from "./ranking-losses.ts";
import { MemoryScorer } from "./scoring/memory-scorer.ts";
import { meanOver } from "./scoring/score-losses.ts";
import { scoringMethod } from "./scoring/scoring-method.ts";

export const GROUP_SORT: Method = scoringMethod(
  "group-sort",
  "GroCo (NeuralSort)",
  (context) => {
    const blocks = { ...context, stream: "group-sort" };
    return new MemoryScorer(context.catalogue, blocks, initialWeights(context, "group-sort"));
  },
  meanOver(groupOrder),
);
