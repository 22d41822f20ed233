/** What every model reads of a user and an item: the features that all methods share (appendix D.2). */
import { Embedding, Linear, Module } from "../nn/index.ts";
import { embedding, matmul, outsideScopes, type Random, type Tensor, tensor } from "../tensor/index.ts";
import type { RequestBatch } from "./batch.ts";
import type { Catalogue, FeatureTable } from "./dataset.ts";

/**
 * Encodes each item of a request with its user, by itself: x = relu(W [item; user; item * user; retriever score] + b),
 * where an item is its learned embedding plus a projection of its observed features, and a user is a projection of
 * observed features plus projections of the mean items of the history with and without positive feedback.
 */
export class CandidateEncoder extends Module {
  private readonly itemEmbedding: Embedding;
  private readonly itemFeatures: Linear | undefined;
  private readonly userFeatures: Linear | undefined;
  private readonly likedHistory: Linear;
  private readonly otherHistory: Linear;
  private readonly fromItem: Linear;
  private readonly fromUser: Linear;
  private readonly fromProduct: Linear;
  private readonly fromScore: Linear;
  /** Observed features, [items, F] and [users, F]: data, not weights. */
  private readonly itemTable: Tensor | undefined;
  private readonly userTable: Tensor | undefined;

  constructor(catalogue: Catalogue, width: number, random: Random) {
    super();
    const { itemFeatures, userFeatures } = catalogue;
    this.itemEmbedding = new Embedding(catalogue.itemCount, width, random);
    this.itemFeatures = itemFeatures && new Linear(itemFeatures.width, width, random);
    this.userFeatures = userFeatures && new Linear(userFeatures.width, width, random);
    this.likedHistory = new Linear(width, width, random);
    this.otherHistory = new Linear(width, width, random);
    this.fromItem = new Linear(width, width, random);
    this.fromUser = new Linear(width, width, random);
    this.fromProduct = new Linear(width, width, random);
    this.fromScore = new Linear(1, width, random);
    this.itemTable = itemFeatures && tableTensor(itemFeatures);
    this.userTable = userFeatures && tableTensor(userFeatures);
  }

  /** K items for each of B requests -> [B, K, D]. */
  forward(batch: RequestBatch): Tensor {
    const items = this.encodeItems(batch.items);
    const base = this.fromItem.forward(items).add(this.fromScore.forward(batch.retrieverScores));
    const user = this.encodeUsers(batch);
    if (user === undefined) return base.relu();
    const product = this.fromProduct.forward(items.mul(user));
    return base.add(product).add(this.fromUser.forward(user)).relu();
  }

  /** Item numbers i32 [...] -> [..., D]. */
  private encodeItems(items: Tensor): Tensor {
    const learned = this.itemEmbedding.forward(items);
    if (this.itemTable === undefined || this.itemFeatures === undefined) return learned;
    return learned.add(this.itemFeatures.forward(embedding(this.itemTable, items)));
  }

  /** [B, 1, D]; undefined when nothing is known of users. */
  private encodeUsers({ size, users, history, historyWeights }: RequestBatch): Tensor | undefined {
    const parts: Tensor[] = [];
    if (this.userTable !== undefined && this.userFeatures !== undefined) {
      parts.push(this.userFeatures.forward(embedding(this.userTable, users)).reshape([size, 1, -1]));
    }
    if (history !== undefined && historyWeights !== undefined) {
      const means = matmul(historyWeights, this.encodeItems(history));
      parts.push(
        this.likedHistory.forward(means.slice(1, 0, 1)),
        this.otherHistory.forward(means.slice(1, 1, 2)),
      );
    }
    if (parts.length === 0) return undefined;
    return parts.reduce((sum, part) => sum.add(part));
  }
}

function tableTensor({ data, width }: FeatureTable): Tensor {
  return outsideScopes(() => tensor(data, [data.length / width, width]));
}
