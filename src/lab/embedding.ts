/** Proposition 1 on real weights: a fitted mixture as one network, and what is left of a difference. */
import { divergence, embedMixture, networkLogits } from "../goalrank/paper.ts";
import { listLogProbabilities, type Mixture, mixtureLogProbabilities } from "../goalrank/theorem/small-generators.ts";
import { LIST_LENGTH } from "./state.ts";
import { SPACE } from "./world.ts";

/** A mixture that became one network. */
export interface EmbeddedMixture {
  /** Units of the generators, side by side. */
  readonly blockUnits: number;
  /** Units of the evaluator head: one for each prefix. */
  readonly headUnits: number;
  /** Units of each layer, the first holds both of the above. */
  readonly layers: readonly number[];
  /** Share of each generator in the mixture: [k]. */
  readonly shares: readonly number[];
  /** KL(mixture || network) over all lists, in nats. */
  readonly error: number;
  /** What it cannot exceed. */
  readonly bound: number;
  /** First-layer weights of the generators, a row for each hidden unit: [k w][F]. */
  readonly weights: readonly (readonly number[])[];
}

/** The library's construction, with so many straight pieces for each softplus of the combiner. */
export function embedded(mixture: Mixture, segments: number): EmbeddedMixture {
  const { network, bound } = embedMixture(mixture, SPACE, segments);
  const own = listLogProbabilities(networkLogits(network, SPACE), SPACE);
  const target = mixtureLogProbabilities(mixture, SPACE).map(Math.exp);
  const blockUnits = mixture.members.reduce((sum, { width }) => sum + width, 0);
  return {
    blockUnits,
    headUnits: SPACE.prefixCount,
    layers: network.layers.map((layer) => layer.length),
    shares: Array.from(mixture.logWeights, Math.exp),
    error: Math.max(0, divergence(target, own)),
    bound: LIST_LENGTH * bound,
    weights: network.layers[0].slice(0, blockUnits).map(({ weights }) => [...weights]),
  };
}
