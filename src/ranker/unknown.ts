/**
 * Requests come from people whom the log does not know, and hold items that it does not: they are one user and one item
 * more, of whom nothing is observed.
 */
import type { Catalogue } from "../data/dataset.ts";
import { observedRow, observedTables } from "../data/features/encode-features.ts";
import { joined } from "../data/retrievers/retriever-tensors.ts";
import type { SafetensorsEntry } from "../nn/index.ts";

/** The catalogue with one user more, numbered `userCount`: numbers are at their mean, categories are unknown. */
export function withUnknownUser(catalogue: Catalogue): Catalogue {
  return withUnknown(catalogue, "user");
}

/** The same with one item more, numbered `itemCount`; none where models know candidates by their features alone. */
export function withUnknownItem(catalogue: Catalogue): Catalogue {
  return catalogue.itemCount === 0 ? catalogue : withUnknown(catalogue, "item");
}

function withUnknown(catalogue: Catalogue, kind: "user" | "item"): Catalogue {
  const tables = observedTables(catalogue, kind);
  const { features, categories } = tables;
  const { numbers, categories: indices, weights } = observedRow(tables);
  return {
    ...catalogue,
    [`${kind}Count`]: catalogue[`${kind}Count`] + 1,
    ...(features && { [`${kind}Features`]: { ...features, data: joined(features.data, numbers) } }),
    ...(categories && {
      [`${kind}Categories`]: {
        ...categories,
        indices: joined(categories.indices, indices),
        weights: joined(categories.weights, weights),
      },
    }),
  };
}

/** What the embedding of items is called, in every model. */
export const ITEM_EMBEDDING = "itemEmbedding.weight";

/** The embeddings of I items, and after them that of items which nothing was learned of, the mean of the learned: [I + n, D]. */
export function withMeanRows(entry: SafetensorsEntry, learned: number, rows = 1): SafetensorsEntry {
  const { data, shape } = entry;
  const [items, width] = shape;
  if (!(data instanceof Float32Array) || shape.length !== 2 || items < learned) return entry;
  const mean = new Float64Array(width);
  for (let at = 0; at < learned * width; at++) mean[at % width] += data[at] / learned;
  const more = Float32Array.from({ length: rows * width }, (_, at) => mean[at % width]);
  return { ...entry, shape: [items + rows, width], data: joined(data, more) };
}
