/** How long the GPU itself takes: timestamps at the beginning and end of every compute pass, where the adapter can. */

/** Passes to remember from `begin` to `read`. */
const MAX_PASSES = 2048;
const BYTES_PER_TIMESTAMP = 8;

export class PassTimestamps {
  static readonly feature = "timestamp-query";
  private readonly queries: GPUQuerySet;
  private readonly resolved: GPUBuffer;
  private readonly staging: GPUBuffer;
  private isTiming = false;
  private passes = 0;
  private missed = 0;

  /** @param device was requested with the feature `timestamp-query` */
  constructor(private readonly device: GPUDevice) {
    const count = 2 * MAX_PASSES;
    const size = count * BYTES_PER_TIMESTAMP;
    this.queries = device.createQuerySet({ type: "timestamp", count });
    this.resolved = device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    this.staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  }

  /** Times the passes from the next one on, until they are read. */
  begin(): void {
    this.isTiming = true;
  }

  /** What the next pass is begun with. */
  describePass(): GPUComputePassDescriptor | undefined {
    if (!this.isTiming) return undefined;
    if (this.passes === MAX_PASSES) {
      this.missed++;
      return undefined;
    }
    const beginning = 2 * this.passes++;
    return {
      timestampWrites: {
        querySet: this.queries,
        beginningOfPassWriteIndex: beginning,
        endOfPassWriteIndex: beginning + 1,
      },
    };
  }

  /**
   * Ends the timing: milliseconds that the passes since `begin` took on the GPU, together. All of them must have been
   * submitted.
   * @throws RangeError when there were more passes than are remembered
   */
  async read(): Promise<number> {
    const { passes, missed } = this;
    [this.isTiming, this.passes, this.missed] = [false, 0, 0];
    if (missed > 0) {
      throw new RangeError(
        `timestamps: ${passes + missed} passes were to be timed, at most ${MAX_PASSES} can be; read earlier`,
      );
    }
    if (passes === 0) return 0;
    const size = 2 * passes * BYTES_PER_TIMESTAMP;
    const encoder = this.device.createCommandEncoder();
    encoder.resolveQuerySet(this.queries, 0, 2 * passes, this.resolved, 0);
    encoder.copyBufferToBuffer(this.resolved, 0, this.staging, 0, size);
    this.device.queue.submit([encoder.finish()]);
    await this.staging.mapAsync(GPUMapMode.READ, 0, size);
    const times = new BigUint64Array(this.staging.getMappedRange(0, size).slice(0));
    this.staging.unmap();
    let nanoseconds = 0n;
    for (let pass = 0; pass < passes; pass++) nanoseconds += times[2 * pass + 1] - times[2 * pass];
    return Number(nanoseconds) / 1e6;
  }
}
