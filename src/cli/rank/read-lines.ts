/** Lines of a stream, as they come in. */
import { UsageError } from "../usage-error.ts";

/** A line with its number, from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

const NEWLINE = 0x0a;

/**
 * The lines that each chunk of a stream completes, so that whoever writes a line and waits gets an answer. Blank lines
 * are counted and left out; a last line needs no end.
 * @param mostBytes of one line
 * @throws UsageError for a longer line, before it is held in memory, or one that is not UTF-8
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, mostBytes: number): AsyncGenerator<Line[]> {
  let number = 0;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const hold = (bytes: Uint8Array) => {
    heldBytes += bytes.length;
    if (heldBytes > mostBytes) {
      throw new UsageError(`line ${number + 1} is longer than ${mostBytes} bytes; expected one request a line`);
    }
    held.push(bytes);
  };
  const take = (): Line => {
    const text = decode(Buffer.concat(held), ++number);
    held = [];
    heldBytes = 0;
    return { number, text };
  };
  for await (const chunk of chunks) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      hold(chunk.subarray(start, end));
      lines.push(take());
      start = end + 1;
    }
    hold(chunk.subarray(start));
    yield lines.filter(isFilled);
  }
  if (heldBytes > 0) yield [take()].filter(isFilled);
}

function isFilled({ text }: Line): boolean {
  return text.trim() !== "";
}

function decode(bytes: Uint8Array, number: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`line ${number} is not UTF-8 text`);
  }
}
