/** What a request will have to wait, told before it waits from how fast requests were ranked. */
import type { BatchCost } from "./worker-messages.ts";

/** How much of what was measured before a batch still counts after it. */
const MEMORY = 0.9;

export class WaitEstimate {
  private cost: BatchCost = { millisecondsPerBatch: 0, millisecondsPerRequest: 0 };
  /** Milliseconds that the last batches took, and those that they should have taken: the older, the less they count. */
  private measured = 0;
  private expected = 0;

  /** @param batchRequests most requests of a batch */
  constructor(private readonly batchRequests: number) {}

  /** Starts anew from what workers measured when they were loaded. */
  restart(cost: BatchCost): void {
    this.cost = cost;
    this.measured = this.expected = this.expect(1);
  }

  /** Takes in a batch that a worker has ranked. */
  record(requests: number, milliseconds: number): void {
    this.measured = MEMORY * this.measured + milliseconds;
    this.expected = MEMORY * this.expected + this.expect(requests);
  }

  /** Milliseconds that so many workers need for so many requests. */
  milliseconds(requests: number, workers: number): number {
    const slowness = this.expected === 0 ? 1 : this.measured / this.expected;
    return (slowness * this.expect(requests)) / Math.max(1, workers);
  }

  /** Milliseconds of one worker for requests in full batches, such as those of its measurements. */
  private expect(requests: number): number {
    const { millisecondsPerBatch, millisecondsPerRequest } = this.cost;
    return Math.ceil(requests / this.batchRequests) * millisecondsPerBatch + requests * millisecondsPerRequest;
  }
}
