/**
 * Proposition 1, built: k small generators and the evaluator that weighs them, embedded in the weights of one larger
 * generator. What follows a prefix under the mixture p = sum_j lambda_j pi_j is
 *
 *   p(n | prefix) = sum_j exp(a_jn) / p(prefix),   a_jn = log lambda_j + log pi_j(prefix) + log pi_j(n | prefix)
 *
 * so its logits are log sum_j exp(a_jn), and one network gives them:
 *
 *   first layer     the hidden units of the k generators side by side, each block with its own weights, and the
 *                   evaluator head: a unit for each prefix, which is 1 there and 0 elsewhere. The values a_jn are linear
 *                   in these: block j's own output weights, and for each prefix what all items of generator j add there.
 *   further layers  the combiner: log(e^a + e^b) = b + softplus(a - b), with softplus in straight pieces, a ReLU for
 *                   each; k values come together two by two, in ceil(log2 k) layers.
 *
 * The pieces lie above softplus by at most h^2 / 32, h their width. As they become many the error goes to 0. For k = 2 the
 * network has one hidden layer more than the generators, as in the theorem; for larger k the paper's one layer needs
 * universal approximation, which writes no weights down.
 */
import type { ListSpace } from "./list-space.ts";
import {
  generatorLogits,
  logNormalisers,
  type Mixture,
  prefixLogProbabilities,
  stepLogProbabilities,
} from "./small-generators.ts";

/** Reads the units of the layer before, [W]. */
interface Affine {
  readonly weights: Float64Array;
  readonly bias: number;
}

interface Unit extends Affine {
  readonly activation: "tanh" | "relu";
}

/** A generator as layers of units, and what reads the last of them: a logit for each of N candidates. */
export interface Network {
  readonly layers: readonly (readonly Unit[])[];
  readonly logits: readonly Affine[];
}

/** A network that stands for a mixture. */
export interface Embedding {
  readonly network: Network;
  /** Units of the widest layer. */
  readonly width: number;
  /** Hidden layers. */
  readonly depth: number;
  /** No logit is further than this above the mixture's; its divergence from the mixture is at most L times as much. */
  readonly bound: number;
}

/**
 * The mixture as one network, whose combiner has `segments` straight pieces for each softplus.
 * @throws RangeError for fewer than one segment
 */
export function embedMixture(mixture: Mixture, space: ListSpace, segments: number): Embedding {
  if (!(Number.isInteger(segments) && segments >= 1)) {
    throw new RangeError(`embedding: expected at least one segment, got ${segments}`);
  }
  const layers: (readonly Unit[])[] = [[...generatorUnits(mixture), ...prefixUnits(space)]];
  let values = weighedLogits(mixture, space);
  let bound = 0;
  while (values.length > 1) {
    const spread = widestGap(layers, values, space);
    const combined = combinePairs(values, spread, segments);
    layers.push(combined.units);
    values = combined.values;
    bound += ((2 * spread) / segments) ** 2 / 32;
  }
  const network = { layers, logits: values[0] };
  return { network, width: Math.max(...layers.map((layer) => layer.length)), depth: layers.length, bound };
}

/** The network's logits of every candidate after every prefix: [P, N]. */
export function networkLogits({ layers, logits }: Network, { prefixCount, prefixFeatures }: ListSpace): Float64Array {
  const features = prefixFeatures.length / prefixCount;
  const found = new Float64Array(prefixCount * logits.length);
  for (let prefix = 0; prefix < prefixCount; prefix++) {
    const input = Float64Array.from(prefixFeatures.subarray(prefix * features, (prefix + 1) * features));
    const hidden = layers.reduce<Float64Array>(
      (below, layer) => Float64Array.from(layer, (u) => fire(u, below)),
      input,
    );
    logits.forEach((value, n) => {
      found[prefix * logits.length + n] = read(value, hidden);
    });
  }
  return found;
}

function read({ weights, bias }: Affine, below: Float64Array): number {
  return weights.reduce((sum, weight, at) => sum + weight * below[at], bias);
}

function fire(unit: Unit, below: Float64Array): number {
  const sum = read(unit, below);
  return unit.activation === "tanh" ? Math.tanh(sum) : Math.max(sum, 0);
}

/** The hidden units of all generators, block after block. */
function generatorUnits({ members }: Mixture): Unit[] {
  return members.flatMap(({ width, input }) =>
    Array.from(
      { length: width },
      (_, unit): Unit => ({
        weights: Float64Array.from({ length: input.length / width }, (_own, f) => input[f * width + unit]),
        bias: 0,
        activation: "tanh",
      }),
    ),
  );
}

