/**
 * Mixtures of k small generators over an enumerated space of lists, the class of policies that Theorem 1 compares with
 * one larger generator; k = 1 is that one. R independent mixtures are computed side by side.
 *
 *   h_j(prefix) = tanh(x(prefix) A_j)                  w hidden units
 *   pi_j(list)  = prod_t softmax_free(h_j(prefix_t) B_j + c_j)[list_t]
 *   p(list)     = sum_j softmax(a)_j pi_j(list)
 */
import { constant, Module, normal, parameter } from "../../nn/index.ts";
import { outsideScopes, type Random, type Tensor, tensor } from "../../tensor/index.ts";
import type { ListSpace } from "./list-space.ts";

/** How many mixtures are learned side by side, and how large they are. */
export interface MixtureShape {
  /** R */
  readonly instances: number;
  /** k */
  readonly members: number;
  /** w */
  readonly width: number;
}

/** Mixtures of small generators, R of them at once. */
export class GeneratorMixtures extends Module {
  /** A: [R, k, F, w] */
  private readonly input: Tensor;
  /** B: [R, k, w, N] */
  private readonly output: Tensor;
  /** c: [R, k, 1, N] */
  private readonly bias: Tensor;
  /** a: [R, k] */
  private readonly mixture: Tensor;
  /** x: [P, F] */
  private readonly features: Tensor;
  /** i32 [P, N] */
  private readonly free: Tensor;
  /** Where each step of each list lies among prefixes and candidates: i32 [R * k, S * L]. */
  private readonly steps: Tensor;

  constructor(
    private readonly space: ListSpace,
    private readonly shape: MixtureShape,
    random: Random,
  ) {
    super();
    const { instances, members, width } = shape;
    const { candidates, prefixCount, prefixes, lists } = space;
    const features = space.prefixFeatures.length / prefixCount;
    const weights = (extents: number[], deviation: number) => parameter(normal(extents, deviation, random), extents);
    this.input = weights([instances, members, features, width], 1);
    this.output = weights([instances, members, width, candidates], 1 / Math.sqrt(width));
    const biases = [instances, members, 1, candidates];
    this.bias = parameter(constant(biases, 0), biases);
    this.mixture = parameter(constant([instances, members], 0), [instances, members]);
    const places = prefixes.map((prefix, at) => prefix * candidates + lists[at]);
    const rows = instances * members;
    const repeated = new Int32Array(rows * places.length);
    for (let row = 0; row < rows; row++) repeated.set(places, row * places.length);
    [this.features, this.free, this.steps] = outsideScopes(() => [
      tensor(space.prefixFeatures, [prefixCount, features]),
      tensor(space.free, [prefixCount, candidates]),
      tensor(repeated, [rows, places.length]),
    ]);
  }

  /** Numbers that one mixture learns; the only weight of a single member is none. */
  get numbersLearned(): number {
    const { instances, members } = this.shape;
    return this.parameterCount() / instances - (members === 1 ? 1 : 0);
  }

  /** log p of every list: [R, S]. */
  logProbabilities(): Tensor {
    const { instances, members } = this.shape;
    const { listCount, length } = this.space;
    const hidden = this.features.matmul(this.input).tanh();
    const logits = hidden.matmul(this.output).add(this.bias);
    const choices = logits.logSoftmax(this.free).reshape([instances * members, -1]);
    const lists = choices.takeAlongLast(this.steps).reshape([instances, members, listCount, length]).sum(3);
    const joint = lists.add(this.mixture.logSoftmax().reshape([instances, members, 1]));
    return joint.transpose().logSumExp();
  }
}
