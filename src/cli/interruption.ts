/**
 * Ctrl-C. While something is under way that can be stopped and saved, such as a training step or a file that is being
 * written, a first Ctrl-C asks it to come to an end and a second one ends the process; otherwise the first one does.
 */
import { constants } from "node:os";
import type { TrainingListener } from "../training/listener.ts";
import { say } from "./terminal/say.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
type Signal = (typeof SIGNALS)[number];

/** The work was asked to stop, and did. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

export class Interruption {
  private readonly controller = new AbortController();
  private readonly cleanups = new Set<() => void>();
  private readonly handlers = SIGNALS.map((signal) => [signal, () => this.receive(signal)] as const);
  /** Things under way that must not be cut off. */
  private underWay = 0;
  private endedBy: Signal = "SIGINT";

  /** Ends training with a checkpoint. Where none is under way nothing is to be saved: the process ends at once. */
  readonly listener: TrainingListener = {
    begin: () => void this.underWay++,
    step() {},
    end: () => void this.underWay--,
  };

  /** Listens for signals until it is disposed. */
  constructor() {
    for (const [signal, handle] of this.handlers) process.on(signal, handle);
  }

  /** Aborted by the first Ctrl-C. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The exit code of a program that was stopped by the signal that came, or by Ctrl-C. */
  get code(): number {
    return signalExitCode(this.endedBy);
  }

  /** Calls `cleanup` should the process be ended at once, until what it gives is disposed. */
  onExit(cleanup: () => void): Disposable {
    this.cleanups.add(cleanup);
    return { [Symbol.dispose]: () => void this.cleanups.delete(cleanup) };
  }

  /** Lets `work`, such as the writing of a file, end. @throws InterruptedError after it, if a signal came meanwhile */
  async complete<Result>(work: () => Promise<Result>): Promise<Result> {
    this.underWay++;
    try {
      const result = await work();
      if (this.signal.aborted) throw new InterruptedError("interrupted");
      return result;
    } finally {
      this.underWay--;
    }
  }

  [Symbol.dispose](): void {
    for (const [signal, handle] of this.handlers) process.off(signal, handle);
  }

  private receive(signal: Signal): void {
    this.endedBy = signal;
    if (this.underWay === 0 || this.signal.aborted) {
      for (const cleanup of this.cleanups) cleanup();
      process.exit(this.code);
    }
    say("stopping after this step; Ctrl-C again to stop at once");
    this.controller.abort();
  }
}

/** As shells have it: 130 for SIGINT, 143 for SIGTERM. */
export function signalExitCode(signal: Signal): number {
  return 128 + constants.signals[signal];
}
