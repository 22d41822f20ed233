/**
 * Works through a grid of trials, several at once: what other trials need comes first, and a trial goes to a process that
 * has loaded what it needs, where one waits. A failed trial stops only those that need it.
 */
import PQueue from "p-queue";
import { describeTrial, type Trial, type TrialOutcome, workKey } from "./trial.ts";

/** Something that runs one trial at a time. */
export interface TrialProcess {
  /**
   * @throws TrialInterrupted when the grid's signal told it to stop
   * @throws Error of the trial
   */
  run(trial: Trial, key: string, onProgress: (progress: TrialProgress) => void): Promise<TrialOutcome>;
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
  /** Once aborted, no trial is started any more. */
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

/** Runs the trials whose results are not there, each work once. */
export async function runTrials(trials: readonly Trial[], options: GridOptions): Promise<GridReport> {
  const { isFinished, listener, jobs, signal } = options;
  const pending = trials.filter((trial) => !isFinished(trial, workKey(trial.work)));
  const skipped = trials.length - pending.length;
  const tasks = tasksOf(pending, isFinished);
  listener.begin({ trials: tasks.map(({ trials: [first] }) => first), skipped, jobs });
  const grid = new Grid(options);
  await grid.perform(tasks);
  return { ran: grid.ran, skipped, failed: grid.failed, interrupted: signal.aborted };
}

/** A work to be done, once for all trials that want it. */
interface Task {
  readonly key: string;
  readonly trials: [Trial, ...Trial[]];
  /** The task that must be done before; undefined: none, or it is done. */
  readonly needs: Task | undefined;
  /** Tasks of one group load the same things. */
  readonly group: string;
  /** Whether other tasks wait for it. */
  isNeeded: boolean;
}

/** The works of trials and of what they need, each once, what is needed before what needs it. */
function tasksOf(pending: readonly Trial[], isFinished: GridOptions["isFinished"]): readonly Task[] {
  const tasks = new Map<string, Task>();
  const add = (trial: Trial): Task => {
    const key = workKey(trial.work);
    const known = tasks.get(key);
    if (known !== undefined) {
      if (!known.trials.includes(trial)) known.trials.push(trial);
      return known;
    }
    const neededKey = trial.needs && workKey(trial.needs.work);
    const needs = trial.needs === undefined || isFinished(trial.needs, neededKey ?? "") ? undefined : add(trial.needs);
    if (needs !== undefined) needs.isNeeded = true;
    const task = { key, trials: [trial], needs, group: neededKey ?? key, isNeeded: false } satisfies Task;
    tasks.set(key, task);
    return task;
  };
  for (const trial of pending) add(trial);
  return [...tasks.values()];
}

class Grid {
  ran = 0;
  readonly failed: FailedTrial[] = [];
  private readonly queue: PQueue;
  /** Processes that wait, each with the group that it has loaded. */
  private readonly idle: { readonly process: TrialProcess; readonly group: string }[] = [];

  constructor(private readonly options: GridOptions) {
    this.queue = new PQueue({ concurrency: options.jobs });
  }

  /** @param tasks what is needed before what needs it */
  async perform(tasks: readonly Task[]): Promise<void> {
    const ends = new Map<Task, Promise<boolean>>();
    for (const task of tasks) ends.set(task, this.performAfter(task, task.needs && ends.get(task.needs)));
    await Promise.all(ends.values());
    for (const { process } of this.idle) process.close();
  }

  /** @returns whether the task was done */
  private async performAfter(task: Task, needed: Promise<boolean> | undefined): Promise<boolean> {
    if (needed !== undefined && !(await needed)) {
      const missing = task.needs?.trials.map(describeTrial)[0];
      this.fail(task, new NotRunError(`not run, since ${missing} failed`));
      return false;
    }
    return this.queue.add(() => this.run(task), { priority: task.isNeeded ? 1 : 0 });
  }

  private async run(task: Task): Promise<boolean> {
    const { listener, keep, signal } = this.options;
    const { key, group } = task;
    const [trial] = task.trials;
    if (signal.aborted) return false;
    const process = this.takeProcess(group);
    listener.started(trial);
    try {
      const outcome = await process.run(trial, key, (progress) => listener.progress(trial, progress));
      for (const own of task.trials) keep(own, key, outcome);
      this.ran++;
      listener.finished(trial, outcome);
      this.idle.push({ process, group });
      return true;
    } catch (error) {
      process.close();
      if (!(error instanceof TrialInterrupted)) {
        this.fail(task, error instanceof Error ? error : new Error(String(error)));
      }
      return false;
    }
  }

  /** One that waits and has loaded the group, else any that waits, else a new one. */
  private takeProcess(group: string): TrialProcess {
    const at = this.idle.findIndex((loaded) => loaded.group === group);
    const [taken] = this.idle.splice(Math.max(at, 0), 1);
    return taken?.process ?? this.options.start();
  }

  /** A task that was not begun, or stopped, when the grid was interrupted has not failed. */
  private fail({ trials }: Task, error: Error): void {
    if (error instanceof NotRunError && this.options.signal.aborted) return;
    for (const trial of trials) {
      this.failed.push({ trial, error });
      this.options.listener.failed(trial, error);
    }
  }
}
