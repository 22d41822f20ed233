/** One worker process, as the server sees it: it loads, ranks one batch at a time, and may die at any moment. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { RankRequest } from "../../ranker/requests.ts";
import type { ServeSettings } from "../settings.ts";
import {
  type Batch,
  DEVICE_VARIABLE,
  type RankOutcome,
  type WorkerMessage,
  type WorkerReady,
} from "./worker-messages.ts";

export interface WorkerOptions extends Pick<ServeSettings, "threads" | "device" | "stuckMilliseconds"> {
  /** The module that a worker runs. */
  readonly entry: string;
}

/** The worker that ranks with what `loadRanker` loads, beside this file in source and in the built package. */
export const RANKER_WORKER = fileURLToPath(new URL(`./ranker-worker${extname(import.meta.url)}`, import.meta.url));

/** A ranker that cannot be loaded, or that does not rank. */
export class RankerLoadError extends Error {
  override readonly name = "RankerLoadError";
}

export class WorkerProcess {
  private isRanking = false;

  private constructor(
    private readonly child: ChildProcess,
    /** Aborted when the process ends, with an error that says how. */
    private readonly end: AbortController,
    private readonly stuckMilliseconds: number,
    /** What it said of itself when it was loaded. */
    readonly ready: WorkerReady,
  ) {}

  /**
   * Starts a process that reads the ranker from an open file. `ended` ends it in the middle of that.
   * @throws RankerLoadError when it says that the file is no good, or ends before it is ready
   */
  static async start(file: number, options: WorkerOptions, ended: AbortSignal): Promise<WorkerProcess> {
    const { GOALRANK_TOKEN: _, ...environment } = process.env;
    const child = fork(options.entry, [], {
      stdio: ["ignore", 2, 2, "ipc", file],
      signal: ended,
      killSignal: "SIGKILL",
      env: { ...environment, GOALRANK_THREADS: String(options.threads), [DEVICE_VARIABLE]: options.device },
    });
    const end = new AbortController();
    child.on("exit", (code, signal) => end.abort(new Error(signal ?? `exit code ${code}`)));
    child.on("error", (error) => end.abort(error));
    const message = await receive(child, end.signal).catch((reason: Error) => {
      throw new RankerLoadError(`a worker ended before it had loaded the ranker (${reason.message})`);
    });
    if (message.kind === "ready") return new WorkerProcess(child, end, options.stuckMilliseconds, message);
    child.kill("SIGKILL");
    throw new RankerLoadError(message.kind === "failed" ? message.message : "a worker ranked before it was ready");
  }

  get isIdle(): boolean {
    return !this.isRanking && !this.end.signal.aborted;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Calls back when the process ends by itself. */
  onDeath(listener: (reason: string) => void): void {
    const { signal } = this.end;
    signal.addEventListener("abort", () => {
      if (signal.reason !== STOPPED) listener((signal.reason as Error).message);
    });
  }

  /** What became of each request. @throws Error when the process ends before it has answered */
  async rank(requests: readonly RankRequest[]): Promise<readonly RankOutcome[]> {
    this.isRanking = true;
    const watchdog = setTimeout(() => this.child.kill("SIGKILL"), this.stuckMilliseconds);
    const answer = receive(this.child, this.end.signal);
    const batch: Batch = { requests };
    this.child.send(batch, (error) => {
      // The channel of a process that has just died: its exit says so too, unless it closed the channel alone.
      if (error !== null) this.child.kill("SIGKILL");
    });
    try {
      const message = await answer;
      if (message.kind !== "ranked") throw new Error(`a worker answered a batch with ${message.kind}`);
      return message.outcomes;
    } finally {
      clearTimeout(watchdog);
      this.isRanking = false;
    }
  }

  /** Ends the process. A batch in its hands is lost. */
  stop(): void {
    this.end.abort(STOPPED);
    this.child.kill("SIGKILL");
  }
}

/** Tells a process that was ended from one that ended by itself. */
const STOPPED = new Error("the worker was stopped");

/** The next message of a process; rejects with the signal's reason when the process ends first. */
async function receive(child: ChildProcess, end: AbortSignal): Promise<WorkerMessage> {
  try {
    const [message] = await once(child, "message", { signal: end });
    return message as WorkerMessage;
  } catch (error) {
    throw end.aborted ? end.reason : error;
  }
}
