/**
 * Observed features of users or items, from a table beside the log: one row per user or item, with numbers (a
 * duration), categories (an occupation) and columns of several categories (the genres of a film).
 */
import { excerpt } from "../../text/excerpt.ts";
import type { Catalogue, CategoryTable, FeatureTable } from "../dataset.ts";
import { DataError } from "../errors.ts";
import { type InteractionLog, namedCatalogue } from "../interactions.ts";
import { isText } from "../readers/delimited.ts";
import { numberOfText } from "../readers/numbers.ts";
import { type Column, DEFAULT_READING, type FeatureSource, type LogOptions } from "../settings.ts";
import { buildCategories } from "./categories.ts";
import { type Place, readTable } from "./feature-table.ts";
import { type NpyRows, readNpy } from "./npy.ts";

/** The features of all users, or of all items, in the log's numbering. */
export interface EntityFeatures {
  /** The numeric columns, standardised; undefined where none were asked for. */
  readonly features: FeatureTable | undefined;
  /** The categories of all other columns; undefined where none were asked for. */
  readonly categories: CategoryTable | undefined;
  /** What each category stands for, such as `genre=Comedy`, `genre (rare)` or `genre (unknown)`: [V]. */
  readonly vocabulary: readonly string[];
  /** What people call each user or item, "" where that is not known; undefined where no column says it. */
  readonly titles: readonly string[] | undefined;
  readonly counts: FeatureCounts;
}

/** What became of the rows of a feature table. */
export interface FeatureCounts {
  /** Rows of the file. */
  readonly rows: number;
  /** Rows whose id the log lacks: passed over. */
  readonly skipped: number;
  /** Users or items of the log that the file lacks: unknown in every column. */
  readonly missing: number;
}

/** Texts that stand for nothing. */
const BLANKS: ReadonlySet<string> = new Set(DEFAULT_READING.blanks);

/** Every user or item takes as much memory as the one with the most. */
const MAX_CATEGORIES = 1000;

/**
 * Reads the features of the users or items called `ids`, such as `log.itemIds`.
 *
 * Numbers are standardised to mean 0 and standard deviation 1 over the entities that have one; those that have none,
 * and columns in which all are equal, are 0. Every column of categories has a category for "unknown" and one for
 * "rare", used or not.
 * @throws DataError with file and line or row when the file cannot be read, lacks a column, has a row that does not fit
 * the header, an id twice, a number that is none, or more than 1000 categories in one place, or when none of its rows is
 * of `ids`;
 * RangeError for a `minimumCount` that is no positive integer.
 * @example
 * const films = await readFeatures(
 *   {
 *     file: "ml-1m/movies.dat",
 *     format: "movielens",
 *     columns: ["id", "title", "genres"],
 *     key: "id",
 *     multiple: [{ column: "genres", separator: "|" }],
 *   },
 *   log.itemIds,
 * );
 */
export async function readFeatures(source: FeatureSource, ids: readonly string[]): Promise<EntityFeatures> {
  const { numeric = [], categorical = [], multiple = [], minimumCount = 2 } = source;
  if (!Number.isInteger(minimumCount) || minimumCount < 1) {
    throw new RangeError(`features: minimumCount must be a positive integer, got ${minimumCount}`);
  }
  const reader = new FeatureReader(source, ids);
  await readTable(source, reader.wanted, (values, place) => reader.add(values, place));
  reader.finish();
  const vectors = source.vectors === undefined ? [] : reader.vectors(await readNpy(source.vectors), source.vectors);
  const numbers = [...numeric.map((own) => reader.numbers(own)), ...vectors];
  const names = [...numeric.map(String), ...vectors.map((_, place) => `vector ${place}`)];
  const single = categorical.map((column) => ({ column, separator: undefined }));
  const columns = [...single, ...multiple].map(({ column, separator }) => {
    return { name: String(column), separator, values: reader.categories(column, separator) };
  });
  const { table, vocabulary } = buildCategories(columns, ids.length, minimumCount);
  return {
    features: numbers.length === 0 ? undefined : standardised(names, numbers),
    categories: columns.length === 0 ? undefined : table,
    vocabulary: columns.length === 0 ? [] : vocabulary,
    titles: source.title === undefined ? undefined : reader.titles(source.title),
    counts: reader.counts(),
  };
}

/**
 * The users and items of a log, with what tables beside it say of them.
 * @throws DataError as {@link readFeatures} does
 */
export async function readCatalogue(
  log: InteractionLog,
  { userFeatures, itemFeatures }: Pick<LogOptions, "userFeatures" | "itemFeatures"> = {},
): Promise<Catalogue> {
  const users = userFeatures && (await readFeatures(userFeatures, log.userIds));
  const items = itemFeatures && (await readFeatures(itemFeatures, log.itemIds));
  return {
    ...namedCatalogue(log),
    ...(users?.features && { userFeatures: users.features }),
    ...(users?.categories && { userCategories: users.categories }),
    ...(items?.features && { itemFeatures: items.features }),
    ...(items?.categories && { itemCategories: items.categories }),
    ...(items?.titles && { itemTitles: items.titles }),
  };
}

/** Keeps the wanted columns of the rows whose id the log knows. */
class FeatureReader {
  /** The key first. */
  readonly wanted: readonly Column[];
  private readonly numberOf: ReadonlyMap<string, number>;
  /** Values and place of each entity's row, undefined where the file has none. */
  private readonly rows: (
    | { readonly values: readonly string[]; readonly place: Place; readonly ordinal: number }
    | undefined
  )[];
  private readonly seen = new Set<string>();
  private skipped = 0;

