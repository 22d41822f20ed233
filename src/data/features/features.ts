/**
 * Observed features of users or items, from a table beside the log: one row per user or item, with numbers (a
 * duration), categories (an occupation) and columns of several categories (the genres of a film).
 */
import { excerpt } from "../../text/excerpt.ts";
import type { Catalogue, CategoryTable, FeatureTable } from "../dataset.ts";
import { DataError } from "../errors.ts";
import { type InteractionLog, namedCatalogue } from "../interactions.ts";
import { namesOf } from "../readers/column-names.ts";
import { isText, readRecords } from "../readers/delimited.ts";
import { numberOfText } from "../readers/numbers.ts";
import type { FeatureSource, LogOptions } from "../settings.ts";
import { buildCategories } from "./categories.ts";

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

/** Every user or item takes as much memory as the one with the most. */
const MAX_CATEGORIES = 1000;

const FORMATS = {
  csv: { delimiter: ",", quoted: true },
  tsv: { delimiter: "\t", quoted: true },
  movielens: { delimiter: "::", quoted: false },
} as const;

/**
 * Reads the features of the users or items called `ids`, such as `log.itemIds`.
 *
 * Numbers are standardised to mean 0 and standard deviation 1 over the entities that have one; those that have none,
 * and columns in which all are equal, are 0. Every column of categories has a category for "unknown" and one for
 * "rare", used or not.
 * @throws DataError with file and line when the file cannot be read, lacks a column, or has a row that does not fit
 * the header, an id twice, a number that is none, or more than 1000 categories in one place;
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
  const delimited = FORMATS[source.format ?? "csv"];
  await readRecords(source.file, { ...delimited, encoding: source.encoding ?? "utf-8" }, (fields, line) =>
    reader.add(fields, line),
  );
  const single = categorical.map((column) => ({ column, separator: undefined }));
  const columns = [...single, ...multiple].map(({ column, separator }) => {
    return { name: column, values: reader.categories(column, separator) };
  });
  const { table, vocabulary } = buildCategories(columns, ids.length, minimumCount);
  return {
    features: numeric.length === 0 ? undefined : standardised(numeric.map((column) => reader.numbers(column))),
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
  private readonly numberOf: ReadonlyMap<string, number>;
  /** Fields and line of each entity's row, undefined where the file has none. */
  private readonly rows: ({ readonly fields: readonly string[]; readonly line: number } | undefined)[];
  private readonly seen = new Set<string>();
  private header: readonly string[] | undefined;
  private skipped = 0;

  constructor(
    private readonly source: FeatureSource,
    ids: readonly string[],
  ) {
    this.numberOf = new Map(ids.map((id, number) => [id, number]));
    this.rows = new Array(ids.length).fill(undefined);
    if (source.columns !== undefined) this.setHeader(source.columns, undefined);
  }

  add(fields: readonly string[], line: number): void {
    const { key } = this.source;
    if (this.header === undefined) {
      const header = fields.map((field) => field.trim());
      this.setHeader(header, line);
      return;
    }
    if (fields.length !== this.header.length) {
      throw this.problem(line, `${fields.length} columns instead of ${this.header.length}`);
    }
    const id = this.text(key, fields[this.header.indexOf(key)].trim(), line);
    if (this.seen.has(id)) throw this.problem(line, `"${excerpt(id)}" occurs twice in the column "${key}"`);
    this.seen.add(id);
    const number = this.numberOf.get(id);
    if (number === undefined) this.skipped++;
    else this.rows[number] = { fields, line };
  }

  /** What each entity is called in a column, "" where it is unknown. */
  titles(column: string): string[] {
    return this.readColumn(column, (title, line) => this.text(column, title, line));
  }

  /** The categories of each entity in a column, one unless there is a separator; none where they are unknown. */
  categories(column: string, separator?: string): (readonly string[])[] {
    return this.readColumn(column, (field, line) => {
      const text = this.text(column, field, line);
      const parts = separator === undefined ? [text] : text.split(separator).map((part) => part.trim());
      const own = [...new Set(parts.filter((part) => part !== ""))];
      if (own.length <= MAX_CATEGORIES) return own;
      throw this.problem(line, `${column} has ${own.length} categories; at most ${MAX_CATEGORIES} are allowed`);
    });
  }

  /** What each entity has in a column of numbers; NaN where it is unknown. */
  numbers(column: string): Float64Array {
    const values = this.readColumn(column, (text, line) => {
      const value = numberOfText(text);
      if (text === "" || Number.isFinite(Math.fround(value))) return value;
      throw this.problem(line, `${column} "${excerpt(text)}" is not a finite number`);
    });
    return Float64Array.from(values);
  }

  counts(): FeatureCounts {
    const missing = this.rows.filter((row) => row === undefined).length;
    return { rows: this.seen.size, skipped: this.skipped, missing };
  }

  /** What `read` makes of each entity's text in a column, trimmed, "" where it is unknown. */
  private readColumn<Value>(column: string, read: (text: string, line?: number) => Value): Value[] {
    if (this.header === undefined) throw this.problem(undefined, "there is no header");
    const position = this.header.indexOf(column);
    return this.rows.map((row) => read(row?.fields[position].trim() ?? "", row?.line));
  }

  /** The same text, where it is one. */
  private text(column: string, text: string, line: number | undefined): string {
    if (isText(text)) return text;
    const remedy = "set the encoding to latin1 if it is that";
    throw this.problem(line, `${column} "${excerpt(text)}" holds bytes that are no text in UTF-8; ${remedy}`);
  }

  private setHeader(header: readonly string[], line: number | undefined): void {
    const { key, title = key, numeric = [], categorical = [], multiple = [] } = this.source;
    for (const column of [key, title, ...numeric, ...categorical, ...multiple.map((own) => own.column)]) {
      if (!header.includes(column)) {
        throw this.problem(line, `there is no column "${column}"; the columns are ${namesOf(header)}`);
      }
    }
    this.header = header;
  }

  private problem(line: number | undefined, problem: string): DataError {
    return new DataError(this.source.file, problem, { line });
  }
}

/** Columns of numbers, NaN where unknown, side by side: [count, columns]. */
function standardised(columns: readonly Float64Array[]): FeatureTable {
  const width = columns.length;
  const data = new Float32Array(columns[0].length * width);
  columns.forEach((column, place) => {
    const known = column.filter((value) => !Number.isNaN(value));
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
    const scale = variance > 0 ? 1 / Math.sqrt(variance) : 0;
    column.forEach((value, entity) => {
      if (!Number.isNaN(value)) data[entity * width + place] = (value - mean) * scale;
    });
  });
  return { width, data };
}
