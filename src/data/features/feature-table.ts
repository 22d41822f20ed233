/** Reads the wanted columns of a table of features, whatever file it is in: text between delimiters, or Parquet. */
import { extname } from "node:path";
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import { namesOf } from "../readers/column-names.ts";
import { readRecords } from "../readers/delimited.ts";
import { withParquetTable } from "../readers/parquet-table.ts";
import type { Column, FeatureSource, TableFormat } from "../settings.ts";

/** Where a row stands: a line of text, or a row of Parquet. */
export type Place = { readonly line: number } | { readonly row: number };

/** Receives the text of the wanted columns of a row, trimmed, "" where there is nothing. */
export type VisitRow = (values: readonly string[], place: Place) => void;

/** As those of a log. */
const TEXT_FORMATS = {
  csv: { delimiter: ",", quoted: true },
  tsv: { delimiter: "\t", quoted: false },
  movielens: { delimiter: "::", quoted: false },
} as const;

const FORMAT_OF_ENDING: Readonly<Record<string, TableFormat>> = {
  ".dat": "movielens",
  ".tsv": "tsv",
  ".parquet": "parquet",
};

/**
 * Calls `visit` with the `wanted` columns of every row.
 * @throws DataError with file and line or row when the table cannot be read, lacks a column, or has a row with more or
 * fewer fields than the first
 */
export async function readTable(source: FeatureSource, wanted: readonly Column[], visit: VisitRow): Promise<void> {
  const ending = extname(source.file.replace(/\.gz$/i, "")).toLowerCase();
  const format = source.format ?? FORMAT_OF_ENDING[ending] ?? "csv";
  if (format === "parquet") return readParquetTable(source.file, wanted, visit);
  const { delimiter, quoted } = TEXT_FORMATS[format];
  const { columns, encoding = "utf-8" } = source;
  const hasHeader = source.header ?? (columns === undefined && wanted.some((column) => typeof column === "string"));
  const table: { places?: readonly number[]; width?: number } = {};
  let isHeader = hasHeader;
  await readRecords(source.file, { delimiter: source.delimiter ?? delimiter, quoted, encoding }, (fields, line) => {
    if (table.places === undefined) {
      const names = columns ?? (hasHeader ? fields.map((field) => field.trim()) : undefined);
      table.places = findPlaces(source.file, wanted, {
        names,
        width: fields.length,
        ...(columns === undefined && { line }),
      });
      table.width = columns?.length ?? fields.length;
    }
    if (isHeader) isHeader = false;
    else if (fields.length !== table.width) {
      throw new DataError(source.file, `${fields.length} columns instead of ${table.width}`, { line });
    } else
      visit(
        table.places.map((place) => fields[place].trim()),
        { line },
      );
  });
}

interface Columns {
  /** Undefined where columns have numbers alone. */
  readonly names: readonly string[] | undefined;
  readonly width: number;
  /** Where the names stand. */
  readonly line?: number;
}

/** Where the wanted columns stand: a name, or else the column of that number. */
function findPlaces(file: string, wanted: readonly Column[], { names, width, line }: Columns): readonly number[] {
  return wanted.map((column) => {
    const place = names?.indexOf(String(column)) ?? -1;
    if (place >= 0) return place;
    if (typeof column === "number" && column <= (names?.length ?? width)) return column - 1;
    const there = names === undefined ? `there are ${width}, numbered from 1` : `the columns are ${namesOf(names)}`;
    throw new DataError(file, `there is no column ${JSON.stringify(column)}; ${there}`, { line });
  });
}

function readParquetTable(file: string, wanted: readonly Column[], visit: VisitRow): Promise<void> {
  return withParquetTable(file, async (table) => {
    const all = table.description.columns;
    const names = all.map(({ name }) => name);
    const columns = findPlaces(file, wanted, { names, width: names.length }).map((place) => all[place]);
    const nested = columns.find(({ isNested }) => isNested);
    if (nested !== undefined) {
      throw new DataError(file, `the column "${excerpt(nested.name)}" is nested; expected one value in each row`);
    }
    await table.readRows(
      columns.map(({ name }) => name),
      (values, row) => visit(values.map(textOf), { row }),
    );
  });
}

/** What text has in the place of a typed value: truth values are numbers there. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "boolean" ? String(Number(value)) : String(value).trim();
}
