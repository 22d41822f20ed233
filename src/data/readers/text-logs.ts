/** Reads interactions from lines of fields: with a header or without one, and anything between two fields. */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import { WHITESPACE } from "../settings.ts";
import { findColumns, listFields, listNames } from "./column-names.ts";
import { readRecords } from "./delimited.ts";
import type { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { InteractionRows, type RowLayout } from "./interaction-rows.ts";
import { type TextFormat, wordsOf } from "./log-formats.ts";
import { NestedRows } from "./nested-rows.ts";
import { numberOfText } from "./numbers.ts";
import type { Reading } from "./reading.ts";

/** A reading of text. */
export type TextReading = Reading & { readonly format: TextFormat };

/** What stands between two fields. */
function delimiterOf({ format, settings }: TextReading): string {
  return settings.delimiter?.replaceAll("\\t", "\t") ?? format.delimiter;
}

/** The same in a message. */
function shownDelimiter(reading: TextReading): string {
  const delimiter = delimiterOf(reading);
  return delimiter === WHITESPACE ? " " : delimiter;
}

/** Collects one record after another. */
interface Rows {
  add(fields: readonly string[], line: number): void;
}

/**
 * Adds the interactions of a file to `builder`, until it has `most`.
 * @throws DataError with file and line when the file cannot be read, the header is missing or lacks a column, or a
 * row does not fit the first
 */
export async function readText(
  file: string,
  reading: TextReading,
  builder: InteractionLogBuilder,
  most: number,
): Promise<void> {
  const { format, settings } = reading;
  const delimited = { delimiter: delimiterOf(reading), quoted: format.quoted, encoding: settings.encoding };
  const blocks = format.hasBlocks ? new Blocks(file, wantedOf(reading)) : undefined;
  let rows: Rows | undefined;
  await readRecords(file, delimited, (record, line) => {
    const fields = blocks === undefined ? record : blocks.fieldsOf(record, line);
    if (fields === undefined) return true;
    if (rows === undefined) {
      rows = rowsAfter(file, reading, builder, fields, line);
      if (reading.hasHeader) return true;
    }
    rows.add(fields, line);
    return builder.size < most;
  });
}

/** Puts the name of a block before the fields of each of its lines. */
class Blocks {
  private name: string | undefined;

  constructor(
    private readonly file: string,
    private readonly expected: string,
  ) {}

  /** The fields of a line; undefined where it begins a block. */
  fieldsOf(fields: readonly string[], line: number): readonly string[] | undefined {
    const [first] = fields;
    if (fields.length === 1 && /:\s*$/.test(first)) {
      this.name = first.trim().slice(0, -1);
      return undefined;
    }
    if (this.name !== undefined) return [this.name, ...fields];
    throw new DataError(
      this.file,
      `no line such as "1:" before this one says what it is of; expected ${this.expected}`,
      { line },
    );
  }
}

/** What collects the records of a file whose first is `first`. */
function rowsAfter(
  file: string,
  reading: TextReading,
  builder: InteractionLogBuilder,
  first: readonly string[],
  line: number,
): Rows {
  const { recordOf, names } = reading.format;
  if (recordOf !== undefined) {
    const rows = new NestedRows(file, reading, builder, wantedOf(reading));
    return { add: (fields, own) => rows.add(recordOf(checked(file, reading, fields, names ?? fields, own)), own) };
  }
  if (!hasLists(reading)) return new InteractionRows(layoutOf(file, reading, first, line), builder);
  const columns = first.map((field) => field.trim().split(":"));
  const rows = new NestedRows(file, reading, builder, wantedOf(reading));
  // As RecBole has it: the entries of a sequence stand between blanks.
  const entriesOf = (field: string, type = "") => (type.endsWith("_seq") ? wordsOf(field) : field);
  const recordFrom = (fields: readonly string[]) =>
    Object.fromEntries(fields.map((field, place) => [columns[place][0], entriesOf(field, columns[place][1])]));
  return { add: (fields, own) => rows.add(recordFrom(checked(file, reading, fields, columns, own)), own) };
}

/** Whether any field lies in a list. */
function hasLists({ fields, history, candidates }: TextReading): boolean {
  return (history ?? candidates) !== undefined || listNames(fields).some((name) => name.endsWith("]"));
}

/** @throws DataError unless there are as many fields as columns */
function checked(
  file: string,
  reading: TextReading,
  fields: readonly string[],
  { length }: ArrayLike<unknown>,
  line: number,
): readonly string[] {
  if (fields.length === length) return fields;
  throw new DataError(file, `${fields.length} columns instead of ${length}; expected ${wantedOf(reading)}`, { line });
}

/** The columns of a record, as they are expected. */
function wantedOf(reading: TextReading): string {
  const names = reading.format.names ?? listNames(reading.fields);
  return names.join(shownDelimiter(reading));
}

/** What is expected of a file in which there is nothing. */
export function expectedText(reading: TextReading): string {
  return `lines of ${wantedOf(reading)}`;
}

/** Where fields stand, as the first record of a file tells. */
function layoutOf(file: string, reading: TextReading, first: readonly string[], line: number): RowLayout {
  const { format, settings, fields, rules, hasHeader } = reading;
  const delimiter = shownDelimiter(reading);
  if (!hasHeader && format.names === undefined) {
    const header = { file, line, columns: first, isNumbered: true };
    const position = findColumns(header, fields);
    const columns = first.map((_, place) => {
      const [, field = "-"] = listFields(position).find(([own]) => own === place) ?? [];
      return field;
    });
    return { file, columns, position, rules, expected: columns.join(delimiter) };
  }
  const named = first.map((field) => field.trim());
  const columns = format.names ?? (format.hasTypes ? named.map((name) => name.replace(/:\w+$/, "")) : named);
  const expected = columns.join(delimiter);
  if (
    hasHeader &&
    settings.header !== true &&
    columns.every((column) => column === "" || Number.isFinite(numberOfText(column)))
  ) {
    const wanted = listNames(fields).join(delimiter);
    const problem = `no header: the first line is ${excerpt(expected)}; expected names such as ${wanted}`;
    const remedy = "or columns by their numbers, such as user=1,item=2,feedback=3,timestamp=4";
    throw new DataError(file, `${problem}, ${remedy}`, { line });
  }
  return { file, columns, position: findColumns({ file, line, columns }, fields), rules, expected };
}
