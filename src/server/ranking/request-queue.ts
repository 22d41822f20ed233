/** The requests that wait for a worker, and how they are put together to batches. */
import type { RankRequest } from "../../ranker/requests.ts";
import type { Submission } from "./submission.ts";

export interface WaitingRequest {
  readonly request: RankRequest;
  readonly submission: Submission;
  /** Its place in the submission. */
  readonly index: number;
  /** When it arrived, in milliseconds of `performance.now()`. */
  readonly arrived: number;
  /** Whether a worker died over it: it is tried once more, without others that it could take along. */
  readonly suspect: boolean;
}

export class RequestQueue {
  private waiting: WaitingRequest[] = [];

  constructor(private readonly batch: { readonly requests: number; readonly milliseconds: number }) {}

  get length(): number {
    return this.waiting.length;
  }

  add(requests: readonly WaitingRequest[]): void {
    this.waiting.push(...requests);
  }

  /** Places those that have waited before in front of all others. */
  putBack(requests: readonly WaitingRequest[]): void {
    this.waiting.unshift(...requests);
  }

  /** Removes the requests of a submission, which nobody waits for any longer. */
  remove(submission: Submission): void {
    this.waiting = this.waiting.filter((waiting) => waiting.submission !== submission);
  }

  /** Milliseconds until a batch may leave: full, or its first request waited long enough. Undefined when nothing waits. */
  untilNextBatch(now: number): number | undefined {
    const [first] = this.waiting;
    if (first === undefined) return undefined;
    if (first.suspect || this.waiting.length >= this.batch.requests) return 0;
    return Math.max(0, first.arrived + this.batch.milliseconds - now);
  }

  /** The next batch for one of the idle workers, who share what waits. */
  take(idleWorkers: number): readonly WaitingRequest[] {
    if (this.waiting[0]?.suspect) return this.waiting.splice(0, 1);
    const share = Math.min(this.batch.requests, Math.ceil(this.waiting.length / idleWorkers));
    const suspect = this.waiting.slice(0, share).findIndex((waiting) => waiting.suspect);
    return this.waiting.splice(0, suspect === -1 ? share : suspect);
  }
}
