/** The first rows of a log of any format, and which format it is: read as the whole log would be. */
import { stat } from "node:fs/promises";
import { DataError } from "../errors.ts";
import { type LogFormat, type QueryFormat, type TextEncodingName, WHITESPACE } from "../settings.ts";
import { secondsOfDate } from "./dates.ts";
import { readRecords, readStart } from "./delimited.ts";
import { detectFormat } from "./detect-format.ts";
import { inputFiles } from "./input-files.ts";
import { readJsonHead } from "./json-head.ts";
import { isNumber } from "./numbers.ts";
import { withParquetTable } from "./parquet-table.ts";

/** Rows of a table as text. */
export interface Head {
  readonly format: LogFormat | QueryFormat;
  /** Whether the format itself says where its fields are; nothing is in the columns and rows then. */
  readonly isKnown?: true;
  /** Paths of lists that are no column of single values. */
  readonly lists?: readonly string[];
  /** What stands between two fields, in text. */
  readonly delimiter: string | undefined;
  readonly encoding: TextEncodingName;
  /** Whether the columns have names. */
  readonly hasHeader: boolean;
  /** Names of the columns; their numbers from 1 where they have none. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Whether these are all rows. */
  readonly isWhole: boolean;
}

/** Of the unpacked text, from which its format is told. */
const START_BYTES = 1 << 20;

const EXPECTED =
  "expected fields between commas, tabs, semicolons, |, :: or blanks, lines of JSON, a format of a public data set, or " +
  "Parquet; packed or not";

/** What stands between two fields, the longer first: a line of `::` is also one of `:`. Blanks may be within a field. */
const DELIMITERS = ["::", "\t", ",", ";", "|", WHITESPACE];
const DELIMITER_LINES = 50;
/** Share of lines that must have as many fields as the first: quoted fields may hold the delimiter. */
const DELIMITER_SHARE = 0.9;

/**
 * The first `count` rows of a log; of one in several files, of the first that is not empty.
 * @throws DataError for a file that cannot be read, or whose format is none that is known
 */
export async function readHead(path: string, count: number): Promise<Head> {
  const files = await inputFiles(path);
  const file = await firstFilled(files);
  const head = await readFileHead(file, count);
  return files.length === 1 ? head : { ...head, isWhole: false };
}

async function firstFilled(files: readonly string[]): Promise<string> {
  for (const file of files.slice(0, -1)) if ((await stat(file)).size > 0) return file;
  return files[files.length - 1];
}

