/**
 * The retriever that matrix factorisation gives: s(u, i) = <p_u, q_i> + b_i. Of someone whom the log does not know, p is
 * predicted from the items of their history: a linear map of the items' mean vector, fitted to the users of the log.
 * U users, I items, D numbers in a vector.
 */
import type { SafetensorsEntry } from "../../nn/index.ts";
import type { InteractionLog } from "../interactions.ts";
import type { Retriever, RetrieverQuery } from "./retriever.ts";
import { joined, restoredTensor, tensorOf } from "./retriever-tensors.ts";
import { ridgeRegression } from "./ridge-regression.ts";

/** What matrix factorisation learned of U users and I items. */
export interface MatrixWeights {
  /** D */
  readonly width: number;
  /** p: [U, D] */
  readonly users: Float32Array;
  /** q: [I, D] */
  readonly items: Float32Array;
  /** b: [I] */
  readonly biases: Float32Array;
}

/** How histories are mapped to users' vectors. */
export interface ProjectionOptions {
  /** Last interactions of each user that the map is fitted to: 20 unless given. */
  readonly historyLength?: number;
}

/** Scores by matrix factorisation; who the log does not know gets a vector from the history. */
export class MatrixRetriever implements Retriever {
  readonly name = "matrix-factorization";

  private constructor(
    private readonly weights: MatrixWeights,
    /** What turns [mean of q over a history; 1] into p: [D + 1, D]. */
    private readonly projection: Float32Array,
  ) {}

  get userCount(): number {
    return this.weights.users.length / this.weights.width;
  }

  get itemCount(): number {
    return this.weights.biases.length;
  }

  /** @param log the interactions that the weights were learned from */
  static fit(weights: MatrixWeights, log: InteractionLog, options: ProjectionOptions = {}): MatrixRetriever {
    const projection = fitProjection(weights, log, options.historyLength ?? 20);
    return new MatrixRetriever({ ...weights, users: withoutUnlearned(weights, log) }, projection);
  }

  /** @throws RangeError for tensors that are not those of {@link tensors} */
  static restore(tensors: ReadonlyMap<string, SafetensorsEntry>): MatrixRetriever {
    const numbers = (name: string, dimensions: number) => restoredTensor(tensors, name, Float32Array, dimensions);
    const users = numbers("user_vectors", 2);
    const items = numbers("item_vectors", 2);
    const { data: biases } = numbers("item_biases", 1);
    const projection = numbers("history_projection", 2);
    const width = users.shape[1];
    const isWhole = items.shape[0] === biases.length && items.shape[1] === width;
    if (!isWhole || `${projection.shape}` !== `${[width + 1, width]}`) {
      throw new RangeError("retriever: the tensors of the matrix factorisation differ in size");
    }
    return new MatrixRetriever({ width, users: users.data, items: items.data, biases }, projection.data);
  }

  /** Of whom nothing was learned, the vector is 0. */
  knows(user: number): boolean {
    const { width, users } = this.weights;
    return users.subarray(user * width, (user + 1) * width).some((value) => value !== 0);
  }

  scoresFor(query: RetrieverQuery): (item: number) => number {
    const { width, items, biases } = this.weights;
    const vector = this.vectorOf(query);
    return (item) => {
      const start = item * width;
      let score = biases[item];
      for (let j = 0; j < width; j++) score += vector[j] * items[start + j];
      return score;
    };
  }

  /** An item's vector and its bias: T = D + 1. */
  itemRows() {
    const { width, items, biases } = this.weights;
    const data = new Float64Array(biases.length * (width + 1));
    biases.forEach((bias, item) => {
      data.set(items.subarray(item * width, (item + 1) * width), item * (width + 1));
      data[item * (width + 1) + width] = bias;
    });
    return { width: width + 1, data };
  }

  rowScoresFor(query: RetrieverQuery): (row: ArrayLike<number>) => number {
    const { width } = this.weights;
    const vector = this.vectorOf(query);
    return (row) => {
      let score = row[width];
      for (let j = 0; j < width; j++) score += vector[j] * row[j];
      return score;
    };
  }

  withItems(_items: number, rows: Float64Array): MatrixRetriever {
    const { width, items, biases, users } = this.weights;
    const vectors = rows.filter((_, at) => at % (width + 1) < width);
    const more = {
      width,
      users,
      items: joined(items, vectors),
      biases: joined(
        biases,
        rows.filter((_, at) => at % (width + 1) === width),
      ),
    };
    return new MatrixRetriever(more, this.projection);
  }

  tensors(): Map<string, SafetensorsEntry> {
    const { width, users, items, biases } = this.weights;
    return new Map([
      ["user_vectors", tensorOf("F32", users, width)],
      ["item_vectors", tensorOf("F32", items, width)],
      ["item_biases", tensorOf("F32", biases)],
      ["history_projection", tensorOf("F32", this.projection, width)],
    ]);
  }

  /** p of a known user, or of someone who met the history. */
  private vectorOf({ user, history }: RetrieverQuery): ArrayLike<number> {
    const { width, users } = this.weights;
    return user === undefined || !this.knows(user)
      ? this.project(history.map(({ item }) => item))
      : users.subarray(user * width, (user + 1) * width);
  }

  /** p of someone who met `history`. */
  private project(history: readonly number[]): Float64Array {
    const { width } = this.weights;
    const inputs = historyInputs(this.weights, history);
    return Float64Array.from({ length: width }, (_, j) =>
      inputs.reduce((sum, value, i) => sum + value * this.projection[i * width + j], 0),
    );
  }
}

/** The users' vectors, 0 where the log holds nothing of a user: what such a vector began with tells nothing. [U, D] */
function withoutUnlearned({ width, users }: MatrixWeights, { userOffsets, userIds }: InteractionLog): Float32Array {
  const learned = users.slice();
  userIds.forEach((_, user) => {
    if (userOffsets[user + 1] === userOffsets[user]) learned.fill(0, user * width, (user + 1) * width);
  });
  return learned;
}

/** [mean of q; 1], or zeros for nothing met, so that the map's last row alone speaks: [D + 1]. */
function historyInputs({ width, items }: MatrixWeights, history: ArrayLike<number>): Float64Array {
  const inputs = new Float64Array(width + 1);
  inputs[width] = 1;
  for (let h = 0; h < history.length; h++) {
    for (let j = 0; j < width; j++) inputs[j] += items[history[h] * width + j] / history.length;
  }
  return inputs;
}

/** Over all users who met something: the last interactions of each against what was learned of them. */
function fitProjection(weights: MatrixWeights, log: InteractionLog, historyLength: number): Float32Array {
  const { width, users } = weights;
  const { userOffsets } = log;
  const known = [...log.userIds.keys()].filter((user) => userOffsets[user + 1] > userOffsets[user]);
  const inputs = new Float64Array(known.length * (width + 1));
  const targets = new Float64Array(known.length * width);
  known.forEach((user, row) => {
    const end = userOffsets[user + 1];
    const history = log.items.subarray(Math.max(userOffsets[user], end - historyLength), end);
    inputs.set(historyInputs(weights, history), row * (width + 1));
    targets.set(users.subarray(user * width, (user + 1) * width), row * width);
  });
  // Small beside the users' numbers, and enough for a log of fewer users than numbers in a vector.
  const penalty = 1e-3 * Math.max(known.length, 1);
  return Float32Array.from(ridgeRegression(inputs, width + 1, targets, width, penalty));
}
