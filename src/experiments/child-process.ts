/** A process that runs trials, as the grid sees it. */
import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { TrialInterrupted, type TrialProcess, type TrialProgress } from "./job-grid.ts";
import type { Trial, TrialOutcome } from "./trial.ts";
import type { TrialAnswer, TrialRequest } from "./trial-messages.ts";

/** What a process runs, beside this file in source and in the built package. */
const ENTRY = fileURLToPath(new URL(`./trial-process${extname(import.meta.url)}`, import.meta.url));

/** What a trial may take to stop, since only training listens. */
const PATIENCE_MILLISECONDS = 10_000;

export interface ChildOptions {
  readonly root: string;
  readonly dataFolder: string | undefined;
  readonly entry?: string;
}

export class TrialChild implements TrialProcess {
  private readonly child: ChildProcess;
  private isInterrupted = false;

  /** Starts a process that computes on one core. */
  constructor(private readonly options: ChildOptions) {
    this.child = fork(options.entry ?? ENTRY, [], {
      // What a trial prints belongs to no table.
      stdio: ["ignore", 2, 2, "ipc"],
      env: { ...process.env, GOALRANK_THREADS: "1" },
    });
  }

  run(trial: Trial, key: string, onProgress: (progress: TrialProgress) => void): Promise<TrialOutcome> {
    return new Promise<TrialOutcome>((resolve, reject) => {
      const settle = (finish: () => void) => {
        this.child.off("message", onMessage);
        this.child.off("exit", onExit);
        this.child.off("error", onError);
        finish();
      };
      const onMessage = (answer: TrialAnswer) => {
        if (answer.kind === "progress") onProgress(answer);
        else if (answer.kind === "finished") settle(() => resolve(answer.outcome));
        else if (answer.kind === "interrupted") settle(() => reject(new TrialInterrupted("interrupted")));
        else settle(() => reject(withStack(new Error(answer.message), answer.stack)));
      };
      const onExit = (code: number | null, signal: string | null) =>
        settle(() => {
          const how = signal ?? `exit code ${code}`;
          reject(
            this.isInterrupted ? new TrialInterrupted(how) : new Error(`the trial's process ended: ${how}`),
          );
        });
      const onError = (error: Error) => settle(() => reject(error));
      this.child.on("message", onMessage);
      this.child.on("exit", onExit);
      this.child.on("error", onError);
      const { root, dataFolder } = this.options;
      this.send({ kind: "run", trial, key, root, dataFolder }, onError);
    });
  }

  interrupt(): void {
    this.isInterrupted = true;
    this.send({ kind: "stop" });
    setTimeout(() => this.close(), PATIENCE_MILLISECONDS).unref();
  }

  close(): void {
    this.child.kill("SIGKILL");
  }

  /** @param onLost called when the process has died or hung up */
  private send(request: TrialRequest, onLost: (error: Error) => void = () => {}): void {
    this.child.send(request, (error) => {
      if (error !== null) onLost(error);
    });
  }
}

function withStack(error: Error, stack: string | undefined): Error {
  if (stack !== undefined) error.stack = stack;
  return error;
}
