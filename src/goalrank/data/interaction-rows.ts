/** Turns the text fields of one record into one interaction: the part that all delimited formats share. */
import { DataError } from "./errors.ts";
import type { InteractionLog, InteractionLogBuilder } from "./interactions.ts";

/** The four things an interaction consists of. */
export const INTERACTION_FIELDS = ["user", "item", "feedback", "timestamp"] as const;
export type InteractionField = (typeof INTERACTION_FIELDS)[number];

/** Where the fields of an interaction stand in a file's records. */
export interface RowLayout {
  readonly file: string;
  /** Names of all columns in order. */
  readonly columns: readonly string[];
  /** Which column holds which field: indices into `columns`. */
  readonly position: Readonly<Record<InteractionField, number>>;
  /** A record as it should look, for error messages, such as `user::item::rating::timestamp`. */
  readonly expected: string;
}

/** Adds the interaction in `fields`. Throws a DataError that names the line and the column that is wrong. */
export function addRow(
  builder: InteractionLogBuilder,
  layout: RowLayout,
  fields: readonly string[],
  line: number,
): void {
  const { columns, position } = layout;
  if (fields.length !== columns.length) {
    const found = `${fields.length} ${fields.length === 1 ? "column" : "columns"}`;
    throw unexpected(layout, line, `${found} instead of ${columns.length}`);
  }
  const user = fields[position.user];
  const item = fields[position.item];
  const feedback = readNumber(fields[position.feedback]);
  const timestamp = readNumber(fields[position.timestamp]);
  if (isBlank(user)) throw unexpected(layout, line, `${columns[position.user]} is empty`);
  if (isBlank(item)) throw unexpected(layout, line, `${columns[position.item]} is empty`);
  if (!Number.isFinite(feedback)) throw notANumber(layout, line, fields, position.feedback);
  if (!Number.isFinite(timestamp)) throw notANumber(layout, line, fields, position.timestamp);
  builder.add(user, item, feedback, timestamp);
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}

/** The number that `text` spells, or NaN; blank text spells none, although Number("") is 0. */
function readNumber(text: string): number {
  return isBlank(text) ? Number.NaN : Number(text);
}

function notANumber(layout: RowLayout, line: number, fields: readonly string[], column: number): DataError {
  const text = fields[column];
  const kind = Number.isNaN(Number(text)) || isBlank(text) ? "a number" : "finite";
  return unexpected(layout, line, `${layout.columns[column]} "${text}" is not ${kind}`);
}

function unexpected(layout: RowLayout, line: number, problem: string): DataError {
  return new DataError(layout.file, line, `${problem}; expected ${layout.expected}`);
}

/** The log of all rows read. Throws a DataError when there were none. */
export function finishLog(builder: InteractionLogBuilder, file: string, expected: string): InteractionLog {
  if (builder.size === 0) {
    throw new DataError(file, undefined, `no interactions; expected lines of ${expected}`);
  }
  return builder.build();
}
