/** Keeps the newest good version of the ranker's file in service: loads it at the start, and again when it changes. */
import { stat } from "node:fs/promises";
import type { FastifyBaseLogger } from "fastify";
import { retrievalWarning } from "../ranker/retrieval-warning.ts";
import type { ServerMetrics } from "./metrics.ts";
import type { RankingService } from "./ranking/ranking-service.ts";
import { WorkerPool, type WorkerPoolOptions } from "./ranking/worker-pool.ts";

export class RankerReloader {
  /** What the file looked like when it was last loaded, in vain or not. */
  private seen: string | undefined;
  private latest: Promise<void> = Promise.resolve();
  private watch: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly path: string,
    private readonly service: RankingService,
    private readonly options: WorkerPoolOptions,
    private readonly log: FastifyBaseLogger,
    private readonly metrics: ServerMetrics,
  ) {}

  /**
   * Loads the file in new workers, and exchanges the ones in service for them when they have proved that they rank.
   * @throws RankerLoadError when the file is no good; the workers in service go on
   */
  async load(): Promise<void> {
    this.seen = await this.look();
    const started = performance.now();
    const pool = await WorkerPool.open(this.path, this.options, {
      idle: () => this.service.dispatch(),
      died: (reason) => {
        this.metrics.workerDeaths.inc();
        if (!this.closed) this.log.error({ reason }, "a worker died; another takes its place");
      },
      notReplaced: (error) => this.log.error({ reason: error.message }, "no worker takes its place yet"),
    });
    if (this.closed) {
      pool.close();
      return;
    }
    this.service.install(pool);
    const { version, fingerprint } = pool.ranker ?? {};
    const milliseconds = Math.round(performance.now() - started);
    this.log.info({ path: this.path, version, fingerprint, milliseconds, workers: pool.alive }, "ranker loaded");
    const warning = retrievalWarning({ training: pool.ranker?.training ?? {} });
    if (warning !== undefined) this.log.warn(warning);
  }

  /** Loads the file anew, after the loading that may be under way. What goes wrong is logged. */
  reload(reason: string): Promise<void> {
    this.latest = this.latest.then(async () => {
      if (this.closed) return;
      this.log.info({ path: this.path, reason }, "loading the ranker anew");
      try {
        await this.load();
        this.metrics.reloads.inc({ result: "done" });
      } catch (error) {
        this.metrics.reloads.inc({ result: "failed" });
        const message = error instanceof Error ? error.message : String(error);
        this.log.error({ path: this.path, reason: message }, "the new ranker is no good; the old one stays");
      }
    });
    return this.latest;
  }

  /** Looks at the file at this interval and loads it when it has changed. */
  watchFile(milliseconds: number): void {
    if (milliseconds === 0) return;
    this.watch = setTimeout(async () => {
      const now = await this.look();
      if (now !== undefined && now !== this.seen) await this.reload("the file changed");
      if (!this.closed) this.watchFile(milliseconds);
    }, milliseconds);
    this.watch.unref();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.watch);
  }

  /** What tells one version of the file from another; undefined while there is no file. */
  private async look(): Promise<string | undefined> {
    const found = await stat(this.path).catch(() => undefined);
    return found && `${found.ino} ${found.size} ${found.mtimeMs}`;
  }
}
