/**
 * Reads delimited text, plain or gzipped, record by record, so that a file never has to fit in memory. Understands
 * byte order marks, LF and CRLF line ends, quoted fields and blank lines, and knows every record's line.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { createGunzip } from "node:zlib";
import { DataError, explainFileError } from "./errors.ts";
import { type DelimitedFormat, RecordSplitter, type VisitRecord } from "./records.ts";

export type { DelimitedFormat };

const CHUNK_BYTES = 1 << 18;
const BYTE_ORDER_MARK = "\uFEFF";

/**
 * Calls `visit` with the fields of every record and the line it starts on, counted from 1. Blank lines are passed
 * over. What `visit` throws stops the reading and is thrown again.
 *
 * @throws DataError when the file is missing, a directory, empty, broken gzip, or has a stray or unclosed quote.
 */
export async function readRecords(file: string, format: DelimitedFormat, visit: VisitRecord): Promise<void> {
  const splitter = new RecordSplitter(file, format, visit);
  try {
    for await (const text of readText(file)) splitter.write(text);
    splitter.end();
  } catch (error) {
    throw explainFileError(error, file);
  }
}

/** The text of a file in pieces, decompressed, without its byte order mark. */
async function* readText(file: string): AsyncGenerator<string> {
  const isCompressed = await isGzip(file);
  const bytes = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const chunks: AsyncIterable<Buffer> = isCompressed
    ? pipeline(bytes, createGunzip({ chunkSize: CHUNK_BYTES }), () => {})
    : bytes;
  let decoder: StringDecoder | undefined;
  let isStart = true;
  for await (const chunk of chunks) {
    decoder ??= new StringDecoder(isUtf16(chunk) ? "utf16le" : "utf8");
    const text = decoder.write(chunk);
    yield isStart && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    isStart &&= text === "";
  }
  if (decoder !== undefined) yield decoder.end();
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

/** Whether text starts with the byte order mark of UTF-16, as spreadsheets write it. */
function isUtf16(start: Buffer): boolean {
  return start[0] === 0xff && start[1] === 0xfe;
}
