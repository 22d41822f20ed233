/**
 * The lab's generator: the library's small generator over an enumerated space (one member of Theorem 1's mixtures), its
 * policy over all lists, and that policy as a tree of prefixes.
 */
import { GeneratorMixtures } from "../goalrank/paper.ts";
import { noGrad, Random, scope } from "../tensor/index.ts";
import { ITEM_COUNT, LIST_LENGTH } from "./state.ts";
import { listAt, SPACE } from "./world.ts";

/** A generator of `width` hidden units as the seed starts it. The caller disposes it. */
export function startGenerator(width: number, seed: number): GeneratorMixtures {
  const random = new Random({ seed, stream: "lab generator", step: 0 });
  return new GeneratorMixtures(SPACE, { instances: 1, members: 1, width }, random);
}

/** Copies of all parameters, in the order of their names. */
export type Weights = readonly Float32Array[];

export function copyWeights(generator: GeneratorMixtures): Weights {
  return generator.parameters().map((own) => Float32Array.from(own.dataSync()));
}

/** A generator with these weights. The caller disposes it. */
export function generatorWith(width: number, weights: Weights): GeneratorMixtures {
  const generator = startGenerator(width, 0);
  generator.parameters().forEach((own, at) => {
    own.assign(weights[at]);
  });
  return generator;
}

/** log pi of every list: [S]. */
export function logPolicy(generator: GeneratorMixtures): Float64Array {
  using _ = scope();
  return Float64Array.from(noGrad(() => generator.logProbabilities()).dataSync());
}

/** pi of every list, from its logarithm. */
export function probabilities(logs: Float64Array): Float64Array {
  return logs.map(Math.exp);
}

/** A node of the tree: what stands first, and how likely that is. */
export interface PrefixNode {
  readonly prefix: readonly number[];
  /** pi of all lists that begin so. */
  readonly probability: number;
  /** Of its last item after those before it: the edge that leads here. */
  readonly edge: number;
  /** Where it starts among all lists, from 0 to 1, when they lie side by side as wide as they are likely. */
  readonly start: number;
}

/** Levels of the tree, 6, 30 and 120 nodes, each in lexicographic order. */
export function prefixTree(policy: ArrayLike<number>): readonly (readonly PrefixNode[])[] {
  return Array.from({ length: LIST_LENGTH }, (_, t) => {
    const nodes: PrefixNode[] = [];
    let start = 0;
    let parentTotal = 0;
    // Lists of one prefix of t + 1 items lie together.
    const span = blockSize(t + 1);
    const parentSpan = blockSize(t);
    for (let first = 0; first < SPACE.listCount; first += span) {
      if (first % parentSpan === 0) parentTotal = sumRange(policy, first, first + parentSpan);
      const probability = sumRange(policy, first, first + span);
      const edge = parentTotal > 0 ? probability / parentTotal : 0;
      nodes.push({ prefix: [...listAt(first).subarray(0, t + 1)], probability, edge, start });
      start += probability;
    }
    return nodes;
  });
}

/** Lists that begin with a given prefix of `length` items. */
function blockSize(length: number): number {
  let size = 1;
  for (let t = length; t < LIST_LENGTH; t++) size *= ITEM_COUNT - t;
  return size;
}

function sumRange(values: ArrayLike<number>, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at++) sum += values[at];
  return sum;
}

/** The edges that lead to a list: [L] nodes, whose edges multiply to its probability. */
export function pathTo(tree: readonly (readonly PrefixNode[])[], list: number): readonly PrefixNode[] {
  return tree.map((nodes, t) => nodes[Math.floor(list / blockSize(t + 1))]);
}

/** - sum pi log pi, in nats. */
export function entropyOf(logs: Float64Array): number {
  return -logs.reduce((sum, log) => sum + Math.exp(log) * log, 0);
}
