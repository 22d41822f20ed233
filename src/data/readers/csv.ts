/**
 * Reads interactions from comma- or tab-separated text with a header: columns are found by name, in any order, among
 * any others.
 */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import type { InteractionLog } from "../interactions.ts";
import type { ColumnNames } from "../settings.ts";
import { type ColumnOptions, findColumns, listNames, resolveColumns } from "./columns.ts";
import { type DelimitedFormat, readRecords } from "./delimited.ts";
import { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { addRow, finishLog, type RowLayout } from "./interaction-rows.ts";

/** Of {@link readCsv}. */
export interface CsvOptions extends ColumnOptions {
  /** What stands between two fields: "," unless given, such as ";" or "\t". */
  readonly delimiter?: string;
}

/**
 * Reads interactions from a CSV file with a header, plain or gzipped; other columns are passed over. Fields may be
 * quoted.
 *
 * @throws DataError with file and line when the file cannot be read, the header is missing or lacks a column, or a
 * row does not fit the header; RangeError for `columns` that make no sense.
 *
 * @example
 * const log = await readCsv("interactions.csv.gz", { columns: { feedback: "long_view" } });
 */
export function readCsv(file: string, options: CsvOptions = {}): Promise<InteractionLog> {
  return readTable(file, { delimiter: options.delimiter ?? ",", quoted: true }, options);
}

/**
 * Reads interactions from tab-separated values with a header, plain or gzipped, as {@link readCsv} does; but as this
 * format has it, there are no quoted fields: a quote is part of the text. For quoted fields between tabs, use
 * {@link readCsv} with the delimiter "\t".
 */
export function readTsv(file: string, options: ColumnOptions = {}): Promise<InteractionLog> {
  return readTable(file, { delimiter: "\t", quoted: false }, options);
}

async function readTable(
  file: string,
  format: DelimitedFormat,
  options: ColumnOptions,
): Promise<InteractionLog> {
  const names = resolveColumns(options);
  const builder = new InteractionLogBuilder();
  let layout: RowLayout | undefined;
  await readRecords(file, format, (fields, line) => {
    if (layout === undefined) layout = readHeader(file, line, fields, names, format.delimiter);
    else addRow(builder, layout, fields, line);
  });
  return finishLog(builder, file, `lines of ${listNames(names).join(format.delimiter)}`);
}

function readHeader(
  file: string,
  line: number,
  fields: readonly string[],
  names: ColumnNames,
  delimiter: string,
): RowLayout {
  const columns = fields.map((field) => field.trim());
  const expected = columns.join(delimiter);
  if (columns.every((column) => column === "" || Number.isFinite(Number(column)))) {
    const wanted = listNames(names).join(delimiter);
    throw new DataError(
      file,
      line,
      `no header: the first line is ${excerpt(expected)}; expected names such as ${wanted}`,
    );
  }
  return { file, columns, position: findColumns({ file, line, columns }, names), expected };
}
