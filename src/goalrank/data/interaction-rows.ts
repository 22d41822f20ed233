/** Turns the values of one record into one interaction: the part that all formats share. */
import type { ColumnPositions } from "./columns.ts";
import { DataError } from "./errors.ts";
import type { InteractionLogBuilder } from "./interaction-log-builder.ts";
import type { InteractionLog } from "./interactions.ts";

/** What a file's records hold, and where. */
export interface RowLayout {
  readonly file: string;
  /** Names of all columns in order. */
  readonly columns: readonly string[];
  /** Which column holds which field: indices into `columns`. */
  readonly position: ColumnPositions;
  /** A record as it should look, for error messages, such as `user::item::rating::timestamp`. */
  readonly expected: string;
  /** What errors count: lines unless given. */
  readonly unit?: "line" | "row";
}

/**
 * Adds the interaction in `values`, text or what a typed file holds, at line or row `place`. Throws a DataError that
 * names the place and the column that is wrong.
 */
export function addRow(
  builder: InteractionLogBuilder,
  layout: RowLayout,
  values: readonly unknown[],
  place: number,
): void {
  const { columns, position } = layout;
  if (values.length !== columns.length) {
    const found = `${values.length} ${values.length === 1 ? "column" : "columns"}`;
    throw unexpected(layout, place, `${found} instead of ${columns.length}`);
  }
  const user = readName(layout, place, values, position.user);
  const item = readName(layout, place, values, position.item);
  let feedback = 0;
  for (const { column, weight } of position.feedback) {
    feedback += weight * readNumber(layout, place, values, column);
  }
  const timestamp = readNumber(layout, place, values, position.timestamp);
  if (position.list === undefined || isBlank(values[position.list])) {
    builder.add(user, item, feedback, timestamp);
  } else {
    const list = readName(layout, place, values, position.list);
    builder.add(user, item, feedback, timestamp, list, readPlace(layout, place, values));
  }
}

/** Text with nothing to see in it, and what stands for nothing in a typed file. */
function isBlank(value: unknown): boolean {
  return typeof value === "string" ? value.trim() === "" : value === null || value === undefined;
}

/** The name that text or an integer is. */
function readName(layout: RowLayout, place: number, values: readonly unknown[], column: number): string {
  const value = values[column];
  if (isBlank(value)) throw unexpected(layout, place, isEmpty(layout, value, column));
  if (typeof value === "string") return value;
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  throw unexpected(layout, place, `${layout.columns[column]} "${value}" is neither text nor an integer`);
}

/** The finite number that text spells or that a number, integer or truth value is. */
function readNumber(layout: RowLayout, place: number, values: readonly unknown[], column: number): number {
  const value = values[column];
  const number = numberFrom(value);
  if (Number.isFinite(number)) return number;
  if (typeof value !== "string" && isBlank(value))
    throw unexpected(layout, place, isEmpty(layout, value, column));
  const kind = Number.isNaN(number) ? "a number" : "finite";
  throw unexpected(layout, place, `${layout.columns[column]} "${value}" is not ${kind}`);
}

/** NaN for what is no number, and for blank text, although Number("") is 0. */
function numberFrom(value: unknown): number {
  switch (typeof value) {
    case "number":
      return value;
    case "string":
      return isBlank(value) ? Number.NaN : Number(value);
    case "bigint":
    case "boolean":
      return Number(value);
    default:
      return Number.NaN;
  }
}

/** The place in a list, negative for what was not shown. */
function readPlace(layout: RowLayout, place: number, values: readonly unknown[]): number {
  const column = layout.position.position;
  if (column === undefined) return 0;
  if (isBlank(values[column])) return -1;
  const position = readNumber(layout, place, values, column);
  if (position === (position | 0)) return position;
  throw unexpected(layout, place, `${layout.columns[column]} "${values[column]}" is not a 32-bit integer`);
}

function isEmpty({ columns }: RowLayout, value: unknown, column: number): string {
  return `${columns[column]} is ${typeof value === "string" ? "empty" : "null"}`;
}

function unexpected({ file, unit, expected }: RowLayout, place: number, problem: string): DataError {
  const message = `${problem}; expected ${expected}`;
  return unit === "row"
    ? new DataError(file, undefined, message, { row: place })
    : new DataError(file, place, message);
}

/** The log of all rows read. Throws a DataError when there were none. */
export function finishLog(builder: InteractionLogBuilder, file: string, expected: string): InteractionLog {
  if (builder.size === 0) {
    throw new DataError(file, undefined, `no interactions; expected ${expected}`);
  }
  return builder.build();
}
