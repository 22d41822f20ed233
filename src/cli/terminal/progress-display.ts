/** How far a training is: bars on a terminal, lines where there is none. */
import { MultiBar, type SingleBar } from "cli-progress";
import type { StepMetrics, TrainingListener } from "../../training/listener.ts";

/** A bar for each model on a terminal; lines where there is none: one for each model and for each validation. */
export class ProgressDisplay implements TrainingListener {
  private readonly bars: MultiBar | undefined;
  private bar: SingleBar | undefined;
  private started = 0;
  private totalSteps = 0;
  private firstStep = 0;
  /** Steps of the stage made so far, those of earlier processes included. */
  private steps = 0;
  private loss = Number.NaN;
  /** Positions that a step learns from, where that is told. */
  private tokens: number | undefined;
  private judged: StepMetrics | undefined;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {
    const format =
      "{stage} {bar} {percentage}% | step {value}/{total} | {rate} | {eta_formatted} left | loss {loss}{judged}";
    if (stream.isTTY) this.bars = new MultiBar({ format, stream, hideCursor: false, barsize: 24, etaBuffer: 50 });
  }

  begin(stage: string, totalSteps: number, firstStep: number): void {
    this.started = performance.now();
    this.totalSteps = totalSteps;
    this.firstStep = firstStep;
    this.steps = firstStep;
    this.loss = Number.NaN;
    this.judged = undefined;
    this.bar = this.bars?.create(totalSteps, firstStep, { stage: stage.padEnd(12), ...this.state() });
  }

  step(stage: string, step: number, metrics: StepMetrics): void {
    if (this.bars === undefined && step > 0 && step === this.firstStep) {
      this.writeLine(`${stage}: goes on after step ${step} of ${this.totalSteps}`);
    }
    this.loss = metrics.loss;
    this.tokens = metrics.tokens;
    this.steps = step + 1;
    this.bar?.update(this.steps, this.state());
  }

  validation(stage: string, step: number, metrics: StepMetrics): void {
    this.judged = metrics;
    this.bar?.update(this.steps, this.state());
    if (this.bars === undefined) {
      this.writeLine(`${stage}: validation after step ${step + 1} of ${this.totalSteps}: ${list(metrics)}`);
    }
  }

  end(stage: string): void {
    if (this.bars !== undefined) return;
    const { made, seconds } = this.progress();
    this.writeLine(
      made === 0
        ? `${stage}: was trained before`
        : `${stage}: ${made} steps, ${seconds.toFixed(1)} s, last loss ${this.loss.toFixed(4)}`,
    );
  }

  /** Leaves the finished bars on the screen. */
  close(): void {
    this.bars?.stop();
  }

  private writeLine(line: string): void {
    this.stream.write(`${line}\n`);
  }

  /** What this process made of the stage so far. */
  private progress(): { made: number; seconds: number } {
    return { made: this.steps - this.firstStep, seconds: (performance.now() - this.started) / 1000 };
  }

  /** What the bar shows besides how far the stage is. */
  private state(): { rate: string; loss: string; judged: string } {
    const { made, seconds } = this.progress();
    const tokens = this.tokens === undefined ? "" : `, ${Math.round((made / seconds) * this.tokens)} tokens/s`;
    return {
      rate: made === 0 ? "-" : `${(made / seconds).toFixed(1)} steps/s${tokens}`,
      loss: Number.isNaN(this.loss) ? "-" : this.loss.toFixed(4),
      judged: this.judged === undefined ? "" : ` | validation ${list(this.judged)}`,
    };
  }
}

/** The first metrics of a validation, as many as fit into a line. */
function list(metrics: StepMetrics): string {
  const shown = Object.entries(metrics).slice(0, 3);
  return shown.map(([name, value]) => `${name} ${value.toFixed(4)}`).join(", ");
}