async function readFileHead(file: string, count: number): Promise<Head> {
  const start = await readStart(file, START_BYTES);
  if (start.startsWith("PAR1")) return readParquetHead(file, count);
  const told = (problem: string, line?: number) => new DataError(file, problem, { line });
  if (start.startsWith("PK")) throw told("this is a zip archive; unpack it first");
  if (start.includes("\0")) throw told(`this is no text; ${EXPECTED}`);
  const format = detectFormat(start);
  if (format === "jsonl") {
    const { columns, ...head } = await readJsonHead(file, count);
    return { format, delimiter: undefined, encoding: "utf-8", hasHeader: true, columns, ...head };
  }
  if (format !== undefined && format !== "recbole") return knownHead(format);
  if (/^\s*\[/.test(start)) throw told(`this is an array of JSON; write its objects one a line; ${EXPECTED}`, 1);
  const delimiter = guessDelimiter(start);
  if (delimiter === undefined) throw told(`the lines have no fields in common; ${EXPECTED}`, 1);
  // What is not UTF-8 was written by an older program.
  const encoding = start.includes("\uFFFD") ? "latin1" : "utf-8";
  const head = await readTextHead(file, count, { delimiter, quoted: isQuoted(start, delimiter), encoding });
  if (format !== "recbole") return head;
  // The types after the names are no part of them.
  const columns = head.columns.map((name) => name.split(":")[0]);
  const lists = columns.filter((_, place) => head.columns[place].endsWith("_seq")).map((name) => `${name}[]`);
  return { ...head, format, columns, lists };
}

/** A log whose format says it all. */
function knownHead(format: Head["format"]): Head {
  const nothing = { delimiter: undefined, encoding: "utf-8", hasHeader: true, columns: [], rows: [] } as const;
  return { format, isKnown: true, ...nothing, isWhole: false };
}

/** The delimiter that cuts most lines into as many fields as the first, the most of them; undefined if none cuts any. */
function guessDelimiter(text: string): string | undefined {
  const lines = text
    .slice(0, 1 << 16)
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== "")
    .slice(0, DELIMITER_LINES);
  let best: string | undefined;
  let most = 1;
  for (const delimiter of DELIMITERS) {
    // Words of a text are no fields, unless nothing else is.
    if (delimiter === WHITESPACE && best !== undefined) break;
    const counts = lines.map((line) => fieldsOf(line.replaceAll(/"[^"]*"/g, ""), delimiter));
    const same = counts.filter((count) => count === counts[0]).length;
    if (counts[0] > most && same >= DELIMITER_SHARE * counts.length) [best, most] = [delimiter, counts[0]];
  }
  return best;
}

function fieldsOf(line: string, delimiter: string): number {
  return delimiter === WHITESPACE ? line.trim().split(/[ \t]+/).length : line.split(delimiter).length;
}

/** Whether fields may be quoted: never in MovieLens' format, and between tabs only where some field is. */
function isQuoted(text: string, delimiter: string): boolean {
  if (delimiter === "::" || delimiter === WHITESPACE) return false;
  return delimiter !== "\t" || /(?:^|[\t\r\n])"/.test(text);
}

interface HeadFormat {
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly encoding: TextEncodingName;
}

async function readTextHead(file: string, count: number, text: HeadFormat): Promise<Head> {
  const { delimiter, quoted, encoding } = text;
  const records: string[][] = [];
  // A header and a row too many, which tells that there are more.
  await readRecords(file, text, (fields) => {
    records.push(fields.map((field) => field.trim()));
    return records.length < count + 2;
  });
  const [first, ...rest] = records;
  if (delimiter === "::" && isRating(first)) {
    const columns = ["user", "item", "rating", "timestamp"];
    const isWhole = records.length <= count;
    return {
      format: "movielens",
      delimiter,
      encoding,
      hasHeader: true,
      columns,
      rows: records.slice(0, count),
      isWhole,
    };
  }
  const format = delimiter === "\t" && !quoted ? "tsv" : "csv";
  const hasHeader = !first.some((field) => isNumber(field) || !Number.isNaN(secondsOfDate(field)));
  const columns = hasHeader ? first : first.map((_, place) => String(place + 1));
  const rows = hasHeader ? rest : records;
  return { format, delimiter, encoding, hasHeader, columns, rows: rows.slice(0, count), isWhole: rows.length <= count };
}

/** `user::item::rating::timestamp`, without a header. */
function isRating(fields: readonly string[]): boolean {
  return fields.length === 4 && isNumber(fields[2]) && isNumber(fields[3]);
}

function readParquetHead(file: string, count: number): Promise<Head> {
  return withParquetTable(file, async (table) => {
    const all = table.description.columns;
    const flat = all.filter(({ isNested }) => !isNested).map(({ name }) => name);
    const columns = all.map(({ name }) => name);
    const places = columns.map((column) => flat.indexOf(column));
    const rows: string[][] = [];
    await table.readRows(
      flat,
      (values) => rows.push(places.map((place) => (place < 0 ? "nested values" : asText(values[place])))),
      Math.min(count, table.rowCount),
    );
    return {
      format: "parquet",
      delimiter: undefined,
      encoding: "utf-8",
      hasHeader: true,
      columns,
      rows,
      isWhole: table.rowCount <= count,
    };
  });
}

/** As the reader of logs takes it: truth values are numbers. */
function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "boolean" ? String(Number(value)) : String(value);
}
