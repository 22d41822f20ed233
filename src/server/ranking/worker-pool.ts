/** The worker processes of one version of the ranker's file. One that dies is replaced by another of the same version. */
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { RankRequest } from "../../ranker/requests.ts";
import type { BatchCost, RankerFacts, RankOutcome } from "./worker-messages.ts";
import { RankerLoadError, type WorkerOptions, WorkerProcess } from "./worker-process.ts";

export interface WorkerPoolOptions extends WorkerOptions {
  readonly workers: number;
}

export interface WorkerPoolListener {
  /** A worker can take a batch. */
  idle(): void;
  died(reason: string): void;
  /** No worker takes a dead one's place, for now: the pool tries again. */
  notReplaced(error: Error): void;
}

/** Milliseconds before a worker is replaced: doubled each time that it fails, up to the last. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;

export class WorkerPool {
  private readonly workers: WorkerProcess[] = [];
  private readonly closing = new AbortController();
  private batches = 0;
  private retired = false;

  private constructor(
    /** Held open, so that a worker that takes another's place loads the same bytes, whatever lies at the path by then. */
    private readonly file: FileHandle,
    private readonly options: WorkerPoolOptions,
    private readonly listener: WorkerPoolListener,
  ) {}

  /**
   * Starts the workers, all of which have ranked a probe by the time that it resolves.
   * @throws RankerLoadError when there is no such file or it is no good
   */
  static async open(path: string, options: WorkerPoolOptions, listener: WorkerPoolListener): Promise<WorkerPool> {
    const file = await open(path).catch((error: NodeJS.ErrnoException) => {
      throw new RankerLoadError(error.code === "ENOENT" ? "there is no such file" : error.message);
    });
    const pool = new WorkerPool(file, options, listener);
    try {
      await Promise.all(Array.from({ length: options.workers }, () => pool.addWorker()));
    } catch (error) {
      pool.close();
      throw error;
    }
    return pool;
  }

  get ranker(): RankerFacts | undefined {
    return this.workers[0]?.ready.ranker;
  }

  get alive(): number {
    return this.workers.length;
  }

  get idle(): number {
    return this.workers.filter((worker) => worker.isIdle).length;
  }

  /** As a worker measured it when it was loaded. */
  get cost(): BatchCost | undefined {
    return this.workers[0]?.ready.cost;
  }

  get processIds(): readonly number[] {
    return this.workers.flatMap(({ pid }) => pid ?? []);
  }

  /** Ranks a batch on an idle worker. @throws Error when the worker dies over it */
  async rank(requests: readonly RankRequest[]): Promise<readonly RankOutcome[]> {
    const worker = this.workers.find(({ isIdle }) => isIdle);
    if (worker === undefined) throw new Error("no worker is idle");
    this.batches++;
    try {
      return await worker.rank(requests);
    } finally {
      this.batches--;
      if (this.retired && this.batches === 0) this.close();
    }
  }

  /** Closes as soon as the batches that it works on are done. It takes no more. */
  retire(): void {
    this.retired = true;
    if (this.batches === 0) this.close();
  }

  /** Ends all workers, and what they work on. */
  close(): void {
    if (this.closing.signal.aborted) return;
    for (const worker of this.workers.splice(0)) worker.stop();
    this.closing.abort();
    void this.file.close();
  }

  private async addWorker(): Promise<void> {
    const worker = await WorkerProcess.start(this.file.fd, this.options, this.closing.signal);
    const expected = this.ranker?.fingerprint;
    if (this.closing.signal.aborted) {
      worker.stop();
    } else if (expected !== undefined && expected !== worker.ready.ranker.fingerprint) {
      worker.stop();
      throw new RankerLoadError("the file was changed in place; write a new one and rename it");
    } else {
      this.workers.push(worker);
      worker.onDeath((reason) => {
        this.workers.splice(this.workers.indexOf(worker), 1);
        this.listener.died(reason);
        if (!this.retired) void this.replace();
      });
    }
  }

  /** Starts a worker in a dead one's place, again and again until one starts or the pool is closed. */
  private async replace(): Promise<void> {
    const { signal } = this.closing;
    for (let milliseconds = FIRST_PAUSE; ; milliseconds = Math.min(2 * milliseconds, LONGEST_PAUSE)) {
      try {
        await pause(milliseconds, undefined, { signal, ref: false });
        await this.addWorker();
        this.listener.idle();
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.listener.notReplaced(error as Error);
      }
    }
  }
}
