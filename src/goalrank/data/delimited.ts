/**
 * Reads delimited text, plain or gzipped, record by record, so that a file never has to fit in memory. Understands
 * byte order marks, LF and CRLF line ends, quoted fields and blank lines, and knows every record's line.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { PassThrough, pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { CsvError, parse } from "csv-parse";
import { DataError, explainFileError } from "./errors.ts";

/** How the fields of a line are told apart. */
export interface DelimitedFormat {
  /** One or more characters between two fields. */
  readonly delimiter: string;
  /** Whether a field in double quotes may hold delimiters, line breaks and doubled quotes. */
  readonly quoted: boolean;
}

/** A guard against reading a whole binary file, or a file after an unclosed quote, as one record. */
const MAX_RECORD_BYTES = 1 << 20;
const CHUNK_BYTES = 1 << 18;

/**
 * Calls `visit` with the fields of every record and the line it starts on, counted from 1. Blank lines are passed
 * over. What `visit` throws stops the reading and is thrown again.
 *
 * @throws DataError when the file is missing, a directory, empty, broken gzip, or has a stray or unclosed quote.
 */
export async function readRecords(
  file: string,
  format: DelimitedFormat,
  visit: (fields: readonly string[], line: number) => void,
): Promise<void> {
  const parser = parse({
    delimiter: format.delimiter,
    quote: format.quoted ? '"' : null,
    record_delimiter: ["\r\n", "\n", "\r"],
    bom: true,
    relax_column_count: true,
    max_record_size: MAX_RECORD_BYTES,
  });
  try {
    const decompress = (await isGzip(file)) ? createGunzip() : new PassThrough();
    const bytes = createReadStream(file, { highWaterMark: CHUNK_BYTES });
    // An error anywhere in the pipeline destroys the parser with it, so that the loop throws it.
    const records: AsyncIterable<string[]> = pipeline(bytes, decompress, parser, () => {});
    let line = 1;
    for await (const fields of records) {
      if (fields.length > 1 || fields[0] !== "") visit(fields, line);
      line += 1 + lineBreaks(fields);
    }
  } catch (error) {
    throw explain(error, file);
  }
}

/** Line breaks inside quoted fields: they move the next record's line down. */
function lineBreaks(fields: readonly string[]): number {
  let count = 0;
  for (const field of fields) {
    if (field.includes("\n")) count += field.split("\n").length - 1;
  }
  return count;
}

/** Whether the file starts with gzip's magic bytes (RFC 1952); its name plays no part. */
async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const magic = Buffer.alloc(2);
    const { bytesRead } = await handle.read(magic, 0, 2);
    if (bytesRead === 0) throw new DataError(file, undefined, "the file is empty");
    return magic[0] === 0x1f && magic[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/** Says in the reader's words what the file system, zlib or csv-parse complained about. */
function explain(error: unknown, file: string): unknown {
  if (!(error instanceof CsvError)) return explainFileError(error, file);
  const about = (line: number, problem: string) => new DataError(file, line, problem, { cause: error });
  switch (error.code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return about(Number(error.records) + 1, "a quote opened in this record is never closed");
    case "CSV_MAX_RECORD_SIZE":
      return about(
        Number(error.records) + 1,
        `a record of more than ${MAX_RECORD_BYTES} bytes; expected lines of text, with every quote closed`,
      );
    case "CSV_INVALID_CLOSING_QUOTE":
    case "INVALID_OPENING_QUOTE":
      return about(
        Number(error.lines),
        "a quote inside a field; quote the whole field and double the quotes in it",
      );
  }
  return error;
}
