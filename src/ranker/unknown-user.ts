/** Requests come from people whom the log does not know: they are one user more, of whom nothing is observed. */
import type { Catalogue } from "../data/dataset.ts";

/** The catalogue with one user more, numbered `userCount`: numbers are at their mean, categories are unknown. */
export function withUnknownUser(catalogue: Catalogue): Catalogue {
  const { userCount, userFeatures, userCategories } = catalogue;
  return {
    ...catalogue,
    userCount: userCount + 1,
    ...(userFeatures && {
      userFeatures: { ...userFeatures, data: extended(userFeatures.data, new Float32Array(userFeatures.width)) },
    }),
    ...(userCategories && {
      userCategories: {
        ...userCategories,
        indices: extended(userCategories.indices, padded(userCategories.unknown, userCategories.slots)),
        weights: extended(
          userCategories.weights,
          padded(new Float32Array(userCategories.unknown.length).fill(1), userCategories.slots),
        ),
      },
    }),
  };
}

function padded<Column extends Int32Array | Float32Array>(values: Column, length: number): Column {
  const out = new (values.constructor as new (length: number) => Column)(length);
  out.set(values);
  return out;
}

function extended<Column extends Int32Array | Float32Array>(column: Column, row: Column): Column {
  const out = padded(column, column.length + row.length);
  out.set(row, column.length);
  return out;
}
