/**
 * Ranks requests on worker processes: a bounded queue, batches as workers become idle, a deadline for each submission,
 * and workers that are exchanged for others while it runs.
 */
import type { RankRequest } from "../../ranker/requests.ts";
import { ServeProblem } from "../problems.ts";
import type { ServeSettings } from "../settings.ts";
import { RequestQueue, type WaitingRequest } from "./request-queue.ts";
import { Submission } from "./submission.ts";
import { WaitEstimate } from "./wait-estimate.ts";
import type { RankerFacts, RankOutcome } from "./worker-messages.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface RankingListener {
  /** A batch has been ranked. */
  ranked(requests: number, milliseconds: number): void;
  refused(reason: "overloaded" | "timeout", requests: number): void;
  /** A worker died over these requests: some are tried again, those that have been already are given up. */
  lost(retried: number, givenUp: number): void;
}

type Settings = Pick<ServeSettings, "batch" | "queue" | "timeoutMilliseconds">;

export class RankingService {
  private readonly queue: RequestQueue;
  private readonly estimate: WaitEstimate;
  private workers: WorkerPool | undefined;
  private inFlight = 0;
  private batchTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly listener: RankingListener,
  ) {
    this.queue = new RequestQueue(settings.batch);
    this.estimate = new WaitEstimate(settings.batch.requests);
  }

  /** The ranker of the moment; undefined while no worker lives. */
  get ranker(): RankerFacts | undefined {
    return this.workers?.ranker;
  }

  /** Process numbers of the workers that live. */
  get workerIds(): readonly number[] {
    return this.workers?.processIds ?? [];
  }

  /** Requests that wait for a worker. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Requests that workers are ranking. */
  get ranking(): number {
    return this.inFlight;
  }

  /** From now on these workers rank. The ones before finish what they have begun. */
  install(workers: WorkerPool): void {
    const before = this.workers;
    this.workers = workers;
    if (workers.cost !== undefined) this.estimate.restart(workers.cost);
    before?.retire();
    this.dispatch();
  }

  /** Gives idle workers what may leave the queue, and comes back when the rest may. */
  dispatch(): void {
    clearTimeout(this.batchTimer);
    for (;;) {
      const workers = this.workers;
      const pause = this.queue.untilNextBatch(performance.now());
      if (workers === undefined || workers.idle === 0 || pause === undefined) return;
      if (pause > 0) {
        this.batchTimer = setTimeout(() => this.dispatch(), pause);
        return;
      }
      void this.rankBatch(workers, this.queue.take(workers.idle)).then(() => this.dispatch());
    }
  }

  /** Ends the workers, with what they work on. */
  close(): void {
    clearTimeout(this.batchTimer);
    this.workers?.close();
    this.workers = undefined;
  }

  /**
   * What becomes of each request.
   * @param abandoned aborted when nobody waits for the answer any longer; the promise then rejects
   * @throws ServeProblem `overloaded`, `timeout` or `not-ready`, which say when to try again
   */
  async rank(requests: readonly RankRequest[], abandoned?: AbortSignal): Promise<readonly RankOutcome[]> {
    this.admit(requests.length);
    const submission = new Submission(requests.length);
    const { timeoutMilliseconds } = this.settings;
    const deadline = setTimeout(
      () => submission.fail(this.refuse("timeout", requests.length, `not ranked in ${timeoutMilliseconds} ms`)),
      timeoutMilliseconds,
    );
    abandoned?.addEventListener("abort", () => submission.fail(new Error("nobody waits for the answer")));
    const arrived = performance.now();
    this.queue.add(requests.map((request, index) => ({ request, submission, index, arrived, suspect: false })));
    this.dispatch();
    try {
      return await submission.answer;
    } finally {
      clearTimeout(deadline);
      this.queue.remove(submission);
    }
  }

  /** Requests are refused before they wait, when those ahead of them would take too long. */
  private admit(requests: number): void {
    if (this.workers === undefined) throw new ServeProblem("not-ready", "no ranker is loaded", { retryAfter: 1 });
    const { queue } = this.settings;
    const ahead = this.expectedWait();
    if (ahead > queue.milliseconds || this.queue.length + requests > queue.requests) {
      throw this.refuse("overloaded", requests, `${this.queue.length} requests wait already`);
    }
  }

  /** Milliseconds until all is ranked that waits or is being ranked. */
  private expectedWait(): number {
    return this.estimate.milliseconds(this.queue.length + this.inFlight, this.workers?.alive ?? 0);
  }

  private refuse(reason: "overloaded" | "timeout", requests: number, message: string): ServeProblem {
    this.listener.refused(reason, requests);
    const retryAfter = Math.max(1, Math.ceil(this.expectedWait() / 1000));
    return new ServeProblem(reason, `${message}; try again in ${retryAfter} s`, { retryAfter });
  }

  private async rankBatch(workers: WorkerPool, batch: readonly WaitingRequest[]): Promise<void> {
    this.inFlight += batch.length;
    const started = performance.now();
    try {
      const outcomes = await workers.rank(batch.map(({ request }) => request));
      const milliseconds = performance.now() - started;
      this.estimate.record(batch.length, milliseconds);
      this.listener.ranked(batch.length, milliseconds);
      for (const [place, { submission, index }] of batch.entries()) submission.settle(index, outcomes[place]);
    } catch {
      this.tryAgain(batch.filter(({ submission }) => submission.isOpen));
    } finally {
      this.inFlight -= batch.length;
    }
  }

  /** After a worker's death. A request that two workers died over is given up: it may well be what they died of. */
  private tryAgain(batch: readonly WaitingRequest[]): void {
    const [givenUp, retried] = [true, false].map((suspect) => batch.filter((lost) => lost.suspect === suspect));
    for (const { submission, index } of givenUp) {
      submission.settle(index, { fault: { code: "internal", message: "two workers died over it" } });
    }
    this.queue.putBack(retried.map((waiting) => ({ ...waiting, suspect: true })));
    this.listener.lost(retried.length, givenUp.length);
  }
}
