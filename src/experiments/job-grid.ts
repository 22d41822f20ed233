/**
 * Works through a grid of trials with several processes at once: what other trials need comes first, and a process goes
 * on with trials that share what it has loaded. A failed trial stops only those that need it.
 */
import { describeTrial, type Trial, type TrialOutcome, workKey } from "./trial.ts";

/** Something that runs one trial at a time. */
export interface TrialProcess {
  /**
   * @throws TrialInterrupted when it was told to stop
   * @throws Error of the trial
   */
  run(trial: Trial, key: string, onProgress: (progress: TrialProgress) => void): Promise<TrialOutcome>;
  /** Asks the trial that is running to save what it has and stop. */
  interrupt(): void;
  /** Ends it. */
  close(): void;
}

/** The trial stopped because it was told to. */
export class TrialInterrupted extends Error {
  override readonly name = "TrialInterrupted";
}

/** The trial was not run, since one that it needs failed. */
export class NotRunError extends Error {
  override readonly name = "NotRunError";
}

/** How far a trial's training is. */
export interface TrialProgress {
  readonly stage: string;
  readonly step: number;
  readonly totalSteps: number;
}

/** Follows a grid. */
export interface GridListener {
  begin(state: GridState): void;
  started(trial: Trial): void;
  progress(trial: Trial, progress: TrialProgress): void;
  finished(trial: Trial, outcome: TrialOutcome): void;
  failed(trial: Trial, error: Error): void;
}

export interface GridState {
  /** Trials to run, what they need included. */
  readonly trials: readonly Trial[];
  /** Trials whose results were there. */
  readonly skipped: number;
  readonly jobs: number;
}

export interface GridOptions {
  readonly jobs: number;
  /** Starts a process. */
  readonly start: () => TrialProcess;
  readonly isFinished: (trial: Trial, key: string) => boolean;
  /** Keeps a result; called for every label of the work. */
  readonly keep: (trial: Trial, key: string, outcome: TrialOutcome) => void;
  readonly listener: GridListener;
  readonly signal: AbortSignal;
}

export interface FailedTrial {
  readonly trial: Trial;
  readonly error: Error;
}

export interface GridReport {
  readonly ran: number;
  readonly skipped: number;
  readonly failed: readonly FailedTrial[];
  readonly interrupted: boolean;
}

/** A work to be done, once for all trials that want it. */
interface Task {
  readonly key: string;
  readonly trials: readonly [Trial, ...Trial[]];
  /** The work that must be done before; undefined: none, or it is done. */
  readonly needs: string | undefined;
  /** Trials with one group load the same things. */
  readonly group: string;
  /** Whether other tasks wait for it. */
  readonly isNeeded: boolean;
}

/** Runs the trials whose results are not there, each work once. */
export async function runTrials(trials: readonly Trial[], options: GridOptions): Promise<GridReport> {
  return new Grid(trials, options).run();
}

class Grid {
  private readonly waiting: Task[];
  private readonly skipped: number;
  private readonly running = new Map<string, TrialProcess>();
  private readonly undone: Set<string>;
  private readonly failed: FailedTrial[] = [];
  private ran = 0;
  /** Wakes processes that found nothing ready. */
  private wake: (() => void)[] = [];

  constructor(
    trials: readonly Trial[],
    private readonly options: GridOptions,
  ) {
    const pending = trials.filter((trial) => !options.isFinished(trial, workKey(trial.work)));
    this.skipped = trials.length - pending.length;
    this.waiting = tasksOf(pending, options.isFinished);
    this.undone = new Set(this.waiting.map(({ key }) => key));
  }

