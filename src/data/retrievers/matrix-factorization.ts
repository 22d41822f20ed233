/**
 * Matrix factorisation with item biases (Koren et al. 2009), trained on the training part of a log
 * with Bayesian personalised ranking (BPR, Rendle et al. 2009). U users, I items, D numbers in an embedding.
 */
import { constant, Embedding, Module, parameter } from "../../nn/index.ts";
import { embedding, Random, type Tensor, tensor } from "../../tensor/index.ts";
import { DEFAULT_TRAINING, type TrainingOptions } from "../../training/options.ts";
import { type TrainingContext, train } from "../../training/trainer.ts";
import type { Catalogue } from "../dataset.ts";
import { type InteractionLog, namedCatalogue } from "../interactions.ts";
import type { MatrixWeights } from "./matrix-retriever.ts";

/** Scores s(u, i) = <p_u, q_i> + b_i of a user for an item: the higher, the sooner they meet. */
export class MatrixFactorization extends Module {
  /** p: [U, D] */
  readonly userEmbedding: Embedding;
  /** q: [I, D] */
  readonly itemEmbedding: Embedding;
  /** b: [I, 1] */
  readonly itemBias: Tensor;

  constructor({ userCount, itemCount }: Catalogue, width: number, random: Random) {
    super();
    this.userEmbedding = new Embedding(userCount, width, random);
    this.itemEmbedding = new Embedding(itemCount, width, random);
    this.itemBias = parameter(constant([itemCount, 1], 0), [itemCount, 1]);
  }

  /**
   * Scores of pairs: user numbers i32 [...] and item numbers i32 [...] -> [...].
   * @throws RangeError for a user or an item that the model does not have
   */
  forward(users: Tensor, items: Tensor): Tensor {
    const affinity = this.userEmbedding.forward(users).mul(this.itemEmbedding.forward(items)).sum(-1);
    return affinity.add(embedding(this.itemBias, items).reshape(items.shape));
  }

  /** The weights as they are now, in memory of their own. */
  async weights(): Promise<MatrixWeights> {
    const tensors = [this.userEmbedding.weight, this.itemEmbedding.weight, this.itemBias];
    const [users, items, biases] = await Promise.all(
      tensors.map(async (tensor) => Float32Array.from(await tensor.data())),
    );
    return { width: this.userEmbedding.weight.shape[1], users, items, biases };
  }
}

/** How the factorisation is trained. */
export interface RetrieverOptions extends TrainingOptions {
  /** Numbers in an embedding: D. */
  readonly width: number;
}

/**
 * Chosen by recall on the validation lists of MovieLens-1M. The batches are large because the gradient of an
 * embedding is as large as its table, and the weight decay is strong because it is the only regularisation.
 */
export const DEFAULT_RETRIEVER: RetrieverOptions = {
  ...DEFAULT_TRAINING,
  width: 32,
  epochs: 15,
  batchSize: 8192,
  learningRate: 0.02,
  weightDecay: 0.5,
};

/**
 * Trains a retriever on every interaction of `log`, whatever its feedback: what is retrieved is what will be met.
 * A step's loss is the mean over its interactions (u, i) of softplus(-(s(u, i) - s(u, j))), with an item j that u does
 * not meet in `log` drawn anew each time.
 *
 * @param log the interactions to learn from, such as `trainingInteractions` gives
 * @param options what differs from `DEFAULT_RETRIEVER`; a batch counts interactions, and is smaller for a small log
 * @returns the model, which the caller disposes
 * @throws RangeError when the log is empty, or a user has met every item, so that nothing is left to compare with
 */
export async function trainRetriever(
  log: InteractionLog,
  options: Partial<RetrieverOptions> = {},
  context?: TrainingContext,
): Promise<MatrixFactorization> {
  const settings = { ...DEFAULT_RETRIEVER, batchSize: batchSizeFor(log.items.length), ...options };
  const { width, seed } = settings;
  const negatives = new NegativeSampler(log);
  const initial = new Random({ seed, stream: "retriever weights", step: 0 });
  const model = new MatrixFactorization(namedCatalogue(log), width, initial);
  const computeLoss = (rows: Int32Array, step: number) => {
    const random = new Random({ seed, stream: "retriever negatives", step });
    const column = (of: (row: number) => number) => tensor(rows.map(of), [rows.length]);
    const users = column((row) => log.users[row]);
    const items = column((row) => log.items[row]);
    const others = column((row) => negatives.draw(log.users[row], random));
    const met = model.forward(users, items);
    const unmet = model.forward(users, others);
    return { loss: unmet.sub(met).softplus().mean() };
  };
  await train({ stage: "retriever", model, size: log.items.length, computeLoss }, settings, context);
  return model;
}

/** About a hundred steps an epoch, in batches of a power of two from 256 to the default. */
function batchSizeFor(interactions: number): number {
  const size = 2 ** Math.ceil(Math.log2(Math.max(interactions, 1) / 100));
  return Math.min(DEFAULT_RETRIEVER.batchSize, Math.max(256, size));
}

/** Draws items that a user has not met. */
class NegativeSampler {
  private readonly itemCount: number;
  private readonly met: readonly ReadonlySet<number>[];

  /** @throws RangeError when the log is empty or leaves a user nothing to draw */
  constructor({ items, userOffsets, userIds, itemIds }: InteractionLog) {
    if (items.length === 0) {
      throw new RangeError("retriever: the log holds no interactions; there is nothing to learn from");
    }
    this.itemCount = itemIds.length;
    this.met = userIds.map((_, user) => new Set(items.subarray(userOffsets[user], userOffsets[user + 1])));
    const sated = this.met.findIndex(({ size }) => size === this.itemCount);
    if (sated >= 0) {
      throw new RangeError(
        `retriever: user "${userIds[sated]}" has met all ${this.itemCount} items, which leaves none to compare them ` +
          "with; use a log with more items",
      );
    }
  }

  /** Uniform over what `user` has not met. */
  draw(user: number, random: Random): number {
    let item = random.integer(this.itemCount);
    while (this.met[user].has(item)) item = random.integer(this.itemCount);
    return item;
  }
}
