/** Which rows each step reads: every epoch in a new order, keyed by the seed, the stage and the epoch. */
import { Random } from "../tensor/index.ts";
import type { TrainingOptions } from "./options.ts";

/** What `leastSteps` makes of a batch at the smallest. */
const SMALLEST_BATCH = 8;

/** The rows of every batch of a training, found by number, so that a run can go on anywhere. */
export class TrainingBatches {
  /** Batches of all epochs. */
  readonly count: number;
  private readonly perEpoch: number;
  private readonly batchSize: number;
  private order: Int32Array = new Int32Array(0);
  private orderedEpoch = -1;

  /** @param size rows to learn from; the last batch of an epoch may be smaller than the others */
  constructor(
    private readonly stage: string,
    private readonly size: number,
    private readonly options: Pick<TrainingOptions, "epochs" | "batchSize" | "seed"> &
      Partial<Pick<TrainingOptions, "leastSteps" | "accumulation">>,
  ) {
    const { epochs, batchSize, leastSteps = 0, accumulation = 1 } = options;
    const least = leastSteps * accumulation;
    const fitting = Math.floor((epochs * size) / Math.max(least, 1));
    this.batchSize = Math.min(batchSize, Math.max(fitting, SMALLEST_BATCH));
    this.perEpoch = Math.ceil(size / this.batchSize);
    this.count = Math.max(epochs * this.perEpoch, least);
  }

  /** Rows of batch `index`, from 0. */
  rows(index: number): Int32Array {
    const { seed } = this.options;
    const epoch = Math.floor(index / this.perEpoch);
    if (epoch !== this.orderedEpoch) {
      const stream = `${this.stage} order`;
      this.order = new Random({ seed, stream, step: epoch }).permutation(this.size);
      this.orderedEpoch = epoch;
    }
    const start = (index % this.perEpoch) * this.batchSize;
    return this.order.subarray(start, Math.min(start + this.batchSize, this.size));
  }
}

/** Rows 0 to `size` - 1 in order, in batches: for evaluation. */
export function* evaluationBatches(size: number, batchSize = 128): Generator<Int32Array> {
  for (let start = 0; start < size; start += batchSize) {
    yield Int32Array.from({ length: Math.min(batchSize, size - start) }, (_, i) => start + i);
  }
}
