/** A file of JSON lines that is added to. What a crash left of a last line is passed over, and cut off by who adds more. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import { writeWhole } from "../files/write-whole.ts";

export class JsonLines<Line extends object> {
  private isRead = false;
  /** Bytes of whole lines, where something unfinished follows them. */
  private wholeBytes: number | undefined;

  constructor(private readonly file: string) {}

  /** The lines that were written whole; none where there is no file. Reading changes nothing. */
  read(): readonly Line[] {
    this.isRead = true;
    if (!existsSync(this.file)) return [];
    const text = readFileSync(this.file, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    this.wholeBytes = whole.length < text.length ? Buffer.byteLength(whole) : undefined;
    const lines = whole.split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Line);
  }

  /** Adds lines with one write. */
  append(lines: readonly Line[]): void {
    if (!this.isRead) this.read();
    mkdirSync(dirname(this.file), { recursive: true });
    if (this.wholeBytes !== undefined) truncateSync(this.file, this.wholeBytes);
    this.wholeBytes = undefined;
    appendFileSync(this.file, toText(lines));
  }

  /** Puts these lines in the place of all. */
  rewrite(lines: readonly Line[]): void {
    writeWhole(this.file, toText(lines));
    this.wholeBytes = undefined;
  }
}

function toText(lines: readonly object[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
