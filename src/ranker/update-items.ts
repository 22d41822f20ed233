/** New items in a ranker's file, and new features of items in it, without training. */
import type { Catalogue } from "../data/dataset.ts";
import { type ObservedRow, observedRow, observedTables, withValues } from "../data/features/encode-features.ts";
import { ItemGuess } from "../data/retrievers/item-guess.ts";
import { joined } from "../data/retrievers/retriever-tensors.ts";
import { namesOf } from "./known-names.ts";
import { decodeRanker, encodeContent, type ModelWeights, RankerFileError } from "./ranker-file.ts";
import type { Features } from "./requests.ts";
import { ITEM_EMBEDDING, withMeanRows } from "./unknown.ts";

/** An item as it is now. */
export interface ItemUpdate {
  readonly item: string;
  /** What people call it; as before unless given. */
  readonly title?: string | undefined;
  /** Raw values by the columns that the ranker knows. */
  readonly features: Features;
}

export interface UpdatedItems {
  /** Of the new file. */
  readonly bytes: Uint8Array;
  readonly added: readonly string[];
  readonly updated: readonly string[];
}

/**
 * The file with further items, and with other features and titles of items that it has. An item that is new to it is
 * what an unknown candidate of these features is: models know it by its features and by the mean of the embeddings that
 * they learned, and the retriever by what it knows of items of like features (`ItemGuess`), or as the average item; item
 * neighbours are nobody's.
 * @param updates each item once
 * @throws RankerFileError for bytes that are no ranker, or of one that knows no items
 * @throws RangeError for values that are none of their columns, which names the item
 */
export function updateItems(bytes: Uint8Array, updates: readonly ItemUpdate[]): UpdatedItems {
  const content = decodeRanker(bytes);
  const { catalogue, retriever, learnedItems } = content;
  if (catalogue.itemCount === 0) {
    throw new RankerFileError("ranker: it knows no items by their names: its candidates come with their features");
  }
  const tables = observedTables(catalogue, "item");
  const names = new Set<string>();
  for (const { item } of updates) {
    if (names.has(item)) throw new RangeError(`item "${item}": it occurs twice`);
    names.add(item);
  }
  const numbers = new Map(namesOf(catalogue.itemCount, catalogue.itemIds).map((name, number) => [name, number]));
  const rows = updates.map(({ item, features }) => {
    try {
      return withValues(tables, observedRow(tables, numbers.get(item)), features);
    } catch (cause) {
      throw cause instanceof RangeError ? new RangeError(`item "${item}": ${cause.message}`, { cause }) : cause;
    }
  });
  const isNew = ({ item }: ItemUpdate) => !numbers.has(item);
  const added = updates.filter(isNew);
  const newRows = rows.filter((_, n) => isNew(updates[n]));
  const withRows = (weights: ModelWeights): ModelWeights =>
    new Map(
      [...weights].map(([model, tensors]) => {
        const entries = [...tensors].map(([name, entry]) => {
          const isEmbedding = name.endsWith(ITEM_EMBEDDING);
          return [name, isEmbedding ? withMeanRows(entry, learnedItems, added.length) : entry] as const;
        });
        return [model, new Map(entries)];
      }),
    );
  const guess = retriever && ItemGuess.fit(tables, retriever, learnedItems);
  return {
    bytes: encodeContent({
      ...content,
      models: withRows(content.models),
      shared: withRows(content.shared),
      catalogue: updatedCatalogue(catalogue, updates, rows, numbers),
      retriever:
        guess && retriever.withItems(added.length, Float64Array.from(newRows.flatMap((row) => [...guess.rowOf(row)]))),
    }),
    added: added.map(({ item }) => item),
    updated: updates.filter((update) => !isNew(update)).map(({ item }) => item),
  };
}

/** Rows of items that are there give way to the new ones; those of the others follow. */
function updatedCatalogue(
  catalogue: Catalogue,
  updates: readonly ItemUpdate[],
  rows: readonly ObservedRow[],
  numbers: ReadonlyMap<string, number>,
): Catalogue {
  const { itemCount, itemFeatures, itemCategories, itemTitles } = catalogue;
  let next = itemCount;
  const places = updates.map(({ item }) => numbers.get(item) ?? next++);
  const added = next - itemCount;
  const placed = <Column extends Float32Array | Int32Array>(
    column: Column,
    width: number,
    own: (row: ObservedRow) => Column,
  ) => {
    const all = joined(column, new Float32Array(added * width));
    rows.forEach((row, n) => {
      all.set(own(row), places[n] * width);
    });
    return all;
  };
  const itemIds = [...namesOf(itemCount, catalogue.itemIds), ...new Array<string>(added).fill("")];
  const isTitled = itemTitles !== undefined || updates.some(({ title }) => title !== undefined);
  const titles = [...(itemTitles ?? new Array<string>(itemCount).fill("")), ...new Array<string>(added).fill("")];
  updates.forEach(({ item, title }, n) => {
    itemIds[places[n]] = item;
    if (title !== undefined) titles[places[n]] = title;
  });
  return {
    ...catalogue,
    itemCount: next,
    itemIds,
    ...(isTitled && { itemTitles: titles }),
    ...(itemFeatures && {
      itemFeatures: { ...itemFeatures, data: placed(itemFeatures.data, itemFeatures.width, ({ numbers }) => numbers) },
    }),
    ...(itemCategories && {
      itemCategories: {
        ...itemCategories,
        indices: placed(itemCategories.indices, itemCategories.slots, ({ categories }) => categories),
        weights: placed(itemCategories.weights, itemCategories.slots, ({ weights }) => weights),
      },
    }),
  };
}