  async run(): Promise<GridReport> {
    const { jobs, listener, signal } = this.options;
    const interrupt = () => {
      for (const process of this.running.values()) process.interrupt();
      this.wakeAll();
    };
    signal.addEventListener("abort", interrupt);
    try {
      listener.begin({
        trials: this.waiting.map(({ trials: [first] }) => first),
        skipped: this.skipped,
        jobs,
      });
      await Promise.all(Array.from({ length: Math.min(jobs, this.waiting.length) }, () => this.work()));
    } finally {
      signal.removeEventListener("abort", interrupt);
    }
    return { ran: this.ran, skipped: this.skipped, failed: this.failed, interrupted: signal.aborted };
  }

  /** One process after another in one place: a process that fails a trial is replaced. */
  private async work(): Promise<void> {
    let process: TrialProcess | undefined;
    let group: string | undefined;
    try {
      for (;;) {
        const task = await this.next(group);
        if (task === undefined) return;
        process ??= this.options.start();
        group = task.group;
        if (await this.runTask(task, process)) continue;
        process.close();
        process = undefined;
      }
    } finally {
      process?.close();
    }
  }

  /** @returns whether the process can go on */
  private async runTask(task: Task, process: TrialProcess): Promise<boolean> {
    const { listener, keep } = this.options;
    const [trial] = task.trials;
    this.running.set(task.key, process);
    listener.started(trial);
    try {
      const outcome = await process.run(trial, task.key, (progress) => listener.progress(trial, progress));
      for (const own of task.trials) keep(own, task.key, outcome);
      this.ran++;
      listener.finished(trial, outcome);
      return true;
    } catch (error) {
      if (!(error instanceof TrialInterrupted)) this.fail(task, toError(error));
      return false;
    } finally {
      this.running.delete(task.key);
      this.undone.delete(task.key);
      this.wakeAll();
    }
  }

  private fail({ key, trials }: Task, error: Error): void {
    for (const trial of trials) {
      this.failed.push({ trial, error });
      this.options.listener.failed(trial, error);
    }
    const [trial] = trials;
    for (const dependent of this.waiting.filter(({ needs }) => needs === key)) {
      this.waiting.splice(this.waiting.indexOf(dependent), 1);
      this.undone.delete(dependent.key);
      this.fail(dependent, new NotRunError(`not run, since ${describeTrial(trial)} failed`));
    }
  }

  /** The next task for a process that has loaded `group`; undefined when there is none left. */
  private async next(group: string | undefined): Promise<Task | undefined> {
    while (!this.options.signal.aborted && this.waiting.length > 0) {
      const ready = this.waiting.filter(({ needs }) => needs === undefined || !this.undone.has(needs));
      const task =
        ready.find((own) => own.group === group) ?? ready.find(({ isNeeded }) => isNeeded) ?? ready[0];
      if (task !== undefined) {
        this.waiting.splice(this.waiting.indexOf(task), 1);
        return task;
      }
      await new Promise<void>((resolve) => this.wake.push(resolve));
    }
    return undefined;
  }

  private wakeAll(): void {
    const waiting = this.wake;
    this.wake = [];
    for (const resume of waiting) resume();
  }
}

/** The works of trials and of what they need, each once. */
function tasksOf(pending: readonly Trial[], isFinished: GridOptions["isFinished"]): Task[] {
  const byKey = new Map<string, [Trial, ...Trial[]]>();
  const needed = new Set<string>();
  const add = (trial: Trial) => {
    const key = workKey(trial.work);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [trial]);
    else if (!known.includes(trial)) known.push(trial);
    return key;
  };
  for (const trial of pending) {
    if (trial.needs !== undefined && !isFinished(trial.needs, workKey(trial.needs.work))) {
      const key = workKey(trial.needs.work);
      needed.add(key);
      if (!byKey.has(key)) byKey.set(key, [trial.needs]);
    }
    add(trial);
  }
  return [...byKey].map(([key, trials]) => {
    const [{ needs }] = trials;
    return {
      key,
      trials,
      needs: needs && workKey(needs.work),
      group: needs === undefined ? key : workKey(needs.work),
      isNeeded: needed.has(key),
    };
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
