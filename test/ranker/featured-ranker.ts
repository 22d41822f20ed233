/** Rankers with initial weights over a small log whose users and items have features of every kind. */
import type { Catalogue } from "../../src/data/dataset.ts";
import { readFeatures } from "../../src/data/features/features.ts";
import { learnRetriever } from "../../src/data/retrievers/learn.ts";
import type { RetrieverName } from "../../src/data/retrievers/retriever.ts";
import { findMethod } from "../../src/methods/index.ts";
import { createSharedModels } from "../../src/methods/shared-models.ts";
import { encodeRanker } from "../../src/ranker/ranker-file.ts";
import { logOf, type Row, TemporaryFolder } from "../data/logs.ts";

const files = new TemporaryFolder();

const ITEMS = 20;
/** In it, users u0 to u3 meet items i0 to i19. */
export const log = logOf(
  Array.from({ length: 60 }, (_, n): Row => [`u${n % 4}`, `i${n % ITEMS}`, n % 20 < 10 ? 5 : 1, n]),
);
const table = (name: string, ids: readonly string[], row: (n: number) => string) =>
  files.write(`${name}.csv`, `id,price,genres,kind\n${ids.map((id, n) => `${id},${row(n)}\n`).join("")}`);
const columns = {
  key: "id",
  numeric: ["price"],
  categorical: ["kind"],
  multiple: [{ column: "genres", separator: "|" }],
};
const items = await readFeatures(
  { ...columns, file: table("items", log.itemIds, (n) => `${10 * n},g${n % 2}|g${2 + (n % 3)},k${n % 2}`) },
  log.itemIds,
);
const users = await readFeatures(
  { ...columns, file: table("users", log.userIds, (n) => `${n},g${n % 2},k0`) },
  log.userIds,
);
const catalogue: Catalogue = {
  userCount: log.userIds.length,
  itemCount: ITEMS,
  userIds: log.userIds,
  itemIds: log.itemIds,
  ...(items.features && { itemFeatures: items.features }),
  ...(items.categories && { itemCategories: items.categories }),
  ...(users.features && { userFeatures: users.features }),
  ...(users.categories && { userCategories: users.categories }),
};

files.remove();

/** The file of a method with initial weights. */
export async function fileOf(name: string, retrieverName: RetrieverName = "popularity"): Promise<Uint8Array> {
  const method = findMethod(name);
  const shape = { listLength: 4, candidateCount: 8, historyLength: 3, width: 8, heads: 1, layers: 1, dropoutRate: 0 };
  const judge = {
    kind: "list",
    contextLayers: 0,
    head: "positions",
    reading: "top-down",
    members: 1,
    pessimism: 0,
  } as const;
  const models = createSharedModels({ ...shape, seed: 1, catalogue }, judge, method.answersWith);
  const instance = method.create(models.context);
  const retriever = await learnRetriever(log, { retriever: retrieverName, seed: 1 });
  return encodeRanker({ method, instance, models, retriever, training: {} });
}
