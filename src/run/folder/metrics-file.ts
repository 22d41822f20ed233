/** The file of everything that was logged: a line of JSON for each step and each validation. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { parsedJson } from "../../text/parsed-json.ts";
import type { StepMetrics, TrainingListener } from "../../training/listener.ts";
import { RunFolderError } from "./run-folder-error.ts";

const NEWLINE = 0x0a;

/** What places a line. */
interface Entry {
  readonly stage: string;
  readonly step: number;
}

/**
 * Lines are written at once, so that one which was written before a checkpoint is never lost to a killed process. A
 * training that goes on from a checkpoint comes to steps whose lines are there already; it writes the same lines, so
 * they stay, with those of later stages behind them. The first line that is not the same ends what was there.
 */
export class MetricsFile implements TrainingListener {
  private readonly descriptor: number;
  private size: number;
  /** Where the next line belongs. */
  private position: number;

  /**
   * @param path made when it is missing; half a line at its end, of a process that was killed, is removed
   * @throws RunFolderError for a line that is no JSON object
   */
  constructor(private readonly path: string) {
    writeFileSync(path, "", { flag: "a" });
    this.descriptor = openSync(path, "r+");
    this.size = readFileSync(path).lastIndexOf(NEWLINE) + 1;
    this.position = this.size;
    ftruncateSync(this.descriptor, this.size);
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  begin(stage: string, _totalSteps: number, firstStep: number): void {
    this.position = this.findPlace(stage, firstStep);
  }

  step(stage: string, step: number, metrics: StepMetrics): void {
    this.write({ stage, step, ...metrics });
  }

  validation(stage: string, step: number, metrics: StepMetrics): void {
    this.write({ stage, step, validation: metrics });
  }

  end(): void {}

  /** Waits until all lines are on disk. */
  sync(): void {
    fsyncSync(this.descriptor);
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Where the stage's first line of `firstStep` or later is, else the end of its lines, else the end of the file. */
  private findPlace(stage: string, firstStep: number): number {
    let place = this.size;
    for (const { start, end, entry } of this.lines()) {
      if (entry.stage !== stage) continue;
      if (entry.step >= firstStep) return start;
      place = end;
    }
    return place;
  }

  private *lines(): Generator<{ start: number; end: number; entry: Entry }> {
    const bytes = readFileSync(this.path);
    for (let start = 0, number = 1; start < this.size; number++) {
      const end = bytes.indexOf(NEWLINE, start) + 1;
      yield { start, end, entry: parseEntry(bytes.toString("utf8", start, end), `${this.path}:${number}`) };
      start = end;
    }
  }

  private write(entry: object): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    if (!this.isThere(line)) {
      ftruncateSync(this.descriptor, this.position);
      for (let written = 0; written < line.length; ) {
        written += writeSync(this.descriptor, line, written, line.length - written, this.position + written);
      }
      this.size = this.position + line.length;
    }
    this.position += line.length;
  }

  private isThere(line: Buffer): boolean {
    if (this.position + line.length > this.size) return false;
    const present = Buffer.alloc(line.length);
    readSync(this.descriptor, present, 0, line.length, this.position);
    return present.equals(line);
  }
}

/** Tells a listener of all steps and validations in the file `path`; of none where there is no such file. */
export function replaySteps(path: string, listener: TrainingListener): void {
  if (!existsSync(path)) return;
  for (const line of readFileSync(path, "utf8").split("\n").slice(0, -1)) {
    const { stage, step, validation, ...metrics } = JSON.parse(line);
    if (validation === undefined) listener.step(stage, step, metrics);
    else listener.validation?.(stage, step, validation);
  }
}

function parseEntry(line: string, place: string): Entry {
  const entry = parsedJson(line) as Partial<Entry> | null | undefined;
  if (typeof entry?.stage !== "string" || typeof entry.step !== "number") {
    throw new RunFolderError(
      `${place}: expected a JSON object with stage and step; remove this line and all after it to go on`,
    );
  }
  return { stage: entry.stage, step: entry.step };
}
