/** What every model reads of a user and an item: the features that all methods share (appendix D.2). */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import type { ObservedTensors } from "../data/observed-rows.ts";
import { Embedding, Linear, Module } from "../nn/index.ts";
import { matmul, type Random, type Tensor } from "../tensor/index.ts";
import { FeatureEncoder } from "./feature-encoder.ts";

/**
 * Encodes each item of a request with its user, by itself: x = relu(W [item; user; item * user; retriever score] + b),
 * where an item is its learned embedding plus what is observed of it, by itself and in the request, and a user is what is
 * observed of it and of the query, plus projections of the mean items of the history with and without positive feedback.
 * Where a catalogue has no items, as where candidates are documents that are met once, nothing is embedded.
 */
export class CandidateEncoder extends Module {
  private readonly itemEmbedding: Embedding | undefined;
  private readonly itemFeatures: FeatureEncoder | undefined;
  private readonly userFeatures: FeatureEncoder | undefined;
  private readonly likedHistory: Linear;
  private readonly otherHistory: Linear;
  private readonly fromItem: Linear;
  private readonly fromUser: Linear;
  private readonly fromProduct: Linear;
  private readonly fromScore: Linear;
  private readonly candidateFeatures: Linear | undefined;
  private readonly queryFeatures: Linear | undefined;

  /** @throws RangeError for a catalogue of no items whose candidates have no features */
  constructor(catalogue: Catalogue, width: number, random: Random) {
    super();
    const { itemCount, itemFeatures, itemCategories, userFeatures, userCategories } = catalogue;
    const { queryScale, candidateScale } = catalogue;
    if (itemCount === 0 && candidateScale === undefined) {
      throw new RangeError(
        "candidate encoder: the catalogue has no items, and candidates have no features of their own",
      );
    }
    this.itemEmbedding = itemCount === 0 ? undefined : new Embedding(itemCount, width, random);
    this.itemFeatures = FeatureEncoder.of(itemFeatures, itemCategories, width, random);
    this.userFeatures = FeatureEncoder.of(userFeatures, userCategories, width, random);
    this.likedHistory = new Linear(width, width, random);
    this.otherHistory = new Linear(width, width, random);
    this.fromItem = new Linear(width, width, random);
    this.fromUser = new Linear(width, width, random);
    this.fromProduct = new Linear(width, width, random);
    this.fromScore = new Linear(1, width, random);
    this.candidateFeatures = candidateScale && new Linear(candidateScale.names.length, width, random);
    this.queryFeatures = queryScale && new Linear(queryScale.names.length, width, random);
  }

  /** K items for each of B requests -> [B, K, D]. */
  forward(batch: RequestBatch): Tensor {
    return this.terms(batch)
      .reduce((sum, term) => sum.add(term))
      .relu();
  }

  /**
   * The terms of that sum before relu: of the item, of the retriever's score, and, where something is known of users,
   * of item * user, all [B, K, D], and of the user, [B, 1, D].
   */
  terms(batch: RequestBatch): Tensor[] {
    const items = this.encodeCandidates(batch);
    const base = [this.fromItem.forward(items), this.fromScore.forward(batch.retrieverScores)];
    const user = this.encodeUsers(batch);
    if (user === undefined) return base;
    return [...base, this.fromProduct.forward(items.mul(user)), this.fromUser.forward(user)];
  }

  /** Item numbers i32 [...], perhaps with what is observed of them in place of what the tables say -> [..., D]. */
  encodeItems(items: Tensor, observed?: ObservedTensors): Tensor {
    if (this.itemEmbedding === undefined) throw new Error("candidate encoder: the catalogue has no items");
    const learned = this.itemEmbedding.forward(items);
    return this.itemFeatures === undefined ? learned : learned.add(this.itemFeatures.forward(items, observed));
  }

  /** The items of a batch with their features in it: [B, K, D]. */
  private encodeCandidates({ items, observed, candidateFeatures }: RequestBatch): Tensor {
    const parts = this.itemEmbedding === undefined ? [] : [this.encodeItems(items, observed?.items)];
    if (this.candidateFeatures !== undefined && candidateFeatures !== undefined) {
      parts.push(this.candidateFeatures.forward(candidateFeatures));
    }
    return parts.reduce((sum, part) => sum.add(part));
  }

  /** [B, 1, D]; undefined when nothing is known of users. */
  encodeUsers({ size, users, history, historyWeights, queryFeatures, observed }: RequestBatch): Tensor | undefined {
    const parts: Tensor[] = [];
    if (this.queryFeatures !== undefined && queryFeatures !== undefined) {
      parts.push(this.queryFeatures.forward(queryFeatures).reshape([size, 1, -1]));
    }
    if (this.userFeatures !== undefined) {
      parts.push(this.userFeatures.forward(users, observed?.users).reshape([size, 1, -1]));
    }
    if (history !== undefined && historyWeights !== undefined) {
      const means = matmul(historyWeights, this.encodeItems(history));
      const [liked, other] = [means.slice(1, 0, 1), means.slice(1, 1, 2)];
      parts.push(this.likedHistory.forward(liked), this.otherHistory.forward(other));
    }
    if (parts.length === 0) return undefined;
    return parts.reduce((sum, part) => sum.add(part));
  }
}

/** Whether anything is known of who asks: the terms of a {@link CandidateEncoder} are then four, and else two. */
export function knowsUsers({ userFeatures, userCategories, queryScale }: Catalogue, historyLength: number): boolean {
  return [userFeatures, userCategories, queryScale].some((own) => own !== undefined) || historyLength > 0;
}

/** Encoded items of lists i32 [B, G, L], of encoded candidates [B, N, D]: [B * G, L, D]. */
export function itemsOf(candidates: Tensor, lists: Tensor): Tensor {
  const [requests, group, length] = lists.shape;
  const items = candidates.takeRows(lists.reshape([requests, group * length]));
  return items.reshape([requests * group, length, -1]);
}
