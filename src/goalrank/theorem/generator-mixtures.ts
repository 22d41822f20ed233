/**
 * Mixtures of k small generators over an enumerated space of lists, the class of policies that Theorem 1 compares with
 * one larger generator; k = 1 is that one. R independent mixtures are computed side by side.
 *
 *   h_j(prefix) = tanh(x(prefix) A_j)                  w hidden units, and as many in each further layer:
 *   h_j         = tanh(h_j W_j + d_j)
 *   pi_j(list)  = prod_t softmax_free(h_j(prefix_t) B_j + c_j)[list_t]
 *   p(list)     = sum_j softmax(a)_j pi_j(list)
 */
import { logSumExp } from "../../evaluation/statistics.ts";
import { constant, Module, normal, parameter } from "../../nn/index.ts";
import { outsideScopes, type Random, type Tensor, tensor } from "../../tensor/index.ts";
import type { ListSpace } from "./list-space.ts";
import type { Mixture } from "./small-generators.ts";

/** How many mixtures are learned side by side, and how large they are. */
export interface MixtureShape {
  /** R */
  readonly instances: number;
  /** k */
  readonly members: number;
  /** w */
  readonly width: number;
  /** Hidden layers of a member: 1 unless given. */
  readonly depth?: number;
}

/** A further hidden layer of all members. */
class HiddenLayer extends Module {
  /** W: [R, k, w, w] */
  private readonly weight: Tensor;
  /** d: [R, k, 1, w] */
  private readonly bias: Tensor;

  constructor({ instances, members, width }: MixtureShape, random: Random) {
    super();
    const extents = [instances, members, width, width];
    this.weight = parameter(normal(extents, 1 / Math.sqrt(width), random), extents);
    const biases = [instances, members, 1, width];
    this.bias = parameter(constant(biases, 0), biases);
  }

  forward(hidden: Tensor): Tensor {
    return hidden.matmul(this.weight).add(this.bias).tanh();
  }
}

/** Mixtures of small generators, R of them at once. */
export class GeneratorMixtures extends Module {
  /** A: [R, k, F, w] */
  private readonly input: Tensor;
  private readonly deeper: HiddenLayer[];
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
    const { instances, members, width, depth = 1 } = shape;
    const { candidates, prefixCount, prefixes, lists } = space;
    const features = space.prefixFeatures.length / prefixCount;
    const weights = (extents: number[], deviation: number) => parameter(normal(extents, deviation, random), extents);
    this.input = weights([instances, members, features, width], 1);
    this.output = weights([instances, members, width, candidates], 1 / Math.sqrt(width));
    const biases = [instances, members, 1, candidates];
    this.bias = parameter(constant(biases, 0), biases);
    this.mixture = parameter(constant([instances, members], 0), [instances, members]);
    this.deeper = Array.from({ length: depth - 1 }, () => new HiddenLayer(shape, random));
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
    const first = this.features.matmul(this.input).tanh();
    const hidden = this.deeper.reduce((below, layer) => layer.forward(below), first);
    const logits = hidden.matmul(this.output).add(this.bias);
    const choices = logits.logSoftmax(this.free).reshape([instances * members, -1]);
    const lists = choices.takeAlongLast(this.steps).reshape([instances, members, listCount, length]).sum(3);
    const joint = lists.add(this.mixture.logSoftmax().reshape([instances, members, 1]));
    return joint.transpose().logSumExp();
  }

  /**
   * One of the R mixtures, as plain numbers.
   * @throws RangeError for members of more than one hidden layer
   */
  async mixtureAt(instance: number): Promise<Mixture> {
    const { members, width } = this.shape;
    if (this.deeper.length > 0) throw new RangeError("mixtures: only members of one hidden layer are read as numbers");
    const weights = [this.input, this.output, this.bias, this.mixture];
    const [input, output, bias, shares] = await Promise.all(
      weights.map(async (own) => {
        const numbers = Float64Array.from(await own.data());
        const share = numbers.length / this.shape.instances;
        return numbers.subarray(instance * share, (instance + 1) * share);
      }),
    );
    const part = (numbers: Float64Array, member: number) => {
      const share = numbers.length / members;
      return numbers.slice(member * share, (member + 1) * share);
    };
    // Single precision leaves their sum a little off 1.
    const total = logSumExp(shares);
    return {
      logWeights: shares.map((share) => share - total),
      members: Array.from({ length: members }, (_, j) => ({
        width,
        input: part(input, j),
        output: part(output, j),
        bias: part(bias, j),
      })),
    };
  }
}
