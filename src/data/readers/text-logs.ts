/** Reads interactions from text: comma- or tab-separated with a header, or as MovieLens has them; plain or gzipped. */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import type { InteractionLog } from "../interactions.ts";
import type { ColumnNames } from "../settings.ts";
import {
  type ColumnOptions,
  findColumns,
  type Header,
  listNames,
  resolveColumns,
  timeFormatOf,
} from "./column-names.ts";
import { type DelimitedFormat, readRecords } from "./delimited.ts";
import { InteractionRows, noInteractions, type RowLayout } from "./interaction-rows.ts";
import { isNumber } from "./numbers.ts";

/** Of {@link readCsv}. */
export interface CsvOptions extends ColumnOptions {
  /** What stands between two fields: "," unless given, such as ";" or "\t". */
  readonly delimiter?: string;
}

/**
 * Reads interactions from a CSV file with a header: columns are found by name, in any order, and others are passed
 * over. Fields may be quoted.
 * @throws DataError with file and line when the file cannot be read, the header is missing or lacks a column, or a
 * row does not fit the header; RangeError for `columns` that make no sense.
 * @example
 * const log = await readCsv("interactions.csv.gz", { columns: { feedback: "long_view" } });
 */
export function readCsv(file: string, options: CsvOptions = {}): Promise<InteractionLog> {
  return readTable(file, { delimiter: options.delimiter ?? ",", quoted: true }, options);
}

/**
 * Reads interactions from tab-separated values with a header, as {@link readCsv} does; but as this format has it, there
 * are no quoted fields: a quote is part of the text. For quoted fields between tabs, use {@link readCsv} with the
 * delimiter "\t".
 */
export function readTsv(file: string, options: ColumnOptions = {}): Promise<InteractionLog> {
  return readTable(file, { delimiter: "\t", quoted: false }, options);
}

/**
 * Reads MovieLens ratings: one `user::item::rating::timestamp` per line, no header
 * (Harper and Konstan 2015, "The MovieLens Datasets: History and Context").
 * @throws DataError with file and line when the file cannot be read or a line is not of that form.
 */
export async function readMovieLens(file: string): Promise<InteractionLog> {
  const columns = ["user", "item", "rating", "timestamp"];
  const expected = columns.join("::");
  const position = { user: 0, item: 1, feedback: [{ column: 2, weight: 1 }], timestamp: 3 };
  const rows = new InteractionRows({ file, columns, position, expected });
  await readRecords(file, { delimiter: "::", quoted: false }, (fields, line) => rows.add(fields, line));
  return rows.finish(`lines of ${expected}`);
}

async function readTable(file: string, format: DelimitedFormat, options: ColumnOptions): Promise<InteractionLog> {
  const names = resolveColumns(options);
  const timeFormat = timeFormatOf(options);
  const wanted = `lines of ${listNames(names).join(format.delimiter)}`;
  const table: { rows?: InteractionRows } = {};
  await readRecords(file, format, (fields, line) => {
    if (table.rows !== undefined) table.rows.add(fields, line);
    else {
      const columns = fields.map((field) => field.trim());
      table.rows = new InteractionRows({ ...readHeader({ file, line, columns }, names, format.delimiter), timeFormat });
    }
  });
  if (table.rows === undefined) throw noInteractions(file, wanted);
  return table.rows.finish(wanted);
}

function readHeader(header: Header, names: ColumnNames, delimiter: string): RowLayout {
  const { file, line, columns } = header;
  const expected = columns.join(delimiter);
  if (columns.every((column) => column === "" || isNumber(column))) {
    const wanted = listNames(names).join(delimiter);
    const problem = `no header: the first line is ${excerpt(expected)}; expected names such as ${wanted}`;
    throw new DataError(file, problem, { line });
  }
  return { file, columns, position: findColumns(header, names), expected };
}