/** A unit for each prefix: the features that it shares with the input, less all of its own but one. */
function prefixUnits({ prefixCount, prefixFeatures }: ListSpace): Unit[] {
  const features = prefixFeatures.length / prefixCount;
  return Array.from({ length: prefixCount }, (_, prefix): Unit => {
    const weights = Float64Array.from(prefixFeatures.subarray(prefix * features, (prefix + 1) * features));
    return { weights, bias: 1 - weights.reduce((sum, one) => sum + one, 0), activation: "relu" };
  });
}

/** a_jn of every generator and candidate, as the first layer's units give them: [k][N]. */
function weighedLogits({ members, logWeights }: Mixture, space: ListSpace): Affine[][] {
  const { candidates, prefixCount } = space;
  const hidden = members.reduce((sum, { width }) => sum + width, 0);
  let start = 0;
  return members.map((member, j) => {
    const logits = generatorLogits(member, space);
    const normalisers = logNormalisers(logits, space);
    const prefixes = prefixLogProbabilities(stepLogProbabilities(logits, space), space);
    const evaluator = prefixes.map((log, prefix) => logWeights[j] + log - normalisers[prefix]);
    const values = Array.from({ length: candidates }, (_, n): Affine => {
      const weights = new Float64Array(hidden + prefixCount);
      for (let unit = 0; unit < member.width; unit++) weights[start + unit] = member.output[unit * candidates + n];
      weights.set(evaluator, hidden);
      return { weights, bias: member.bias[n] };
    });
    start += member.width;
    return values;
  });
}

/** The furthest that two values which are to be combined lie from each other, wherever it matters. */
function widestGap(layers: Network["layers"], values: readonly (readonly Affine[])[], space: ListSpace): number {
  const found = values.map((logits) => networkLogits({ layers, logits }, space));
  let widest = 1e-9;
  for (let pair = 0; pair + 1 < found.length; pair += 2) {
    const [a, b] = [found[pair], found[pair + 1]];
    for (let at = 0; at < a.length; at++) {
      if (space.free[at] === 1) widest = Math.max(widest, Math.abs(a[at] - b[at]));
    }
  }
  return widest;
}

/** A layer that makes one value of every two, b + softplus(a - b) in straight pieces, and hands on what is left over. */
function combinePairs(values: readonly (readonly Affine[])[], spread: number, segments: number) {
  const units: Unit[] = [];
  const width = (value: Affine) => value.weights.length;
  const relu = (weights: Float64Array, bias: number) => units.push({ weights, bias, activation: "relu" }) - 1;
  /** Where the units of each new value lie, and what they are multiplied with. */
  const plans: { readonly terms: [unit: number, weight: number][]; readonly bias: number }[][] = [];
  for (let pair = 0; pair < values.length; pair += 2) {
    const [first, second] = [values[pair], values[pair + 1]];
    plans.push(
      first.map((a, n) => {
        const kept = second?.[n] ?? a;
        const terms: [number, number][] = [
          [relu(kept.weights, kept.bias), 1],
          [
            relu(
              kept.weights.map((weight) => -weight),
              -kept.bias,
            ),
            -1,
          ],
        ];
        if (second === undefined) return { terms, bias: 0 };
        const difference = Float64Array.from({ length: width(a) }, (_, at) => a.weights[at] - kept.weights[at]);
        for (const { knot, bend } of softplusPieces(spread, segments)) {
          terms.push([relu(difference, a.bias - kept.bias - knot), bend]);
        }
        return { terms, bias: softplus(-spread) };
      }),
    );
  }
  const combined = plans.map((plan) =>
    plan.map(({ terms, bias }): Affine => {
      const weights = new Float64Array(units.length);
      for (const [unit, weight] of terms) weights[unit] = weight;
      return { weights, bias };
    }),
  );
  return { units, values: combined };
}

/** Where the straight pieces through softplus begin, from -spread to spread, and by how much each is steeper. */
function softplusPieces(spread: number, segments: number): { readonly knot: number; readonly bend: number }[] {
  const step = (2 * spread) / segments;
  const knots = Array.from({ length: segments + 1 }, (_, i) => -spread + i * step);
  const slopes = Array.from({ length: segments }, (_, i) => (softplus(knots[i + 1]) - softplus(knots[i])) / step);
  return slopes.map((slope, i) => ({ knot: knots[i], bend: slope - (i === 0 ? 0 : slopes[i - 1]) }));
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
