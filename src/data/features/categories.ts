/** Numbers the categories of several columns in one vocabulary, and lays them out as a table for embeddings. */
import type { CategoryTable } from "../dataset.ts";

/** A column of categories: each entity has any number of distinct ones, none where it is unknown. */
export interface CategoryColumn {
  readonly name: string;
  /** What stands between two categories, where there may be several. */
  readonly separator?: string | undefined;
  /** One entry per entity. */
  readonly values: readonly (readonly string[])[];
}

/**
 * The categories of `count` entities. A column takes as many slots as its longest entry, at least one; an entry of m
 * categories fills m of them, each with weight 1/m. Each column numbers "unknown" first, then "rare" (all categories
 * that fewer than `minimumCount` entities have, which may stand in several slots of an entity), then the others by
 * name in code unit order, so that the order of the rows does not matter.
 *
 * @returns the table, and what each number stands for: [V]; number 0 fills unused slots
 */
export function buildCategories(
  columns: readonly CategoryColumn[],
  count: number,
  minimumCount: number,
): { readonly table: CategoryTable; readonly vocabulary: readonly string[] } {
  const vocabulary = ["(none)"];
  const widths = columns.map(({ values }) => values.reduce((most, own) => Math.max(most, own.length), 1));
  const slots = widths.reduce((sum, width) => sum + width, 0);
  const indices = new Int32Array(count * slots);
  const weights = new Float32Array(count * slots);
  const unknowns = new Int32Array(columns.length);
  const named: NonNullable<CategoryTable["columns"]>[number][] = [];
  let firstSlot = 0;
  columns.forEach((column, place) => {
    const unknown = vocabulary.push(`${column.name} (unknown)`) - 1;
    unknowns[place] = unknown;
    const rare = vocabulary.push(`${column.name} (rare)`) - 1;
    const numbers = new Map<string, number>();
    const names = frequentCategories(column, minimumCount);
    const { name, separator } = column;
    named.push({ name, ...(separator !== undefined && { separator }), slots: widths[place], names });
    for (const name of names) {
      numbers.set(name, vocabulary.push(`${column.name}=${name}`) - 1);
    }
    column.values.forEach((own, entity) => {
      const start = entity * slots + firstSlot;
      const known = own.length === 0 ? [unknown] : own.map((name) => numbers.get(name) ?? rare);
      known.forEach((number, n) => {
        indices[start + n] = number;
        weights[start + n] = 1 / known.length;
      });
    });
    firstSlot += widths[place];
  });
  const table = { vocabularySize: vocabulary.length, slots, indices, weights, unknown: unknowns, columns: named };
  return { table, vocabulary };
}

function frequentCategories({ values }: CategoryColumn, minimumCount: number): string[] {
  const counts = new Map<string, number>();
  for (const name of values.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts.keys()].filter((name) => (counts.get(name) ?? 0) >= minimumCount).sort();
}
