/** Cuts text that arrives in pieces into records, and these into fields (RFC 4180), counting lines. */
import { DataError } from "./errors.ts";

/** How the fields of a line are told apart. */
export interface DelimitedFormat {
  /** One or more characters between two fields. */
  readonly delimiter: string;
  /** Whether a field in double quotes may hold delimiters, line breaks and doubled quotes. */
  readonly quoted: boolean;
}

/** Takes the fields of a record and the line that it starts on, counted from 1. */
export type VisitRecord = (fields: readonly string[], line: number) => void;

/** A guard against reading a whole binary file, or a file after an unclosed quote, as one record. */
const MAX_RECORD_LENGTH = 1 << 20;

/** A record, and where the text goes on after it: at its line end, or at the end of the text. */
interface CutRecord {
  readonly fields: string[];
  readonly end: number;
}

/**
 * Hands each record to `visit` as soon as its end is written. Lines end in LF, CRLF or CR; blank ones are passed over.
 * A line without quotes, which is nearly every line of a large file, is cut without a look at its characters.
 *
 * @throws DataError for a stray or unclosed quote and for a record without an end.
 */
export class RecordSplitter {
  private readonly file: string;
  private readonly format: DelimitedFormat;
  private readonly visit: VisitRecord;
  /** The start of a record whose end is not written yet. */
  private rest = "";
  private line = 1;

  constructor(file: string, format: DelimitedFormat, visit: VisitRecord) {
    this.file = file;
    this.format = format;
    this.visit = visit;
  }

  write(text: string): void {
    this.split(this.rest + text, false);
  }

  end(): void {
    this.split(this.rest, true);
    if (this.rest !== "") throw this.error(this.line, "a quote opened in this record is never closed");
  }

  private split(text: string, isLast: boolean): void {
    const { delimiter, quoted } = this.format;
    const lineEnds = new LineEnds(text);
    let nextQuote = quoted ? find(text, '"', 0) : Number.POSITIVE_INFINITY;
    let start = 0;
    while (start < text.length) {
      if (nextQuote < start) nextQuote = find(text, '"', start);
      const lineEnd = lineEnds.after(start);
      const record =
        nextQuote < lineEnd
          ? this.quotedRecord(text, start, isLast)
          : lineRecord(text, start, lineEnd, delimiter, isLast);
      const next = record === undefined ? undefined : afterLineEnd(text, record.end, isLast);
      if (record === undefined || next === undefined) break;
      if (record.fields.length > 1 || record.fields[0] !== "") this.visit(record.fields, this.line);
      this.line += 1 + (record.end > lineEnd ? lineBreaks(text, start, record.end) : 0);
      start = next;
    }
    this.rest = text.slice(start);
    if (this.rest.length > MAX_RECORD_LENGTH) {
      const problem = `a record of more than ${MAX_RECORD_LENGTH} bytes; expected lines of text, with every quote closed`;
      throw this.error(this.line, problem);
    }
  }

  /** The record at `start`, in which there are quotes; undefined where the text ends before it does. */
  private quotedRecord(text: string, start: number, isLast: boolean): CutRecord | undefined {
    const { delimiter } = this.format;
    const fields: string[] = [];
    for (let at = start; ; ) {
      const isQuoted = text[at] === '"';
      const close = isQuoted ? closingQuote(text, at) : -1;
      if (isQuoted && close === -1) return undefined;
      const end = isQuoted ? close + 1 : fieldEnd(text, at, delimiter);
      // What follows the field may be cut off.
      if (!isLast && text.length - end < delimiter.length) return undefined;
      const field = isQuoted ? text.slice(at + 1, close).replaceAll('""', '"') : text.slice(at, end);
      const isDelimited = text.startsWith(delimiter, end);
      const isWhole = isDelimited || end === text.length || text[end] === "\n" || text[end] === "\r";
      if (!isWhole || (!isQuoted && field.includes('"'))) {
        const problem = "a quote inside a field; quote the whole field and double the quotes in it";
        throw this.error(this.line + lineBreaks(text, start, end), problem);
      }
      fields.push(field);
      if (!isDelimited) return { fields, end };
      at = end + delimiter.length;
    }
  }

  private error(line: number, problem: string): DataError {
    return new DataError(this.file, line, problem);
  }
}

/** The record that is the line from `start` to `lineEnd`; undefined where the text ends before the line does. */
function lineRecord(
  text: string,
  start: number,
  lineEnd: number,
  delimiter: string,
  isLast: boolean,
): CutRecord | undefined {
  if (lineEnd === Number.POSITIVE_INFINITY && !isLast) return undefined;
  const end = Math.min(lineEnd, text.length);
  return { fields: text.slice(start, end).split(delimiter), end };
}

/** Where the next record starts after one that ends at `end`; undefined where a CR may be half of a CRLF. */
function afterLineEnd(text: string, end: number, isLast: boolean): number | undefined {
  if (text[end] !== "\r") return end + 1;
  if (end + 1 === text.length && !isLast) return undefined;
  return text[end + 1] === "\n" ? end + 2 : end + 1;
}

/** Finds line ends from the start of a text to its end, looking at no character twice. */
class LineEnds {
  private readonly text: string;
  private lineFeed: number;
  private carriageReturn: number;

  constructor(text: string) {
    this.text = text;
    this.lineFeed = find(text, "\n", 0);
    this.carriageReturn = find(text, "\r", 0);
  }

  /** The first line end at or after `start`, which must not lie before an earlier one; infinite if there is none. */
  after(start: number): number {
    if (this.lineFeed < start) this.lineFeed = find(this.text, "\n", start);
    if (this.carriageReturn < start) this.carriageReturn = find(this.text, "\r", start);
    return Math.min(this.lineFeed, this.carriageReturn);
  }
}

/** `indexOf`, infinite where there is none. */
function find(text: string, character: string, start: number): number {
  const index = text.indexOf(character, start);
  return index === -1 ? Number.POSITIVE_INFINITY : index;
}

/** The quote that closes the one at `open`, or -1. Two quotes in a row stand for one that is part of the field. */
function closingQuote(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  return close;
}

/** The first delimiter, line end or end of the text at or after `at`. */
function fieldEnd(text: string, at: number, delimiter: string): number {
  const first = delimiter[0];
  for (; at < text.length; at++) {
    const character = text[at];
    if (character === "\n" || character === "\r") break;
    if (character === first && text.startsWith(delimiter, at)) break;
  }
  return at;
}

function lineBreaks(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = find(text, "\n", start); at < end; at = find(text, "\n", at + 1)) count++;
  return count;
}
