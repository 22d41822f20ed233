/** What is observed of a user or an item, as a vector: numbers through a linear layer, categories through embeddings. */
import type { CategoryTable, FeatureTable } from "../data/dataset.ts";
import type { ObservedTensors } from "../data/observed-rows.ts";
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

  /** Numbers of users or items i32 [...], and what is observed of them where the tables do not say it -> [..., D]. */
  forward(numbers: Tensor, rows?: ObservedTensors): Tensor {
    const { projection, numbers: observed, categoryEmbedding, categories, categoryWeights } = this;
    const parts: Tensor[] = [];
    if (projection && observed) parts.push(projection.forward(rows?.numbers ?? embedding(observed, numbers)));
    if (categoryEmbedding && categories && categoryWeights) {
      const chosen = rows?.categories ?? embedding(categories, numbers);
      const weights = rows?.weights ?? embedding(categoryWeights, numbers);
      parts.push(this.encodeCategories(chosen, weights, categoryEmbedding));
    }
    return parts.reduce((sum, part) => sum.add(part));
  }

  /** sum_s weight_s * e(category_s) over the slots s of each entity: [..., C] each -> [..., D]. */
  private encodeCategories(categories: Tensor, weights: Tensor, learned: Embedding): Tensor {
    const [slots = 0] = weights.shape.slice(-1);
    const chosen = learned.forward(categories.reshape([-1, slots]).cast("i32"));
    return matmul(weights.reshape([-1, 1, slots]), chosen).reshape([...weights.shape.slice(0, -1), this.width]);
  }
}

function table(data: Float32Array, width: number): Tensor {
  return outsideScopes(() => tensor(data, [data.length / width, width]));
}