  constructor(
    private readonly source: FeatureSource,
    private readonly ids: readonly string[],
  ) {
    const { key, title = key, numeric = [], categorical = [], multiple = [] } = source;
    this.wanted = [...new Set([key, title, ...numeric, ...categorical, ...multiple.map(({ column }) => column)])];
    this.numberOf = new Map(ids.map((id, number) => [id, number]));
    this.rows = new Array(ids.length).fill(undefined);
  }

  add(values: readonly string[], place: Place): void {
    const { key } = this.source;
    const id = this.text(key, values[0], place);
    if (this.seen.has(id)) throw this.problem(`"${excerpt(id)}" occurs twice in the column ${quoted(key)}`, place);
    this.seen.add(id);
    const number = this.numberOf.get(id);
    if (number === undefined) this.skipped++;
    else this.rows[number] = { values, place, ordinal: this.seen.size - 1 };
  }

  /** @throws DataError when no row is of a user or item of the log */
  finish(): void {
    if (this.seen.size === 0) throw this.problem("there are no rows");
    if (this.ids.length === 0 || this.skipped < this.seen.size) return;
    const [own] = this.seen;
    throw this.problem(
      `no row is of anything in the log: the column ${quoted(this.source.key)} holds ids such as "${excerpt(own)}", the ` +
        `log such as "${excerpt(this.ids[0])}"; name the column that holds the log's ids, or write them alike`,
    );
  }

  /** What each entity is called in a column, "" where it is unknown. */
  titles(column: Column): string[] {
    return this.readColumn(column, (title, place) => this.text(column, title, place));
  }

  /** The categories of each entity in a column, one unless there is a separator; none where they are unknown. */
  categories(column: Column, separator?: string): (readonly string[])[] {
    return this.readValues(column, (value, place) => {
      const text = this.text(column, value, place);
      const parts = separator === undefined ? [text] : text.split(separator).map((part) => part.trim());
      const own = [...new Set(parts.filter((part) => part !== ""))];
      if (own.length <= MAX_CATEGORIES) return own;
      throw this.problem(`${column} has ${own.length} categories; at most ${MAX_CATEGORIES} are allowed`, place);
    });
  }

  /** What each entity has in a column of numbers; NaN where it is unknown. */
  numbers(column: Column): Float64Array {
    const values = this.readValues(column, (text, place) => {
      const value = numberOfText(text, this.source.decimal);
      if (text === "" || Number.isFinite(Math.fround(value))) return value;
      throw this.problem(`${column} "${excerpt(text)}" is not a finite number`, place);
    });
    return Float64Array.from(values);
  }

  /**
   * The columns of vectors that lie in a file of their own, in the order of the table's rows; NaN where an entity has none.
   * @throws DataError for another number of rows than the table has
   */
  vectors({ rows, width, data }: NpyRows, file: string): Float64Array[] {
    if (rows !== this.seen.size) {
      const problem = `${rows} rows, and ${this.source.file} has ${this.seen.size}; expected one vector for each, in order`;
      throw new DataError(file, problem);
    }
    return Array.from({ length: width }, (_, at) =>
      Float64Array.from(this.rows, (row) => (row === undefined ? Number.NaN : data[row.ordinal * width + at])),
    );
  }

  counts(): FeatureCounts {
    const missing = this.rows.filter((row) => row === undefined).length;
    return { rows: this.seen.size, skipped: this.skipped, missing };
  }

  /** The same of a column in which `NULL` and its like stand for nothing, as they do in logs. */
  private readValues<Value>(column: Column, read: (text: string, place?: Place) => Value): Value[] {
    return this.readColumn(column, (text, place) => read(BLANKS.has(text) ? "" : text, place));
  }

  /** What `read` makes of each entity's text in a column, "" where it is unknown. */
  private readColumn<Value>(column: Column, read: (text: string, place?: Place) => Value): Value[] {
    const at = this.wanted.indexOf(column);
    return this.rows.map((row) => read(row?.values[at] ?? "", row?.place));
  }

  /** The same text, where it is one. */
  private text(column: Column, text: string, place?: Place): string {
    if (isText(text)) return text;
    const remedy = "set the encoding to latin1 if it is that";
    throw this.problem(`${column} "${excerpt(text)}" holds bytes that are no text in UTF-8; ${remedy}`, place);
  }

  private problem(problem: string, place?: Place): DataError {
    return new DataError(this.source.file, problem, place);
  }
}

/** A column as messages name it: `"price"`, or the number 4. */
const quoted = (column: Column) => (typeof column === "string" ? `"${column}"` : String(column));

/**
 * Columns of numbers, NaN where unknown, side by side: [count, columns]. Numbers are taken relative to the first, so
 * that equal ones have no spread, whatever their sum is rounded to. A spread of no more than what two numbers may differ
 * by once each is rounded to 53 bits is none either: 0.3 beside 0.1 + 0.2.
 */
function standardised(names: readonly string[], columns: readonly Float64Array[]): FeatureTable {
  const width = columns.length;
  const data = new Float32Array(columns[0].length * width);
  const named = columns.map((column, at) => {
    const known = column.filter((value) => !Number.isNaN(value));
    const [first] = known;
    const mean = known.reduce((sum, value) => sum + (value - first), 0) / known.length;
    const variance = known.reduce((sum, value) => sum + (value - first - mean) ** 2, 0) / known.length;
    const largest = known.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const spread = known.reduce((most, value) => Math.max(most, Math.abs(value - first)), 0);
    const scale = spread > Number.EPSILON * largest ? 1 / Math.sqrt(variance) : 0;
    column.forEach((value, entity) => {
      if (!Number.isNaN(value)) data[entity * width + at] = (value - first - mean) * scale;
    });
    return { name: names[at], center: known.length === 0 ? 0 : first + mean, scale };
  });
  return { width, data, columns: named };
}
