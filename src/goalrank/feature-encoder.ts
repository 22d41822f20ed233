/** What is observed of a user or an item, as a vector: numbers through a linear layer, categories through embeddings. */
import type { CategoryTable, FeatureTable } from "../data/dataset.ts";
import { Embedding, Linear, Module } from "../nn/index.ts";
import { embedding, matmul, outsideScopes, type Random, type Tensor, tensor } from "../tensor/index.ts";

/** Sum of a projection of the numeric features and of the embeddings of the categories, by their weights. */
export class FeatureEncoder extends Module {
  private readonly projection: Linear | undefined;
  private readonly categoryEmbedding: Embedding | undefined;
  /** Data, not weights: [count, F]; category numbers, which f32 holds exactly up to 2^24, and weights: [count, slots]. */
  private readonly numbers: Tensor | undefined;
  private readonly categories: Tensor | undefined;
  private readonly categoryWeights: Tensor | undefined;

  private constructor(
    features: FeatureTable | undefined,
    categories: CategoryTable | undefined,
    private readonly width: number,
    random: Random,
  ) {
    super();
    this.projection = features && new Linear(features.width, width, random);
    this.categoryEmbedding = categories && new Embedding(categories.vocabularySize, width, random);
    this.numbers = features && table(features.data, features.width);
    this.categories = categories && table(Float32Array.from(categories.indices), categories.slots);
    this.categoryWeights = categories && table(categories.weights, categories.slots);
  }

  /** An encoder of vectors of `width`; undefined when nothing is observed. */
  static of(
    features: FeatureTable | undefined,
    categories: CategoryTable | undefined,
    width: number,
    random: Random,
  ): FeatureEncoder | undefined {
    if (features === undefined && categories === undefined) return undefined;
    return new FeatureEncoder(features, categories, width, random);
  }

  /** Numbers of users or items i32 [...] -> [..., D]. */
  forward(numbers: Tensor): Tensor {
    const { projection, numbers: observed, categoryEmbedding, categories, categoryWeights } = this;
    const parts: Tensor[] = [];
    if (projection && observed) parts.push(projection.forward(embedding(observed, numbers)));
    if (categoryEmbedding && categories && categoryWeights) {
      parts.push(this.encodeCategories(numbers, categoryEmbedding, categories, categoryWeights));
    }
    return parts.reduce((sum, part) => sum.add(part));
  }

  /** sum_s weight_s * e(category_s) over the slots s of each entity. */
  private encodeCategories(numbers: Tensor, learned: Embedding, categories: Tensor, weights: Tensor): Tensor {
    const slots = weights.shape[1];
    const chosen = learned.forward(embedding(categories, numbers).reshape([-1, slots]).cast("i32"));
    const weight = embedding(weights, numbers).reshape([-1, 1, slots]);
    return matmul(weight, chosen).reshape([...numbers.shape, this.width]);
  }
}

function table(data: Float32Array, width: number): Tensor {
  return outsideScopes(() => tensor(data, [data.length / width, width]));
}
