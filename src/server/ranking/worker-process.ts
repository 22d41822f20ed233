/** One worker process, as the server sees it: it loads, ranks one batch at a time, and may die at any moment. */
import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { RankRequest } from "../../ranker/requests.ts";
import {
  type Batch,
  type BatchCost,
  DEVICE_VARIABLE,
  type RankerFacts,
  type RankOutcome,
  type WorkerMessage,
} from "./worker-messages.ts";

export interface WorkerOptions {
  /** The module that a worker runs. */
  readonly entry: string;
  readonly threads: number;
  readonly device: string;
  /** A batch that takes longer ends the worker. */
  readonly stuckMilliseconds: number;
}

/** The worker that ranks with what `loadRanker` loads, beside this file in source and in the built package. */
export const RANKER_WORKER = fileURLToPath(
  new URL(`./ranker-worker${extname(import.meta.url)}`, import.meta.url),
);

/** A ranker that cannot be loaded, or that does not rank. */
export class RankerLoadError extends Error {
  override readonly name = "RankerLoadError";
}

/** A worker died with a batch in its hands. */
export class WorkerLostError extends Error {
  override readonly name = "WorkerLostError";
}

interface Running {
  readonly watchdog: NodeJS.Timeout;
  resolve(outcomes: readonly RankOutcome[]): void;
  reject(error: Error): void;
}

export class WorkerProcess {
  private running: Running | undefined;
  private alive = true;

  private constructor(
    private readonly child: ChildProcess,
    private readonly stuckMilliseconds: number,
    readonly ranker: RankerFacts,
    /** As measured when it was loaded. */
    readonly cost: BatchCost,
    /** Called once, when the process has ended by itself. */
    private readonly onDeath: (worker: WorkerProcess, reason: string) => void,
  ) {
    child.on("message", (message: WorkerMessage) => {
      if (message.kind === "ranked") this.finish((running) => running.resolve(message.outcomes));
    });
    child.on("exit", (code, signal) => this.die(signal ?? `exit code ${code}`));
    child.on("error", (error) => this.die(error.message));
  }

  /**
   * Starts a process that reads the ranker from an open file. `ended` ends it in the middle of that.
   *
   * @throws RankerLoadError when it says that the file is no good, or ends before it is ready
   */
  static async start(
    file: number,
    options: WorkerOptions,
    ended: AbortSignal,
    onDeath: (worker: WorkerProcess, reason: string) => void,
  ): Promise<WorkerProcess> {
    const { GOALRANK_TOKEN: _, ...environment } = process.env;
    const child = fork(options.entry, [], {
      stdio: ["ignore", 2, 2, "ipc", file],
      signal: ended,
      killSignal: "SIGKILL",
      env: { ...environment, GOALRANK_THREADS: String(options.threads), [DEVICE_VARIABLE]: options.device },
    });
    const ready = await new Promise<Extract<WorkerMessage, { kind: "ready" }>>((resolve, reject) => {
      child.once("message", (message: WorkerMessage) => {
        if (message.kind === "ready") resolve(message);
        else if (message.kind === "failed") reject(new RankerLoadError(message.message));
      });
      child.once("exit", (code, signal) =>
        reject(
          new RankerLoadError(`a worker ended while it loaded the ranker (${signal ?? `exit code ${code}`})`),
        ),
      );
      child.once("error", (error) => reject(new RankerLoadError(`no worker starts: ${error.message}`)));
    }).catch((error: unknown) => {
      child.kill("SIGKILL");
      throw error;
    });
    return new WorkerProcess(child, options.stuckMilliseconds, ready.ranker, ready.cost, onDeath);
  }

  get isIdle(): boolean {
    return this.alive && this.running === undefined;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /**
   * What became of each request.
   * @throws WorkerLostError when the process ends before it has answered
   */
  rank(requests: readonly RankRequest[]): Promise<readonly RankOutcome[]> {
    return new Promise((resolve, reject) => {
      const watchdog = setTimeout(() => this.child.kill("SIGKILL"), this.stuckMilliseconds);
      this.running = { watchdog, resolve, reject };
      const batch: Batch = { requests };
      this.child.send(batch, (error) => {
        // The channel of a process that has just died: its exit says so too, unless it closed the channel alone.
        if (error !== null) this.child.kill("SIGKILL");
      });
    });
  }

  /** Ends the process. A batch in its hands is lost. */
  stop(): void {
    this.alive = false;
    this.finish((running) => running.reject(new WorkerLostError("the worker was stopped")));
    this.child.kill("SIGKILL");
  }

  private die(reason: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.finish((running) => running.reject(new WorkerLostError(`a worker ended: ${reason}`)));
    this.onDeath(this, reason);
  }

  private finish(settle: (running: Running) => void): void {
    const running = this.running;
    this.running = undefined;
    if (running === undefined) return;
    clearTimeout(running.watchdog);
    settle(running);
  }
}
