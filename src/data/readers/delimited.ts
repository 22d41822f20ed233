/**
 * Reads delimited text, packed or not, record by record, so that a file never has to fit in memory. Understands
 * byte order marks, LF, CRLF and CR line ends, quoted fields and blank lines, and knows every record's line.
 */
import { finished } from "node:stream/promises";
import { CsvError, type CsvErrorCode, Parser } from "csv-parse";
import { DataError } from "../errors.ts";
import { type TextEncodingName, WHITESPACE } from "../settings.ts";
import { contentOf } from "./content.ts";
import { withInputFile } from "./input-file.ts";
import { decoderOf, MAX_RECORD_BYTES, readLines, TOO_LONG } from "./lines.ts";

/** How the fields of a line are told apart. */
export interface DelimitedFormat {
  /** One or more characters between two fields; `whitespace` for any number of blanks and tabs. */
  readonly delimiter: string;
  /** Whether a field in double quotes may hold delimiters, line breaks and doubled quotes; between tabs, no line breaks. */
  readonly quoted: boolean;
  /** "utf-8" unless given. */
  readonly encoding?: TextEncodingName;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Receives the fields of a record, and the line it starts on, counted from 1; false ends the reading. */
export type VisitRecord = (fields: readonly string[], line: number) => unknown;

/**
 * Calls `visit` with every record. Blank lines are passed over. What `visit` throws stops the reading and is thrown
 * again.
 * @throws DataError when the file is missing, a directory, empty, broken where it is packed, changes while it is read,
 * has a stray or unclosed quote, or a line or record of more than a mebibyte.
 */
export async function readRecords(file: string, format: DelimitedFormat, visit: VisitRecord): Promise<void> {
  const { delimiter, quoted, encoding = "utf-8" } = format;
  if (quoted && delimiter !== WHITESPACE) return readQuoted(file, format, visit);
  await readLines(file, encoding, (line, number) => {
    const fields = fieldsOf(line, delimiter);
    return fields.length === 1 && fields[0] === "" ? true : visit(fields, number);
  });
}

function fieldsOf(line: string, delimiter: string): string[] {
  if (delimiter === WHITESPACE) return line.trim().split(/[ \t]+/);
  return delimiter === "\t" && line.includes('"') ? tabbedFields(line) : line.split(delimiter);
}

/**
 * The fields of a line between tabs. One that begins and ends with a quote is what is between them, tabs included, with
 * each doubled quote one; any other quote is text: `12" vinyl`. A quoted field is of at most 4096 characters, so that a line
 * of quotes alone takes no time that grows with its square.
 */
function tabbedFields(line: string): string[] {
  const field = /(?:"((?:[^"]|""){0,4096})"|([^\t]*))(?:\t|$)/y;
  const fields: string[] = [];
  for (;;) {
    const [whole, quoted, plain] = field.exec(line) ?? [""];
    fields.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (!whole.endsWith("\t")) return fields;
  }
}

async function readQuoted(file: string, format: DelimitedFormat, visit: VisitRecord): Promise<void> {
  await withInputFile(file, async (handle) => {
    const parser = new RecordParser(format, visit);
    const lines = new LineLengths();
    try {
      for await (const chunk of contentOf(handle)) {
        const problem = lines.add(chunk);
        if (problem !== undefined) throw new DataError(file, problem, { line: parser.line });
        parser.feed(chunk);
        if (parser.isStopped) return;
      }
      await parser.finish();
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      throw new DataError(file, PROBLEMS[error.code] ?? error.message, { line: parser.line, cause: error });
    }
  });
}

/**
 * The first `size` bytes of a file once it is unpacked, as text, without a byte order mark and without half a line at
 * the end of the part.
 * @throws DataError as {@link readRecords} does for a file that cannot be read
 */
