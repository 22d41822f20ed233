/** The requests of one body, which are ranked in any order and answered together. */
import type { RankOutcome } from "./worker-messages.ts";

export class Submission {
  /** What became of each request, in their order; rejects when the submission fails. */
  readonly answer: Promise<readonly RankOutcome[]>;
  /** Until the answer is complete or has failed. */
  isOpen = true;
  private readonly outcomes: RankOutcome[] = [];
  private missing: number;
  private resolve: (outcomes: readonly RankOutcome[]) => void = () => {};
  private reject: (error: Error) => void = () => {};

  constructor(requests: number) {
    this.missing = requests;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Each request is settled once. The last one completes the answer. */
  settle(index: number, outcome: RankOutcome): void {
    this.outcomes[index] = outcome;
    this.missing--;
    if (this.missing > 0) return;
    this.isOpen = false;
    this.resolve(this.outcomes);
  }

  /** Of no effect on an answer that is complete. */
  fail(error: Error): void {
    this.isOpen = false;
    this.reject(error);
  }
}
