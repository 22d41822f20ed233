/** How far a grid is, for people: a line that changes on a terminal, a line for each trial elsewhere. */
import type { GridListener, GridState, TrialProgress } from "./job-grid.ts";
import { describeTrial, type Trial, type TrialOutcome } from "./trial.ts";

export class GridDisplay implements GridListener {
  private state: GridState = { trials: [], skipped: 0, jobs: 1 };
  private readonly running = new Map<Trial, TrialProgress | undefined>();
  private readonly ended = new Set<Trial>();
  /** Seconds that trials took, by method and variant: other seeds take about as long. */
  private readonly taken = new Map<string, number>();

  constructor(
    private readonly name: string,
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {}

  begin(state: GridState): void {
    this.state = state;
    this.ended.clear();
    const { trials, skipped, jobs } = state;
    const kept = skipped > 0 ? `, ${skipped} are there already` : "";
    this.writeLine(
      `${this.name}: ${trials.length} trials to run in ${jobs} ${jobs === 1 ? "process" : "processes"}${kept}`,
    );
  }

  started(trial: Trial): void {
    this.running.set(trial, undefined);
    this.draw();
  }

  progress(trial: Trial, progress: TrialProgress): void {
    this.running.set(trial, progress);
    this.draw();
  }

  finished(trial: Trial, { metrics: { seconds = 0 } }: TrialOutcome): void {
    this.end(trial);
    this.taken.set(kindOf(trial), seconds);
    this.writeLine(`${describeTrial(trial)}: ${seconds.toFixed(1)} s (${this.standing()})`);
  }

  failed(trial: Trial, error: Error): void {
    this.end(trial);
    this.writeLine(`${describeTrial(trial)}: FAILED: ${error.message}`);
  }

  /** Leaves the terminal on a line of its own. */
  close(): void {
    if (this.stream.isTTY) this.stream.write("\r\u001b[K");
  }

  private end(trial: Trial): void {
    this.running.delete(trial);
    this.ended.add(trial);
  }

  /** `12 of 40, about 3 min left`. */
  private standing(): string {
    return `${this.ended.size} of ${this.state.trials.length}${this.timeLeft()}`;
  }

  /** Trials of a kind that has not run yet are taken to last as long as the others on average. */
  private timeLeft(): string {
    const { trials, jobs } = this.state;
    if (this.taken.size === 0) return "";
    const average = [...this.taken.values()].reduce((sum, seconds) => sum + seconds, 0) / this.taken.size;
    const left = trials
      .filter((trial) => !this.ended.has(trial))
      .map((trial) => (this.running.has(trial) ? 0.5 : 1) * (this.taken.get(kindOf(trial)) ?? average))
      .reduce((sum, seconds) => sum + seconds, 0);
    const minutes = left / (60 * jobs);
    if (left === 0) return "";
    return minutes < 1 ? ", under a minute left" : `, about ${Math.round(minutes)} min left`;
  }

  private draw(): void {
    if (!this.stream.isTTY) return;
    const trials = [...this.running].map(([{ method, variant, seed }, progress]) => {
      const share = progress === undefined ? [] : [`${Math.floor((100 * progress.step) / progress.totalSteps)}%`];
      return [method, variant, `seed ${seed}`, ...share].filter((part) => part !== "").join(" ");
    });
    const line = `${this.name}: ${this.standing()} | ${trials.join(", ")}`;
    this.stream.write(`\r\u001b[K${line.slice(0, (this.stream.columns ?? 80) - 1)}`);
  }

  private writeLine(line: string): void {
    this.close();
    this.stream.write(`${line}\n`);
    this.draw();
  }
}

function kindOf({ method, variant }: Trial): string {
  return JSON.stringify([method, variant]);
}
