/** A small ranker that was never trained, and requests for it: every kind of feature, and a retriever. */

import type { Catalogue } from "../src/data/dataset.ts";
import { MatrixRetriever } from "../src/data/retrievers/matrix-retriever.ts";
import { Generator } from "../src/goalrank/generator.ts";
import { Random } from "../src/kernels/index.ts";
import type { RankRequest } from "../src/ranker/requests.ts";
import { encodeGenerator } from "./encode-generator.ts";

/** Names of users and items. */
export interface SmallNames {
  readonly users: readonly string[];
  readonly items: readonly string[];
}

const CANDIDATES = 40;
const HISTORY = 10;
const WIDTH = 32;

const random = (stream: string) => new Random({ seed: 3, stream, step: 0 });
const numbered = (kind: string, count: number) => Array.from({ length: count }, (_, n) => `${kind}${n}`);

const NAMES: SmallNames = { users: numbered("u", 20), items: numbered("i", 200) };

function normals(stream: string, count: number): Float32Array {
  const draw = random(stream);
  return Float32Array.from({ length: count }, () => draw.normal());
}

function createCatalogue({ users, items }: SmallNames): Catalogue {
  return {
    userCount: users.length,
    itemCount: items.length,
    userIds: users,
    itemIds: items,
    userFeatures: { width: 3, data: normals("features", users.length * 3) },
    itemCategories: {
      vocabularySize: 5,
      slots: 1,
      indices: Int32Array.from(items, (_, item) => 1 + (item % 4)),
      weights: new Float32Array(items.length).fill(1),
      unknown: Int32Array.of(1),
    },
  };
}

function createRetriever({ users, items }: SmallNames): MatrixRetriever {
  const width = 8;
  const tensor = (name: string, ...shape: number[]) =>
    [
      name,
      {
        dtype: "F32",
        shape,
        data: normals(
          name,
          shape.reduce((size, extent) => size * extent, 1),
        ),
      },
    ] as const;
  return MatrixRetriever.restore(
    new Map([
      tensor("user_vectors", users.length, width),
      tensor("item_vectors", items.length, width),
      tensor("item_biases", items.length),
      tensor("history_projection", width + 1, width),
    ]),
  );
}

/** The bytes of a ranker's file: lists of 4 out of 40 candidates, width 32; of 20 users and 200 items unless named. */
export async function smallRanker(names: SmallNames = NAMES): Promise<Uint8Array> {
  const catalogue = createCatalogue(names);
  const options = { width: WIDTH, heads: 2, encoderLayers: 1, decoderLayers: 1, listLength: 4, dropoutRate: 0 };
  const generator = new Generator(catalogue, { ...options, seed: 3, stream: "generator" }, random("weights"));
  const bytes = await encodeGenerator({
    generator,
    catalogue,
    retriever: createRetriever(names),
    candidateCount: CANDIDATES,
    historyLength: HISTORY,
    training: {},
  });
  generator.dispose();
  return bytes;
}

/** For a ranker of unnamed users and items: known users and strangers, with and without histories, candidates and constraints. */
export function smallRequests(): RankRequest[] {
  const draw = random("requests");
  const { users, items: all } = NAMES;
  const items = (count: number) => [...draw.permutation(all.length).subarray(0, count)].map((n) => all[n]);
  const plain = Array.from({ length: 16 }, () => ({
    user: users[draw.integer(users.length)],
    history: items(HISTORY),
    candidates: items(CANDIDATES),
  }));
  return [
    ...plain,
    { candidates: items(7), length: 3 },
    { user: "u3" },
    { user: "a stranger", history: ["i5", { item: "i6", feedback: 0 }] },
    { user: "u1", constraints: { pins: [{ item: "i9", position: 1 }], exclude: ["i0"] } },
  ];
}
