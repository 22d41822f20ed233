/** Exact mode: the gradient over all lists beside those of sampled groups, and what each step pushes in the tree. */
import { Sgd } from "../nn/index.ts";
import { Random } from "../tensor/index.ts";
import { generatorWith, logPolicy, prefixTree, probabilities, type Weights } from "./generator.ts";
import { type GroupList, WHOLE_SPACE } from "./group.ts";
import { drawIndex } from "./judge.ts";
import { viewGroup } from "./objective.ts";
import { LIST_COUNT } from "./state.ts";
import { type Moment, scored, stepOnGroup, type TrainingState, wholeReference } from "./training.ts";

/** Sizes of groups that are tried. */
export const GROUP_SIZES = [2, 4, 8, 16, 32, 64] as const;

/** Where sampled groups come from. */
export type SampledFrom = "policy" | "random";

/** How near sampled groups of one size come to the exact gradient. */
export interface GradientQuality {
  readonly size: number;
  readonly from: SampledFrom;
  /** Cosine of the sampled and the exact gradient: mean and standard deviation over draws. */
  readonly mean: number;
  readonly deviation: number;
}

/** The gradient of a group's loss over all of the generator's numbers, as one vector. */
export function groupGradient(
  group: readonly GroupList[],
  moment: Moment,
  start: Moment,
  state: TrainingState,
): Float64Array {
  const generator = generatorWith(state.width, moment.weights);
  const gradients: number[] = [];
  const reader = {
    step() {
      for (const own of generator.parameters()) {
        const values = own.grad?.dataSync() ?? new Float32Array(own.size);
        for (const value of values) gradients.push(value);
      }
    },
    zeroGrad: () => generator.zeroGrad(),
  };
  // Imitation is left out: the groups alone are compared.
  stepOnGroup(generator, reader, group, { ...moment, start: start.logs, state: { ...state, imitation: 0 } });
  generator.dispose();
  return Float64Array.from(gradients);
}

/** Groups of `size` lists for comparison, from the policy or uniformly: as sampling draws them, repetitions and all. */
export function sampledGroup(moment: Moment, from: SampledFrom, size: number, random: Random): GroupList[] {
  const policy = probabilities(moment.logs);
  const seen = new Set<number>();
  return Array.from({ length: size }, () => {
    const index = from === "policy" ? drawIndex(policy, random) : random.integer(LIST_COUNT);
    const isDistinct = !seen.has(index);
    seen.add(index);
    return { index, source: from, isDistinct };
  });
}

/** For one size, `draws` groups against the gradient of the group of all lists. */
export function gradientQuality(
  moment: Moment,
  start: Moment,
  state: TrainingState,
  { size, from, draws = 12 }: { readonly size: number; readonly from: SampledFrom; readonly draws?: number },
): GradientQuality {
  const exact = groupGradient(WHOLE_SPACE, moment, start, state);
  const random = new Random({ seed: state.seed, stream: `lab gradients ${from} ${size}`, step: moment.step });
  const cosines = Array.from({ length: draws }, () => {
    const sampled = groupGradient(sampledGroup(moment, from, size, random), moment, start, state);
    return cosine(sampled, exact);
  });
  const mean = average(cosines);
  return { size, from, mean, deviation: Math.sqrt(average(cosines.map((value) => (value - mean) ** 2))) };
}

/** 0 where either has no direction. */
function cosine(a: Float64Array, b: Float64Array): number {
  const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, at) => sum + value * y[at], 0);
  const norms = Math.sqrt(dot(a, a) * dot(b, b));
  return norms === 0 ? 0 : dot(a, b) / norms;
}

/** The push on the first position's logit of each item: exact, and from sampled groups. */
export interface FirstItemPush {
  readonly item: number;
  readonly exact: number;
  readonly mean: number;
  readonly deviation: number;
}

/**
 * Minus the derivative of Eq. 5 with respect to the first position's logits: the share of pi_ref that begins with the item
 * less that of pi_theta. Exact with pi_ref over all lists; sampled with that over groups of `size`.
 */
export function firstItemPushes(
  moment: Moment,
  state: TrainingState,
  { size, from, draws = 40 }: { readonly size: number; readonly from: SampledFrom; readonly draws?: number },
): readonly FirstItemPush[] {
  const policy = probabilities(moment.logs);
  const firsts = prefixTree(policy)[0].map(({ probability }) => probability);
  const exactShares = prefixTree(wholeReference(moment.rewards, state))[0].map(({ probability }) => probability);
  const random = new Random({ seed: state.seed, stream: `lab first items ${from} ${size}`, step: moment.step });
  const sampled = Array.from({ length: draws }, () => {
    const group = sampledGroup(moment, from, size, random);
    const lists = scored(group, moment.rewards, moment.logs);
    const { rows } = viewGroup(
      lists,
      { ...state, objective: "goalrank" },
      lists.map(({ logProbability }) => logProbability),
    );
    const reference = new Float64Array(LIST_COUNT);
    rows.forEach((row, at) => {
      reference[group[at].index] += row.reference;
    });
    const total = reference.reduce((sum, share) => sum + share, 0);
    return prefixTree(reference)[0].map(({ probability }, item) => probability - firsts[item] * total);
  });
  return firsts.map((first, item) => {
    const own = sampled.map((pushes) => pushes[item]);
    const mean = average(own);
    const deviation = Math.sqrt(average(own.map((value) => (value - mean) ** 2)));
    return { item, exact: exactShares[item] - first, mean, deviation };
  });
}

/** log pi of every list after one plain gradient step on a group, less what it was before: [S]. */
export function pushedLogs(
  group: readonly GroupList[],
  moment: Moment,
  start: Moment,
  state: TrainingState,
  learningRate = 0.1,
): Float64Array {
  const generator = generatorWith(state.width, moment.weights);
  const optimiser = new Sgd(generator.parameters(), { learningRate });
  stepOnGroup(generator, optimiser, group, { ...moment, start: start.logs, state });
  const after = logPolicy(generator);
  optimiser.dispose();
  generator.dispose();
  return after.map((log, index) => log - moment.logs[index]);
}

/** Weights as one count, for what the page says of the generator. */
export function countNumbers(weights: Weights): number {
  return weights.reduce((sum, { length }) => sum + length, 0);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