export async function readStart(file: string, size: number): Promise<string> {
  return withInputFile(file, async (handle) => {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of contentOf(handle)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > size) break;
    }
    const bytes = Buffer.concat(chunks);
    const text = decoderOf(bytes, "utf-8").decode(bytes);
    return length > size ? text.slice(0, Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1) : text;
  });
}
/** Hands on every record as soon as it is parsed, so that `line` is that of the record in which the parser fails. */
class RecordParser extends Parser {
  /** The line on which the record starts that is being read, counted from 1. */
  line = 1;

  /** Whether no more records are wanted; what follows may be wrong then. */
  isStopped = false;

  constructor(
    { delimiter, encoding = "utf-8" }: DelimitedFormat,
    private readonly visit: VisitRecord,
  ) {
    super({
      delimiter,
      record_delimiter: ["\r\n", "\n", "\r"],
      bom: encoding === "utf-8",
      encoding,
      relax_column_count: true,
      max_record_size: MAX_RECORD_BYTES,
    });
    // Nothing is left to be read but the end, and what goes wrong is thrown by `feed` and `finish`.
    this.resume();
    this.on("error", () => {});
  }

  /** Parses the next bytes of the file. */
  feed(chunk: Buffer): void {
    this.write(chunk);
    if (this.errored && !this.isStopped) throw this.errored;
  }

  /** Parses what is left once there are no more bytes. */
  finish(): Promise<void> {
    this.end();
    return finished(this);
  }

  /** Called by the parser with each record's fields, and with null at the end. */
  override push(fields: readonly string[] | null): boolean {
    if (fields === null) return super.push(null);
    if (this.destroyed || this.isStopped) return false;
    try {
      if (fields.length > 1 || fields[0] !== "") this.isStopped = this.visit(fields, this.line) === false;
    } catch (error) {
      this.destroy(error as Error);
    }
    this.line += 1 + lineBreaks(fields);
    return true;
  }
}

/**
 * Finds lines that are too long before they reach the parser, whose own limit knows only the characters of fields: a
 * line of a gigabyte of delimiters would pass it.
 */
class LineLengths {
  /** Bytes since the last end of a line. */
  private length = 0;

  /** What is wrong with the next bytes of the file. They must be fewer than a line may have. */
  add(chunk: Buffer): string | undefined {
    const ends = [chunk.indexOf(LINE_FEED), chunk.indexOf(CARRIAGE_RETURN)].filter((end) => end >= 0);
    this.length += Math.min(chunk.length, ...ends);
    if (this.length > MAX_RECORD_BYTES) return TOO_LONG;
    const last = Math.max(chunk.lastIndexOf(LINE_FEED), chunk.lastIndexOf(CARRIAGE_RETURN));
    if (last >= 0) this.length = chunk.length - 1 - last;
    return undefined;
  }
}

/** Line breaks inside quoted fields: they move the next record's line down. */
function lineBreaks(fields: readonly string[]): number {
  let count = 0;
  for (const field of fields) {
    if (field.includes("\n") || field.includes("\r")) count += field.split(/\r\n|\r|\n/).length - 1;
  }
  return count;
}

const STRAY_QUOTE = "a quote inside a field; quote the whole field and double the quotes in it";

/** What csv-parse complains about in a record, in the reader's words. */
const PROBLEMS: Partial<Record<CsvErrorCode, string>> = {
  CSV_QUOTE_NOT_CLOSED: "a quote opened in this record is never closed",
  CSV_MAX_RECORD_SIZE: TOO_LONG,
  CSV_INVALID_CLOSING_QUOTE: STRAY_QUOTE,
  INVALID_OPENING_QUOTE: STRAY_QUOTE,
};

/** NUL, and the character that stands for what was not UTF-8. */
const NOT_TEXT = /[\0\uFFFD]/;

/** Whether `text` was text before it was decoded. Two names that were not, and differ only there, would become one. */
export function isText(text: string): boolean {
  return !NOT_TEXT.test(text);
}
