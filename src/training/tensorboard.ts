/** Training as curves in TensorBoard (https://www.tensorflow.org/tensorboard). */
import { closeSync, mkdirSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { encodeRecord, scalarsEvent, startEvent, versionEvent } from "./event-records.ts";
import type { StepMetrics, TrainingListener } from "./listener.ts";

/**
 * Writes what is logged as scalars with the tags `STAGE/METRIC` and `STAGE/validation/METRIC`.
 *
 * Each stage is a folder of its own, which TensorBoard shows as a run: its files start with a mark that voids
 * everything from a step on, under whatever tag, so one stage that goes on must not share a run with another. Every
 * process writes the mark, since TensorBoard takes the first of a run for its beginning and only heeds those that follow.
 *
 * A metric `tokens` gives another, `tokensPerSecond`, over the time since the step before.
 *
 * Records are written whole and at once; nothing is kept in memory.
 */
export class TensorBoardWriter implements TrainingListener {
  private firstStep = 0;
  private descriptor: number | undefined;
  private lastStepAt = 0;

  /** @param path the folder to show with `tensorboard --logdir`, made when there is something to write */
  constructor(private readonly path: string) {}

  begin(_stage: string, _totalSteps: number, firstStep: number): void {
    this.close();
    this.firstStep = firstStep;
    this.lastStepAt = performance.now();
  }

  step(stage: string, step: number, metrics: StepMetrics): void {
    const seconds = (performance.now() - this.lastStepAt) / 1000;
    this.lastStepAt = performance.now();
    const rate = metrics.tokens === undefined ? {} : { tokensPerSecond: metrics.tokens / seconds };
    this.writeScalars(stage, stage, step, { ...metrics, ...rate });
  }

  validation(stage: string, step: number, metrics: StepMetrics): void {
    this.writeScalars(stage, `${stage}/validation`, step, metrics);
  }

  end(): void {
    this.close();
  }

  /** Closes the file of a stage that was interrupted. */
  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private writeScalars(stage: string, prefix: string, step: number, metrics: StepMetrics): void {
    const wallTime = Date.now() / 1000;
    this.descriptor ??= this.open(stage, wallTime);
    const tagged = Object.entries(metrics).map(([name, value]) => [`${prefix}/${name}`, value]);
    writeRecord(this.descriptor, scalarsEvent({ wallTime, step }, Object.fromEntries(tagged)));
  }

  /** A file is opened with its first point: a stage that was finished before leaves nothing. */
  private open(stage: string, wallTime: number): number {
    const folder = join(this.path, stage.replaceAll(/[^\w.-]+/g, "-"));
    mkdirSync(folder, { recursive: true });
    const descriptor = openSync(join(folder, nextFile(folder, wallTime)), "wx");
    writeRecord(descriptor, versionEvent({ wallTime, step: 0 }));
    writeRecord(descriptor, startEvent({ wallTime, step: this.firstStep }));
    return descriptor;
  }
}

/** Readers take files in the order of their names: each is named after a second later than all before. */
function nextFile(folder: string, wallTime: number): string {
  const earlier = readdirSync(folder).flatMap((name) => {
    const match = /^events\.out\.tfevents\.(\d+)\./.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  const second = Math.max(Math.floor(wallTime), ...earlier.map((taken) => taken + 1));
  return `events.out.tfevents.${second}.${hostname()}`;
}

function writeRecord(descriptor: number, data: Uint8Array): void {
  writeFileSync(descriptor, encodeRecord(data));
}
