/** Which columns of a file hold the fields of an interaction: named by the caller, found in the file's header. */
import { excerpt } from "../../text/excerpt.ts";
import { nearestName } from "../../text/nearest-name.ts";
import { DataError } from "../errors.ts";
import { type Column, type ColumnNames, EACH_LINE, NO_COLUMN, type WeightedColumn } from "../settings.ts";

/** The columns of the fields that a log has. */
export interface Fields<Place> {
  /** Undefined where every list, or row without one, is of a user of its own. */
  readonly user: Place | undefined;
  readonly item: Place;
  /** None where every interaction counts 1. */
  readonly feedback: readonly { readonly column: Place; readonly weight: number }[];
  /** Undefined where rows are in the order of time. */
  readonly timestamp: Place | undefined;
  readonly list: Place | undefined;
  readonly position: Place | undefined;
  readonly propensity: Place | undefined;
}

/** Where the fields of an interaction stand: indices into a file's columns. */
export type ColumnPositions = Fields<number>;

/**
 * The columns to look for.
 * @throws RangeError when there is no column of items, a weight is not finite, or there are positions without lists.
 */
export function resolveColumns(columns: ColumnNames): Fields<Column> {
  const { user, item, timestamp, list, position, propensity } = columns;
  const own = (column: Column | undefined) => (column === NO_COLUMN ? undefined : column);
  if (user === undefined || own(item) === undefined || item === undefined) {
    const field = user === undefined ? "user" : "item";
    throw new RangeError(`columns: which column holds the ${field}? Set columns.${field} to its number, from 1`);
  }
  const feedback = feedbackTerms(columns);
  if (feedback.length === 0 && columns.feedback !== NO_COLUMN) {
    throw new RangeError('columns: feedback names no column; name at least one, or "none"');
  }
  const wrong = feedback.find(({ weight }) => !Number.isFinite(weight));
  if (wrong !== undefined) {
    throw new RangeError(`columns: the weight of "${wrong.column}" must be finite, got ${wrong.weight}`);
  }
  if (position !== undefined && list === undefined) {
    throw new RangeError(
      `columns: "${position}" gives places in lists, but no column names the lists; add columns.list`,
    );
  }
  return { user: own(user), item, feedback, timestamp: own(timestamp), list, position, propensity };
}

function feedbackTerms({ feedback = NO_COLUMN }: ColumnNames): readonly WeightedColumn[] {
  if (typeof feedback === "object") return feedback;
  return feedback === NO_COLUMN ? [] : [{ column: feedback, weight: 1 }];
}

/** All columns that are named, but for words that stand for none. */
export function givenColumns(columns: ColumnNames): Column[] {
  const { feedback: _, list, ...others } = columns;
  const lists = list === undefined || list === EACH_LINE ? [] : [list];
  const all = [...Object.values(others), ...lists, ...feedbackTerms(columns).map(({ column }) => column)];
  return all.filter((column) => column !== NO_COLUMN);
}

/** The same fields in other places. */
export function mapFields<From, To>(fields: Fields<From>, map: (place: From, field: string) => To): Fields<To> {
  const mapAny = (place: From | undefined, field: string) => (place === undefined ? undefined : map(place, field));
  return {
    user: mapAny(fields.user, "user"),
    item: map(fields.item, "item"),
    feedback: fields.feedback.map((term) => ({ ...term, column: map(term.column, "feedback") })),
    timestamp: mapAny(fields.timestamp, "timestamp"),
    list: mapAny(fields.list, "list"),
    position: mapAny(fields.position, "position"),
    propensity: mapAny(fields.propensity, "propensity"),
  };
}

/** All places, with what stands there: user, item, feedback, time, and what a log may have beside them. */
export function listFields<Place>(fields: Fields<Place>): (readonly [place: Place, field: string])[] {
  const all: (readonly [Place, string])[] = [];
  mapFields(fields, (place, field) => all.push([place, field]));
  return all;
}

/** Their names, as an example of a header. */
export function listNames(fields: Fields<Column>): string[] {
  return listFields(fields).map(([column]) => String(column));
}

/** A file's columns, and where they are named, for errors: the header's line, or the whole file. */
export interface Header {
  readonly file: string;
  readonly line: number | undefined;
  readonly columns: readonly string[];
  /** Whether columns have numbers alone, and `columns` is the first record. */
  readonly isNumbered?: boolean;
}

/**
 * Where the columns are: a name of the header, or else the column of that number.
 * @throws DataError when a column is not in the header, or is there twice.
 */
export function findColumns(header: Header, fields: Fields<Column>): ColumnPositions {
  return mapFields(fields, (column, field) => findColumn(header, fields, column, field));
}

function findColumn(header: Header, fields: Fields<Column>, column: Column, field: string): number {
  const { file, line, columns, isNumbered = false } = header;
  const name = String(column);
  const position = isNumbered ? -1 : columns.indexOf(name);
  if (position >= 0) {
    if (!columns.includes(name, position + 1)) return position;
    throw new DataError(file, `the header names the column "${name}" twice: ${namesOf(columns)}`, { line });
  }
  if (typeof column === "string") throw new DataError(file, unknownColumn(column, field, fields, columns), { line });
  if (column <= columns.length) return column - 1;
  const many = columns.length === 1 ? "1 column: is the delimiter right?" : `${columns.length} columns`;
  throw new DataError(file, `there is no column ${column} for the ${field}; the first line has ${many}`, { line });
}

/** The message for a column that the header lacks: what there is, and what was probably meant. */
function unknownColumn(name: string, field: string, fields: Fields<Column>, columns: readonly string[]): string {
  const problem = `there is no column "${name}" for the ${field}; the header has ${namesOf(columns)}`;
  if (columns.length === 1) return `${problem}: is the delimiter right?`;
  const taken = new Set(listNames(fields));
  const free = columns.filter((column) => !taken.has(column));
  const nearest = nearestName(name, free);
  if (nearest !== undefined) return `${problem}; did you mean "${excerpt(nearest)}"?`;
  const isOptional = field === "feedback" || field === "timestamp" || field === "user";
  return isOptional ? `${problem}; "none" says that the log has none` : problem;
}

/** What a file's columns are called, as far as a message has room for it. */
export function namesOf(columns: readonly string[]): string {
  return excerpt(columns.join(", "), 500);
}
