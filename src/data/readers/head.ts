/** The first rows of a log of any format, and which format it is: read as the whole log would be. */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import type { LogFormat } from "../settings.ts";
import { readRecords, readStart } from "./delimited.ts";
import { isNumber } from "./numbers.ts";
import { withParquetTable } from "./parquet-table.ts";

/** Rows of a table as text. */
export interface Head {
  readonly format: LogFormat;
  /** What stands between two fields, in text. */
  readonly delimiter: string | undefined;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Whether these are all rows. */
  readonly isWhole: boolean;
}

/** Of the unpacked text, from which its format is told. */
const START_BYTES = 1 << 20;

/** What stands between two fields, the longer first: a line of `::` is also one of `:`. */
const DELIMITERS = ["::", "\t", ",", ";", "|"];
const DELIMITER_LINES = 50;
/** Share of lines that must have as many fields as the first: quoted fields may hold the delimiter. */
const DELIMITER_SHARE = 0.9;

/**
 * The first `count` rows of a log.
 * @throws DataError for a file that cannot be read, or whose format is none that is known
 */
export async function readHead(file: string, count: number): Promise<Head> {
  const start = await readStart(file, START_BYTES);
  if (start.startsWith("PAR1")) return readParquetHead(file, count);
  const told = (problem: string, line?: number) => new DataError(file, problem, { line });
  if (start.startsWith("PK")) throw told("this is a zip archive; unpack it first");
  const expected = "expected CSV, TSV, MovieLens or Parquet, plain or gzipped";
  if (start.includes("\0")) throw told(`this is no text; ${expected}`);
  if (/^\s*[{[]/.test(start)) throw told(`this looks like JSON; ${expected}`, 1);
  const delimiter = guessDelimiter(start);
  if (delimiter !== undefined) return readTextHead(file, count, delimiter, isQuoted(start, delimiter));
  throw told("the lines have no fields in common; expected fields between commas, tabs, semicolons, | or ::", 1);
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
    const counts = lines.map((line) => line.replaceAll(/"[^"]*"/g, "").split(delimiter).length);
    const same = counts.filter((count) => count === counts[0]).length;
    if (counts[0] > most && same >= DELIMITER_SHARE * counts.length) [best, most] = [delimiter, counts[0]];
  }
  return best;
}

/** Whether fields may be quoted: never in MovieLens' format, and between tabs only where some field is. */
function isQuoted(text: string, delimiter: string): boolean {
  return delimiter !== "::" && (delimiter !== "\t" || /(?:^|[\t\r\n])"/.test(text));
}

async function readTextHead(file: string, count: number, delimiter: string, quoted: boolean): Promise<Head> {
  const records: string[][] = [];
  // A header and a row too many, which tells that there are more.
  await readRecords(file, { delimiter, quoted }, (fields) => {
    records.push(fields.map((field) => field.trim()));
    return records.length < count + 2;
  });
  const isWhole = records.length < count + 2;
  const [first, ...rest] = records;
  if (delimiter === "::" && isRating(first)) {
    const columns = ["user", "item", "rating", "timestamp"];
    return { format: "movielens", delimiter, columns, rows: records.slice(0, count), isWhole };
  }
  if (first.some(isNumber)) {
    const header = "user_id,item_id,rating,timestamp".replaceAll(",", delimiter);
    const problem = `no header: the first line is ${excerpt(first.join(delimiter))}`;
    throw new DataError(file, `${problem}; put the names of the columns above it, such as ${header}`, { line: 1 });
  }
  const format = delimiter === "\t" && !quoted ? "tsv" : "csv";
  return { format, delimiter, columns: first, rows: rest.slice(0, count), isWhole };
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
    return { format: "parquet", delimiter: undefined, columns, rows, isWhole: table.rowCount <= count };
  });
}

/** As the reader of logs takes it: truth values are numbers. */
function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "boolean" ? String(Number(value)) : String(value);
}
