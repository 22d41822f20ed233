/** The first rows of a log, whatever it is: delimited text, plain or gzipped, or Parquet. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse/sync";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { DataError, explainFileError } from "../../data/errors.ts";
import { guessDelimiter } from "./delimiter.ts";

export const HEAD_ROWS = 10_000;
const HEAD_BYTES = 4 << 20;

/** Rows of a table as text. */
export interface Head {
  readonly format: "movielens" | "csv" | "tsv" | "parquet";
  /** What stands between two fields, in text. */
  readonly delimiter: string | undefined;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Whether these are all rows. */
  readonly isWhole: boolean;
}

/** @throws DataError for a file that cannot be read, or whose format is none that is known */
export async function readHead(file: string): Promise<Head> {
  try {
    const start = await readStart(file);
    if (start.length === 0) throw new DataError(file, undefined, "the file is empty");
    const magic = start.toString("latin1", 0, 4);
    if (magic === "PAR1") return await readParquetHead(file);
    if (magic.startsWith("PK"))
      throw new DataError(file, undefined, "this is a zip archive; unpack it first");
    const text = magic.startsWith("\u001f\u008b") ? await readText(file, true) : await readText(file, false);
    return readDelimitedHead(file, text);
  } catch (error) {
    throw explainFileError(error, file);
  }
}

async function readStart(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const bytes = Buffer.alloc(4);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

interface StartOfText {
  readonly text: string;
  readonly isWhole: boolean;
}

/** The first megabytes of a text, up to a whole line. */
async function readText(file: string, isGzip: boolean): Promise<StartOfText> {
  const bytes = createReadStream(file);
  const source: Readable = isGzip ? bytes.pipe(createGunzip()) : bytes;
  // Errors of the file do not reach what it is piped into.
  bytes.on("error", (error) => source.destroy(error));
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > HEAD_BYTES) break;
  }
  bytes.destroy();
  const text = Buffer.concat(chunks)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
  if (length <= HEAD_BYTES) return { text, isWhole: true };
  return { text: text.slice(0, text.lastIndexOf("\n") + 1), isWhole: false };
}

function readDelimitedHead(file: string, { text, isWhole }: StartOfText): Head {
  if (text.includes("\u0000")) {
    throw new DataError(
      file,
      undefined,
      "this is no text; expected CSV, TSV, MovieLens or Parquet, plain or gzipped",
    );
  }
  if (/^\s*[{[]/.test(text)) {
    throw new DataError(
      file,
      1,
      "this looks like JSON; expected CSV, TSV, MovieLens or Parquet, plain or gzipped",
    );
  }
  const delimiter = guessDelimiter(text);
  if (delimiter === undefined) {
    throw new DataError(
      file,
      1,
      "the lines have no fields in common; expected fields between commas, tabs, semicolons, | or ::",
    );
  }
  const isQuoted = delimiter !== "::" && text.includes('"');
  const records: string[][] = parse(text, {
    delimiter,
    quote: isQuoted ? '"' : null,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    to: HEAD_ROWS + 2,
  });
  const all = isWhole && records.length <= HEAD_ROWS + 1;
  const [first, ...rest] = records.map((fields) => fields.map((field) => field.trim()));
  if (delimiter === "::" && isMovieLens(first)) {
    const columns = ["user", "item", "rating", "timestamp"];
    return {
      format: "movielens",
      delimiter,
      columns,
      rows: [first, ...rest].slice(0, HEAD_ROWS),
      isWhole: all,
    };
  }
  checkHeader(file, first, delimiter);
  const format = delimiter === "\t" && !isQuoted ? "tsv" : "csv";
  return { format, delimiter, columns: first, rows: rest.slice(0, HEAD_ROWS), isWhole: all };
}

/** `user::item::rating::timestamp`, without a header. */
function isMovieLens(fields: readonly string[]): boolean {
  return fields.length === 4 && isNumber(fields[2]) && isNumber(fields[3]);
}

function checkHeader(file: string, header: readonly string[], delimiter: string): void {
  if (!header.some(isNumber)) return;
  const line = "user_id,item_id,rating,timestamp".replaceAll(",", delimiter);
  throw new DataError(
    file,
    1,
    `no header: the first line is ${header.join(delimiter)}; put the names of the columns above it, such as ${line}`,
  );
}

export function isNumber(text: string): boolean {
  return text !== "" && Number.isFinite(Number(text));
}

async function readParquetHead(file: string): Promise<Head> {
  const buffer = await asyncBufferFromFile(file);
  try {
    const metadata = await parquetMetadataAsync(buffer);
    const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
    const rowEnd = Math.min(HEAD_ROWS, Number(metadata.num_rows));
    const objects = await parquetReadObjects({ file: buffer, metadata, compressors, rowStart: 0, rowEnd });
    const rows = objects.map((row) => columns.map((column) => asText(row[column])));
    return {
      format: "parquet",
      delimiter: undefined,
      columns,
      rows,
      isWhole: Number(metadata.num_rows) === rowEnd,
    };
  } catch (error) {
    throw new DataError(file, undefined, `the Parquet file cannot be read (${(error as Error).message})`, {
      cause: error,
    });
  }
}

/** As the reader of logs takes it: times are seconds since 1970, and truth values numbers. */
function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return String(value.getTime() / 1000);
  return typeof value === "boolean" ? String(Number(value)) : String(value);
}
