/** A ranker of a given size with random weights: what it costs does not depend on what it learned. */

import type { Catalogue } from "../../src/data/dataset.ts";
import { MatrixRetriever } from "../../src/data/retrievers/matrix-retriever.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { Random } from "../../src/kernels/index.ts";
import type { RankRequest } from "../../src/ranker/requests.ts";
import { encodeGenerator } from "../../test/encode-generator.ts";

export const RANKER_SIZES = { items: 3000, users: 1000, candidates: 50, history: 20, length: 6, width: 128 } as const;

const random = (stream: string) => new Random({ seed: 1, stream, step: 0 });
const names = (kind: string, count: number) => Array.from({ length: count }, (_, n) => `${kind}${n}`);

/** N = 50, L = 6, D = 128, two blocks in the encoder and two in the decoder; candidates scored by a factorisation. */
export async function randomRanker(): Promise<Uint8Array> {
  const { items, users, candidates, history, length, width } = RANKER_SIZES;
  const catalogue: Catalogue = {
    userCount: users,
    itemCount: items,
    userIds: names("user ", users),
    itemIds: names("item ", items),
  };
  const options = { width, heads: 4, encoderLayers: 2, decoderLayers: 2, listLength: length, dropoutRate: 0 };
  const generator = new Generator(catalogue, { ...options, seed: 1, stream: "generator" }, random("weights"));
  const draw = random("retriever");
  const normals = (count: number) => Float32Array.from({ length: count }, () => 0.1 * draw.normal());
  const retriever = MatrixRetriever.restore(
    new Map([
      ["user_vectors", { dtype: "F32", shape: [users, 32], data: normals(users * 32) }],
      ["item_vectors", { dtype: "F32", shape: [items, 32], data: normals(items * 32) }],
      ["item_biases", { dtype: "F32", shape: [items], data: normals(items) }],
      ["history_projection", { dtype: "F32", shape: [33, 32], data: normals(33 * 32) }],
    ]),
  );
  const bytes = await encodeGenerator({
    generator,
    catalogue,
    retriever,
    candidateCount: candidates,
    historyLength: history,
    training: { weights: "random" },
  });
  generator.dispose();
  return bytes;
}

/** Requests of known users with histories and candidates, each another. */
export function randomRequests(count: number): RankRequest[] {
  const { items, users, candidates, history } = RANKER_SIZES;
  const draw = random("requests");
  return Array.from({ length: count }, () => ({
    user: `user ${draw.integer(users)}`,
    history: Array.from({ length: history }, () => `item ${draw.integer(items)}`),
    candidates: [...draw.permutation(items).subarray(0, candidates)].map((item) => `item ${item}`),
  }));
}
