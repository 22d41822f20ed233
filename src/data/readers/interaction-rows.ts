/** Turns the values of one record into one interaction: the part that all formats share. */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import type { InteractionLog } from "../interactions.ts";
import type { ColumnPositions } from "./columns.ts";
import { secondsOfDate } from "./dates.ts";
import type { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { isText } from "./text.ts";

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
  if (!Number.isFinite(Math.fround(feedback))) {
    throw unexpected(layout, place, `the feedback ${feedback} is larger than a number of 32 bits can be`);
  }
  const timestamp = readTime(layout, place, values, position.timestamp);
  const hasList = position.list !== undefined && !isBlank(values[position.list]);
  const list = hasList ? readName(layout, place, values, position.list) : "";
  const rank = hasList ? readPlace(layout, place, values) : 0;
  try {
    builder.add(user, item, feedback, timestamp, list, rank);
  } catch (error) {
    // The log is full: of names, or of rows.
    if (!(error instanceof RangeError)) throw error;
    throw unexpected(layout, place, error.message);
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
  if (typeof value === "string") {
    if (isText(value)) return value;
    throw unexpected(
      layout,
      place,
      `${described(layout, value, column)} holds bytes that are no text in UTF-8`,
    );
  }
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  throw unexpected(layout, place, `${described(layout, value, column)} is neither text nor an integer`);
}

/** The finite number that text spells or that a number, integer or truth value is. */
function readNumber(layout: RowLayout, place: number, values: readonly unknown[], column: number): number {
  const value = values[column];
  const number = numberFrom(value);
  if (Number.isFinite(number)) return number;
  if (typeof value !== "string" && isBlank(value))
    throw unexpected(layout, place, isEmpty(layout, value, column));
  const kind = Number.isNaN(number) ? "a number" : "finite";
  throw unexpected(layout, place, `${described(layout, value, column)} is not ${kind}`);
}

/** A number in the log's own unit, or the seconds since 1970 of a date. */
function readTime(layout: RowLayout, place: number, values: readonly unknown[], column: number): number {
  const value = values[column];
  const seconds = typeof value === "string" ? secondsOfDate(value.trim()) : Number.NaN;
  return Number.isNaN(seconds) ? readNumber(layout, place, values, column) : seconds;
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
  throw unexpected(layout, place, `${described(layout, position, column)} is not a 32-bit integer`);
}

/** A column's name and value, as much of them as a message has room for. */
function described({ columns }: RowLayout, value: unknown, column: number): string {
  return `${excerpt(columns[column])} "${excerpt(String(value))}"`;
}

function isEmpty({ columns }: RowLayout, value: unknown, column: number): string {
  return `${excerpt(columns[column])} is ${typeof value === "string" ? "empty" : "null"}`;
}

function unexpected({ file, unit, expected }: RowLayout, place: number, problem: string): DataError {
  const message = `${problem}; expected ${excerpt(expected, 300)}`;
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
