/** Reads interactions from lines of fields: with a header or without one, and anything between two fields. */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import { WHITESPACE } from "../settings.ts";
import { findColumns, listFields, listNames } from "./column-names.ts";
import { readRecords } from "./delimited.ts";
import type { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { InteractionRows, type RowLayout } from "./interaction-rows.ts";
import type { TextFormat } from "./log-formats.ts";
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
  let rows: InteractionRows | undefined;
  await readRecords(file, delimited, (fields, line) => {
    if (rows === undefined) {
      rows = new InteractionRows(layoutOf(file, reading, fields, line), builder);
      if (reading.hasHeader) return true;
    }
    rows.add(fields, line);
    return builder.size < most;
  });
}

/** What is expected of a file in which there is nothing. */
export function expectedText(reading: TextReading): string {
  const names = reading.format.names ?? listNames(reading.fields);
  return `lines of ${names.join(shownDelimiter(reading))}`;
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
  const columns = format.names ?? first.map((field) => field.trim());
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
