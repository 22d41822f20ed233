/**
 * Features of one user or item that no table holds, from raw values by the names of their columns: what the table's
 * columns made of their values is done to these. F numeric columns, C slots of categories.
 */
import { excerpt } from "../../text/excerpt.ts";
import { nearestName } from "../../text/nearest-name.ts";
import type { Catalogue, CategoryTable, FeatureTable } from "../dataset.ts";

/** What a column may be given: a number, a category, several of them; nothing is known of null and "". */
export type FeatureValue = string | number | boolean | null | readonly (string | number)[];

/** What is observed of one user or item: a row of the tables of features. */
export interface ObservedRow {
  /** Standardised: [F]. */
  readonly numbers: Float32Array;
  /** [C] each. */
  readonly categories: Int32Array;
  readonly weights: Float32Array;
}

/** The tables of features of users, or of items. */
export interface ObservedTables {
  readonly features: FeatureTable | undefined;
  readonly categories: CategoryTable | undefined;
}

export function observedTables(catalogue: Catalogue, kind: "user" | "item"): ObservedTables {
  return { features: catalogue[`${kind}Features`], categories: catalogue[`${kind}Categories`] };
}

/** The columns that values can be given for. */
export function featureColumns({ features, categories }: ObservedTables): string[] {
  return [...(features?.columns ?? []), ...(categories?.columns ?? [])].map(({ name }) => name);
}

/** The row of a user or item by its number; that of one of which nothing is known unless given. */
export function observedRow({ features, categories }: ObservedTables, number?: number): ObservedRow {
  const [width, slots] = [features?.width ?? 0, categories?.slots ?? 0];
  if (number !== undefined) {
    const slice = <Column extends Float32Array | Int32Array>(column: Column | undefined, count: number) =>
      column?.slice(number * count, (number + 1) * count) as Column | undefined;
    return {
      numbers: slice(features?.data, width) ?? new Float32Array(0),
      categories: slice(categories?.indices, slots) ?? new Int32Array(0),
      weights: slice(categories?.weights, slots) ?? new Float32Array(0),
    };
  }
  const row = { numbers: new Float32Array(width), categories: new Int32Array(slots), weights: new Float32Array(slots) };
  const starts = categories === undefined ? [] : (slotStarts(categories) ?? [...categories.unknown.keys()]);
  starts.forEach((start, column) => {
    row.categories[start] = categories?.unknown[column] ?? 0;
    row.weights[start] = 1;
  });
  return row;
}

/**
 * A row with other values in the columns that `values` names. Categories that nobody of the table had are its rare one;
 * of more categories than anybody had, the first count.
 * @throws RangeError for a column that there is not, or a value that is none of it, which begins with the column's name
 */
export function withValues(
  tables: ObservedTables,
  row: ObservedRow,
  values: Readonly<Record<string, FeatureValue>>,
): ObservedRow {
  const known = featureColumns(tables);
  const own = { numbers: row.numbers.slice(), categories: row.categories.slice(), weights: row.weights.slice() };
  for (const [name, value] of Object.entries(values)) {
    if (!known.includes(name)) throw unknownColumn(name, known);
    const { features, categories } = tables;
    const number = features?.columns?.findIndex((column) => column.name === name) ?? -1;
    const column = features?.columns?.[number];
    if (column !== undefined) own.numbers[number] = standardise(name, value, column);
    else if (categories !== undefined) setCategories(categories, own, name, value);
  }
  return own;
}

function unknownColumn(name: string, known: readonly string[]): RangeError {
  const nearest = nearestName(name, known);
  const remedy = nearest === undefined ? "it knows none" : `did you mean "${nearest}"? There are ${known.join(", ")}`;
  return new RangeError(`${excerpt(name)}: this ranker knows no column of that name; ${remedy}`);
}

function standardise(
  name: string,
  value: FeatureValue,
  { center, scale }: { readonly center: number; readonly scale: number },
): number {
  if (value === null || value === "") return 0;
  const number = typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
  if (Number.isFinite(Math.fround(number))) return (number - center) * scale;
  throw new RangeError(`${name}: expected a number, got ${excerpt(JSON.stringify(value))}`);
}

function setCategories(table: CategoryTable, row: ObservedRow, name: string, value: FeatureValue): void {
  const place = table.columns?.findIndex((column) => column.name === name) ?? -1;
  const column = table.columns?.[place];
  const start = slotStarts(table)?.[place];
  if (column === undefined || start === undefined) return;
  if (typeof value === "object" && value !== null && column.separator === undefined) {
    throw new RangeError(`${name}: expected one category, got ${excerpt(JSON.stringify(value))}`);
  }
  const unknown = table.unknown[place];
  const numbers = categoriesOf(value, column.separator).map((category) => {
    const number = column.names.indexOf(category);
    return number === -1 ? unknown + 1 : unknown + 2 + number;
  });
  const own = (numbers.length === 0 ? [unknown] : numbers).slice(0, column.slots);
  row.categories.fill(0, start, start + column.slots).set(own, start);
  row.weights.fill(0, start, start + column.slots).fill(1 / own.length, start, start + own.length);
}

function categoriesOf(value: FeatureValue, separator: string | undefined): string[] {
  if (value === null) return [];
  const parts = typeof value === "object" ? value.map(String) : [String(value)];
  const split = separator === undefined ? parts : parts.flatMap((part) => part.split(separator));
  return [...new Set(split.map((part) => part.trim()).filter((part) => part !== ""))];
}

/** The first slot of each column of categories. */
function slotStarts({ columns }: CategoryTable): number[] | undefined {
  let end = 0;
  return columns?.map(({ slots }) => {
    end += slots;
    return end - slots;
  });
}
