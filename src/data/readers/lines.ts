/** Reads text line by line, packed or not, so that a file never has to fit in memory. */
import { TextDecoder } from "node:util";
import { DataError } from "../errors.ts";
import type { TextEncodingName } from "../settings.ts";
import { contentOf } from "./content.ts";
import { withInputFile } from "./input-file.ts";

/**
 * The longest line and the longest record. Without a limit, a binary file, a file after an unclosed quote, or a gzip
 * file of a kilobyte that holds a line of a gigabyte would be gathered in memory.
 */
export const MAX_RECORD_BYTES = 1 << 20;

export const TOO_LONG = `a record of more than ${MAX_RECORD_BYTES} bytes; expected lines of text, with every quote closed`;

/** Receives a line without its end, and its number, counted from 1; false ends the reading. */
export type VisitLine = (text: string, line: number) => unknown;

const LINE_END = /\r\n|\n|\r/;

/**
 * Calls `visit` with every line that is not empty. What `visit` throws stops the reading and is thrown again.
 * @throws DataError when the file is missing, a directory, empty, broken where it is packed, changes while it is read,
 * or has a line of more than a mebibyte.
 */
export async function readLines(file: string, encoding: TextEncodingName, visit: VisitLine): Promise<void> {
  await withInputFile(file, async (handle) => {
    let decoder: TextDecoder | undefined;
    let rest = "";
    let line = 0;
    const visitAll = (lines: readonly string[]) => {
      for (const text of lines) {
        line++;
        if (text !== "" && visit(text, line) === false) return false;
      }
      return true;
    };
    for await (const chunk of contentOf(handle)) {
      decoder ??= decoderOf(chunk, encoding);
      const text = rest + decoder.decode(chunk, { stream: true });
      // The first half of a CRLF may be all that there is yet.
      const whole = text.endsWith("\r") ? text.slice(0, -1) : text;
      const lines = whole.split(LINE_END);
      rest = `${lines.pop()}${text.slice(whole.length)}`;
      if (rest.length > MAX_RECORD_BYTES) throw new DataError(file, TOO_LONG, { line: line + lines.length + 1 });
      if (!visitAll(lines)) return;
    }
    visitAll(`${rest}${decoder?.decode() ?? ""}`.split(LINE_END));
  });
}

/** Of a text's first bytes: a mark may say that it is in UTF-16. */
export function decoderOf(start: Uint8Array, encoding: TextEncodingName): TextDecoder {
  const isUtf16 = start[0] === 0xff && start[1] === 0xfe;
  return new TextDecoder(isUtf16 ? "utf-16le" : encoding);
}
