/**
 * Theorem 1, measured: how near the best mixture of k small generators comes to a target policy, and how near one
 * generator comes as it grows. The error is the exact KL(target || model) over all lists.
 */
import { AdamW, learningRateAt } from "../../nn/index.ts";
import { Random, scope, tensor } from "../../tensor/index.ts";
import { GeneratorMixtures, type MixtureShape } from "./generator-mixtures.ts";
import type { ListSpace } from "./list-space.ts";
import type { Mixture } from "./small-generators.ts";

/** How policies are fitted to their targets. */
export interface ApproximationOptions {
  readonly seed: number;
  /** Starts for each target, of which the best counts: 3 unless given. */
  readonly restarts?: number;
  /** Updates of AdamW: 3000 unless given. */
  readonly steps?: number;
  readonly learningRate?: number;
}

/** How near policies of one kind and size come to their targets. */
export interface Approximation {
  /** k */
  readonly members: number;
  readonly width: number;
  readonly depth: number;
  /** Numbers that are learned. */
  readonly parameters: number;
  /** KL(target || model) of the best start for each target, in nats. */
  readonly errors: readonly number[];
  /** The mixture that came nearest to the first target; undefined for members of more than one hidden layer. */
  readonly mixture: Mixture | undefined;
}

/** Random targets that give every list a positive probability: softmax of normal logits, [S] each. */
export function randomTargets(space: ListSpace, count: number, deviation: number, seed: number): Float64Array[] {
  return Array.from({ length: count }, (_, target) => {
    const random = new Random({ seed, stream: "target policy", step: target });
    const weights = Float64Array.from({ length: space.listCount }, () => Math.exp(deviation * random.normal()));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  });
}

/**
 * Fits mixtures of `members` generators of `width` hidden units in each of `depth` layers (1 unless given) to each
 * target, by gradient descent on the KL itself.
 */
export async function approximate(
  space: ListSpace,
  targets: readonly Float64Array[],
  { members, width, depth = 1 }: Omit<MixtureShape, "instances">,
  { seed, restarts = 3, steps = 3000, learningRate: peak = 0.03 }: ApproximationOptions,
): Promise<Approximation> {
  const instances = targets.length * restarts;
  const deep = depth === 1 ? "" : `, depth ${depth}`;
  const random = new Random({ seed, stream: `mixture of ${members}, width ${width}${deep}`, step: 0 });
  const model = new GeneratorMixtures(space, { instances, members, width, depth }, random);
  const optimiser = new AdamW([...model.namedParameters().values()], { learningRate: peak });
  using _ = scope();
  const repeated = Array.from({ length: restarts }, () => targets.map((target) => [...target])).flat(2);
  const wanted = tensor(Float32Array.from(repeated), [instances, space.listCount]);
  for (let step = 0; step < steps; step++) {
    using _step = scope();
    model.logProbabilities().mul(wanted).sum().neg().backward();
    const schedule = { schedule: "cosine", peak, warmupSteps: 0, totalSteps: steps } as const;
    optimiser.step({ learningRate: learningRateAt(step, schedule) });
    optimiser.zeroGrad();
  }
  const logProbabilities = await model.logProbabilities().data();
  const best = targets.map((target, at) => {
    const ofStarts = Array.from({ length: restarts }, (_unused, restart) => {
      const instance = restart * targets.length + at;
      const own = logProbabilities.subarray(instance * space.listCount, (instance + 1) * space.listCount);
      return { instance, error: divergence(target, own) };
    });
    return ofStarts.reduce((least, start) => (start.error < least.error ? start : least));
  });
  const parameters = model.numbersLearned;
  const mixture = depth === 1 ? await model.mixtureAt(best[0].instance) : undefined;
  optimiser.dispose();
  model.dispose();
  return { members, width, depth, parameters, errors: best.map(({ error }) => error), mixture };
}

/** KL(target || model) in nats, of a target over lists and a model's log-probabilities of them. */
export function divergence(target: Float64Array, logProbabilities: ArrayLike<number>): number {
  return target.reduce((sum, share, list) => sum + share * (Math.log(share) - logProbabilities[list]), 0);
}
